import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commandIds, deploymentsView, settingIds } from '../../src/extension/ids.ts';
import { theExtension } from './support/extension.ts';

export function manifestSuite(): void {
  describe('what is contributed', () => {
    before(theExtension);

    it('has every command registered, and none that the manifest does not know', async () => {
      const all = await vscode.commands.getCommands(true);
      const ofTheEditor = (id: string): boolean =>
        id.startsWith(`${deploymentsView}.`) || id.startsWith('patr.resetViewContainer');
      const ours = all.filter((id) => id.startsWith('patr.') && !ofTheEditor(id));
      assert.deepEqual(ours.toSorted(), commandIds.toSorted());
      assert.ok(all.includes(`${deploymentsView}.focus`));
    });

    it('has a default for every setting', () => {
      const configuration = vscode.workspace.getConfiguration('patr');
      for (const id of settingIds)
        assert.notEqual(configuration.inspect(id)?.defaultValue, undefined, `patr.${id} has no default`);
    });

    it('ships nothing that could replace the dispatcher of fetch', async () => {
      const { extensionUri } = vscode.extensions.getExtension('patr.patr-deployments')!;
      for (const name of ['extension.cjs', 'engine.cjs']) {
        const code = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'dist', name));
        assert.ok(!Buffer.from(code).includes('undici.globalDispatcher'), `${name} holds undici`);
      }
    });
  });
}
