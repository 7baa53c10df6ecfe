import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { DeploymentNode } from '../../src/extension/tree/nodes.ts';
import type { DeploymentInfo, Reason } from '../../src/protocol/shapes/deployment.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment } from '../support/fakePatrState.ts';
import { eventually, inWorkspace, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

export function crashSuite(): void {
  describe('a deployment of this workspace', () => {
    const dockerfile = inWorkspace('Dockerfile');
    const server = inWorkspace('server.js');
    let patr: FakePatr;
    let extension: Exports;
    let deployment: DeploymentInfo;

    const tell = (changes: Partial<DeploymentInfo>): void => {
      patr.state.change(deployment.id, changes);
      patr.tell({ kind: 'deployment', id: deployment.id });
    };
    const ours = (uri: vscode.Uri): readonly vscode.Diagnostic[] =>
      vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'Patr');
    const answering = (script: Script): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const node = (): DeploymentNode => extension.tree.find(deployment.id) as DeploymentNode;
    const crash: Reason = {
      code: 'exited',
      message: 'It ended with code 1. Its last lines say why.',
      lines: ['Error: no database', '    at start (/app/server.js:4:5)', '    at node:internal/main:1:1'],
      exitCode: 1,
    };

    beforeEach(async () => {
      patr = await FakePatr.start();
      deployment = patr.state.put(aDeployment({ id: patr.state.id(), name: 'web shop' }));
      extension = await theExtension();
      await extension.runOn(new FakeMachine(patr));
      await extension.memory.remember(dockerfile.toString(), {
        deploymentId: deployment.id,
        name: 'web shop',
      });
      await showView(true);
      await eventually('the deployments are read', () => extension.model.loaded);
      await eventually('changes are followed', () => patr.followers === 1);
    });
    afterEach(async () => {
      extension.answerWith(undefined);
      await extension.memory.forget(deployment.id);
      await extension.runOn(undefined);
      await showView(false);
      await patr.stop();
    });

    it('marks the line that its stack trace names, until it is well again', async () => {
      tell({ status: 'errored', reason: crash });
      await eventually('it is marked', () => ours(server).length === 1);
      const [mark] = ours(server);
      assert.deepEqual([mark?.range.start.line, mark?.range.start.character], [3, 4]);
      assert.equal(mark?.message, `Error: no database\nweb shop: ${crash.message}`);
      assert.equal(mark?.code, 'exited');
      tell({ status: 'running', reason: undefined });
      await eventually('it is not marked any more', () => ours(server).length === 0);
    });

    it('marks nothing for a trace of files that are not here, and nothing of other workspaces', async () => {
      const elsewhere = { ...crash, lines: ['    at x (/srv/other.js:1:1)'] };
      tell({ status: 'errored', reason: elsewhere });
      await eventually('it is told', () => extension.model.get(deployment.id)?.reason !== undefined);
      const foreign = patr.state.put(aDeployment({ id: patr.state.id(), name: 'other', reason: crash }));
      patr.tell({ kind: 'deployment', id: foreign.id });
      await eventually('it is told', () => extension.model.get(foreign.id) !== undefined);
      assert.deepEqual(ours(server), []);
    });

    it('explains a crash with the line to go to', async () => {
      tell({ status: 'errored', reason: crash });
      await eventually('it is marked', () => ours(server).length === 1);
      const prompts = answering({ message: (_, buttons) => buttons[0] });
      await vscode.commands.executeCommand('patr.deployment.explain', node());
      assert.deepEqual(prompts.said[0]?.buttons, ['Go to the line', 'Show the lines', 'Logs', 'Manage']);
      await eventually(
        'it is shown',
        () => vscode.window.activeTextEditor?.document.fileName === server.fsPath,
      );
      assert.equal(vscode.window.activeTextEditor?.selection.active.line, 3);
    });

    it('explains what used too much memory with the next larger machine type', async () => {
      const larger = { id: '6'.repeat(32), cpu_count: 1, memory_count: 4 };
      patr.state.machineTypes.push(larger);
      tell({ status: 'errored', reason: { code: 'outOfMemory', message: 'It used more than 500 MB.' } });
      await eventually('it is told', () => extension.model.get(deployment.id)?.reason !== undefined);
      const prompts = answering({ message: (_, buttons) => buttons[0] });
      await vscode.commands.executeCommand('patr.deployment.explain', node());
      assert.deepEqual(
        prompts.said.map(({ text }) => text),
        ['web shop: It used more than 500 MB.'],
      );
      assert.deepEqual(prompts.said[0]?.buttons, ['Give it 1 GB of memory', 'Logs', 'Manage']);
      assert.equal(patr.state.deployments.get(deployment.id)?.machineType, larger.id);
    });

    it('offers to build an image that is missing', async () => {
      tell({ status: 'errored', reason: { code: 'imageNotFound', message: 'There is no such image.' } });
      await eventually('it is told', () => extension.model.get(deployment.id)?.reason !== undefined);
      const prompts = answering({});
      await vscode.commands.executeCommand('patr.deployment.explain', node());
      assert.deepEqual(prompts.said[0]?.buttons, ['Build and push', 'Logs', 'Manage']);
    });

    describe('above its Dockerfile', () => {
      const lenses = async (): Promise<readonly vscode.CodeLens[]> =>
        vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', dockerfile);
      const titles = async (): Promise<readonly string[]> =>
        (await lenses()).flatMap(({ command }) =>
          command?.command.startsWith('patr.') ? [command.title] : [],
        );

      beforeEach(async () => {
        await vscode.window.showTextDocument(dockerfile);
      });

      it('says how it is, where it answers, and what can be done with it', async () => {
        assert.deepEqual(await titles(), [
          '$(pass-filled) web shop: running · 1/1 ready · v1',
          '$(globe) web-shop.localhost:7080',
          '$(cloud-upload) Push',
          '$(output) Logs',
        ]);
        tell({ status: 'errored', reason: crash });
        await eventually('it says so', async () => (await titles()).includes('$(question) Explain'));
        const [first] = await lenses();
        await vscode.commands.executeCommand(first!.command!.command, ...(first!.command!.arguments ?? []));
        await eventually('it is shown', () => extension.view.selection[0]?.id === node().id);
      });

      it('says nothing where that is not wanted, and nothing of what was not deployed', async () => {
        const settings = vscode.workspace.getConfiguration('patr');
        await settings.update('codeLens.enabled', false, vscode.ConfigurationTarget.Workspace);
        assert.deepEqual(await titles(), []);
        await settings.update('codeLens.enabled', undefined, vscode.ConfigurationTarget.Workspace);
        assert.equal((await titles()).length, 4);
        await extension.memory.forget(deployment.id);
        assert.deepEqual(await titles(), []);
      });
    });
  });
}
