import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { DeploymentNode, Node } from '../../src/extension/tree/nodes.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, aRelease } from '../support/fakePatrState.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

export function historySuite(): void {
  describe('image history', () => {
    let patr: FakePatr;
    let extension: Exports;
    let deployment: DeploymentInfo;

    const answering = (script: Script = {}): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const node = (): DeploymentNode => extension.tree.find(deployment.id) as DeploymentNode;
    const history = async (): Promise<Node[]> => {
      const parts = await extension.tree.getChildren(node());
      return extension.tree.getChildren(parts.find(({ kind }) => kind === 'history'));
    };
    const item = (one: Node): vscode.TreeItem => extension.tree.getTreeItem(one);
    const asked = (name: string) => patr.seen.filter((one) => one.name === name);

    beforeEach(async () => {
      patr = await FakePatr.start();
      deployment = patr.state.put(
        aDeployment({
          // Of its own, so that documents of other tests, which the editor keeps for a while, are not about it.
          id: randomBytes(16).toString('hex'),
          name: 'web shop',
          liveRelease: 2,
          environmentVariables: { MODE: 'new' },
        }),
      );
      patr.state.releases.set(deployment.id, [
        aRelease({ number: 2, environmentVariables: { MODE: 'new' } }),
        aRelease({ number: 1, state: 'retired', cause: 'create', environmentVariables: { MODE: 'old' } }),
      ]);
      extension = await theExtension();
      await extension.runOn(new FakeMachine(patr));
      await showView(true);
      await eventually('the deployments are read', () => extension.model.loaded);
    });
    afterEach(async () => {
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await showView(false);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await patr.stop();
    });

    it('is read when it is opened, newest first, and marks the live version', async () => {
      const read = asked('listReleases').filter(({ path }) => path.includes(deployment.id));
      assert.deepEqual(read, []);
      const [second, first] = await history();
      assert.deepEqual([item(second!).label, item(second!).contextValue], ['v2', 'release']);
      assert.match(String(item(second!).description), /^live · pushed /);
      assert.deepEqual(
        [item(first!).label, item(first!).contextValue],
        ['v1', 'release canRevert canCompare'],
      );
      assert.match(String(item(first!).description), /^succeeded · created /);
    });

    it('goes back to the image, leaves what is not ticked, and says that pushes are paused', async () => {
      const [, first] = await history();
      let offered: readonly vscode.QuickPickItem[] = [];
      const prompts = answering({
        pickMany: (items) => {
          offered = items;
          return items.filter(({ picked }) => picked);
        },
        message: (_, buttons) => buttons.find((button) => button === 'Resume pushes'),
      });
      await vscode.commands.executeCommand('patr.release.revert', first);
      assert.deepEqual(
        offered.map(({ label, picked }) => [label, picked]),
        [
          ['Image', true],
          ['Environment', false],
        ],
      );
      assert.match(String(offered[1]?.description), /MODE: "new" → "old"/);
      const [newest] = patr.state.releases.get(deployment.id) ?? [];
      assert.deepEqual(
        [newest?.number, newest?.cause, newest?.digest],
        [3, 'revert', aRelease({ number: 1 }).digest],
      );
      const told = () => prompts.said.find(({ text }) => /is back at version 1\..*paused/.test(text));
      await eventually('it is told', () => told() !== undefined);
      assert.deepEqual(told()?.buttons, ['Resume pushes', 'Open', 'Logs', 'Manage']);
      await eventually('pushes are resumed', () => node().deployment.pushesPaused === false);
    });

    it('shows that pushes are paused, and the newer image with the way to roll it out', async () => {
      const newerImage = { digest: `sha256:${'9'.repeat(64)}`, pushedAt: 1 };
      patr.state.change(deployment.id, { pushesPaused: true, newerImage });
      patr.tell({ kind: 'deployment', id: deployment.id });
      await eventually('it is read', () => node().deployment.newerImage !== undefined);
      assert.match(String(item(node()).description), /pushes paused · newer image/);
      const parts = await extension.tree.getChildren(node());
      const newer = parts.find(({ kind }) => kind === 'newerImage');
      assert.equal(item(newer!).label, 'A newer image is in the registry');
      answering();
      await vscode.commands.executeCommand('patr.deployment.rollOut', newer);
      assert.equal(patr.state.releases.get(deployment.id)?.[0]?.digest, newerImage.digest);
      await eventually('it is not offered any more', () => node().deployment.newerImage === undefined);
    });

    it('changes nothing when the person gives up or ticks nothing', async () => {
      const [, first] = await history();
      for (const answer of [escape, []] as const) {
        answering({ pickMany: () => answer });
        await vscode.commands.executeCommand('patr.release.revert', first);
      }
      assert.equal(asked('revertDeployment').length, 0);
    });

    it('asks for the version from the palette, and says when there is none to go back to', async () => {
      const prompts = answering({ pick: (items) => items[0] });
      await vscode.commands.executeCommand('patr.release.revert');
      assert.ok(prompts.asked.includes('Revert web shop to version 1'));
      patr.state.releases.set(deployment.id, [aRelease({ number: 3 })]);
      patr.state.change(deployment.id, { liveRelease: 3 });
      await extension.model.reload(deployment.id);
      const again = answering();
      await vscode.commands.executeCommand('patr.release.revert');
      await eventually('it is told', () => again.said.some(({ text }) => /has no other version/.test(text)));
    });

    it('compares a version with what runs as two read-only documents', async () => {
      const [, first] = await history();
      await vscode.commands.executeCommand('patr.release.compare', first);
      const diff = (): vscode.TabInputTextDiff | undefined => {
        const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
        return input instanceof vscode.TabInputTextDiff ? input : undefined;
      };
      await eventually('the comparison is open', () => diff() !== undefined);
      const { original, modified } = diff()!;
      const textOf = async (uri: vscode.Uri) => (await vscode.workspace.openTextDocument(uri)).getText();
      assert.match(await textOf(original), /MODE: new/);
      assert.match(await textOf(modified), /MODE: old/);
    });
  });
}
