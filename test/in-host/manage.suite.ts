import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { DeploymentNode } from '../../src/extension/tree/nodes.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment } from '../support/fakePatrState.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { ScriptedPrompts } from './support/scriptedPrompts.ts';

export function manageSuite(): void {
  describe('panels of deployments', () => {
    let patr: FakePatr;
    let extension: Exports;

    const add = (name: string) => patr.state.put(aDeployment({ id: patr.state.id(), name }));
    const manage = (node?: DeploymentNode) => vscode.commands.executeCommand('patr.deployment.manage', node);
    const titles = (): string[] =>
      vscode.window.tabGroups.all.flatMap(({ tabs }) =>
        tabs.filter(({ input }) => input instanceof vscode.TabInputWebview).map(({ label }) => label),
      );

    beforeEach(async () => {
      patr = await FakePatr.start();
      extension = await theExtension();
      await extension.runOn(new FakeMachine(patr));
    });
    afterEach(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await eventually('every panel is closed', () => extension.managePanels.keys().length === 0);
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await showView(false);
      await patr.stop();
    });

    it('open from the palette for the one that is chosen, once for each', async () => {
      const [web, api] = [add('web shop'), add('api shop')];
      const prompts = new ScriptedPrompts({
        pick: (items) => items.find(({ label }) => label.includes('web shop')),
      });
      extension.answerWith(prompts);
      await manage();
      assert.deepEqual(prompts.asked, ['Manage a deployment']);
      await manage();
      assert.deepEqual(extension.managePanels.keys(), [web.id]);
      await manage({ kind: 'deployment', id: '', deployment: api });
      assert.deepEqual(extension.managePanels.keys(), [web.id, api.id]);
      await eventually('both have tabs', () => titles().length === 2);
      assert.deepEqual(titles().toSorted(), ['api shop', 'web shop']);
    });

    it('follow the region for as long as one is open, with the view hidden', async () => {
      await showView(false);
      add('web shop');
      await eventually('nobody follows yet', () => patr.followers === 0);
      await manage();
      await eventually('changes are followed', () => patr.followers === 1);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await eventually('nobody follows any more', () => patr.followers === 0);
    });

    it('are called as the deployment is, also after it was renamed elsewhere', async () => {
      const { id } = add('web shop');
      await manage();
      await eventually('it is read', () => patr.seen.some(({ name }) => name === 'listReleases'));
      patr.state.change(id, { name: 'web store' });
      for (const change of patr.state.takeChanges()) patr.tell(change);
      await eventually('it has the new name', () => titles().includes('web store'));
    });
  });
}
