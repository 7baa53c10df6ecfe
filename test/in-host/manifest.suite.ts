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

    it('has no key that the editor uses where the view has the focus', async () => {
      await vscode.commands.executeCommand('workbench.action.openDefaultKeybindingsFile');
      const text = vscode.window.activeTextEditor?.document.getText() ?? '';
      const { packageJSON } = vscode.extensions.getExtension('patr.patr-deployments')!;
      const { keybindings } = (
        packageJSON as { contributes: { keybindings: { key: string; command: string }[] } }
      ).contributes;
      for (const { key, command } of keybindings) {
        const same = defaultBindings(text).filter((one) => one.key === key && one.command !== command);
        const everywhere = same.filter(
          ({ when }) => when === undefined || /\blist(?:Focus|Supports)/.test(when),
        );
        // What copies text is for editors; nothing of a tree can be copied by it.
        const others = everywhere.filter((one) => !one.command.startsWith('editor.action.clipboard'));
        assert.deepEqual(others, [], key);
      }
    });

    it('ships nothing that could replace the dispatcher of fetch', async () => {
      const { extensionUri } = vscode.extensions.getExtension('patr.patr-deployments')!;
      const dist = await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(extensionUri, 'dist'));
      const names = dist.flatMap(([name]) => (name.endsWith('.cjs') ? [name] : []));
      assert.ok(names.includes('extension.cjs'));
      for (const name of names) {
        const code = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'dist', name));
        assert.ok(!Buffer.from(code).includes('undici.globalDispatcher'), `${name} holds undici`);
      }
    });
  });
}

interface Binding {
  readonly key: string;
  readonly command: string;
  readonly when?: string;
}

/** The editor's own bindings, as it shows them: a list in JSON, with comments around it. */
function defaultBindings(text: string): readonly Binding[] {
  const list = text.slice(text.indexOf('['), text.lastIndexOf(']') + 1);
  const plain = list.replaceAll(/^\s*\/\/.*$/gm, '').replaceAll(/,(\s*[\]}])/g, '$1');
  const bindings = JSON.parse(plain) as readonly Binding[];
  assert.ok(bindings.length > 100, 'the editor shows no bindings');
  return bindings;
}
