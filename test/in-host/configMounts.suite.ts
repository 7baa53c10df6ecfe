import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import { uriOf } from '../../src/extension/config/configFileSystem.ts';
import type { CommandArguments, CommandId } from '../../src/extension/ids.ts';
import type { ConfigMountNode, DeploymentNode } from '../../src/extension/tree/nodes.ts';
import { problem } from '../../src/protocol/problems.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, workspaceId } from '../support/fakePatrState.ts';
import { eventually, inWorkspace, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

export function configMountsSuite(): void {
  describe('config mounts in the editor', () => {
    let patr: FakePatr;
    let extension: Exports;
    let id: string;

    const run = async <K extends CommandId>(command: K, ...args: CommandArguments[K]): Promise<void> => {
      await vscode.commands.executeCommand(command, ...args);
    };
    const answering = (script: Script = {}): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const uri = (name: string): vscode.Uri =>
      uriOf({ connection: 'local', workspaceId, deploymentId: id, name });
    const content = (name: string): string | undefined => {
      const there = patr.state.deployments.get(id)?.configMounts[name];
      return there === undefined ? undefined : Buffer.from(there, 'base64').toString();
    };
    /** Somebody else changes config mounts. */
    const put = (mounts: Readonly<Record<string, string>>): void => {
      const encoded = Object.entries(mounts).map(([name, text]) => [
        name,
        Buffer.from(text).toString('base64'),
      ]);
      patr.state.change(id, { configMounts: Object.fromEntries(encoded) });
      patr.tell({ kind: 'deployment', id });
    };
    const node = (): DeploymentNode => extension.tree.find(id) as DeploymentNode;
    const nodes = async (): Promise<ConfigMountNode[]> => {
      const parts = await extension.tree.getChildren(node());
      const parent = parts.find(({ kind }) => kind === 'configMounts');
      return parent === undefined ? [] : ((await extension.tree.getChildren(parent)) as ConfigMountNode[]);
    };
    const open = async (name: string): Promise<vscode.TextEditor> =>
      vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri(name)));
    const type = async (editor: vscode.TextEditor, text: string): Promise<void> => {
      const all = new vscode.Range(0, 0, editor.document.lineCount, 0);
      assert.ok(await editor.edit((edit) => edit.replace(all, text)));
    };
    /** Whether the editor says that it has saved. */
    const save = async (document: vscode.TextDocument): Promise<boolean> => {
      try {
        return await document.save();
      } catch {
        return false;
      }
    };

    beforeEach(async () => {
      patr = await FakePatr.start();
      // An id of its own, so that no test finds what the editor keeps of another one's documents.
      id = patr.state.put(aDeployment({ id: randomBytes(16).toString('hex'), name: 'web shop' })).id;
      extension = await theExtension();
      await extension.runOn(new FakeMachine(patr));
      await showView(true);
      await eventually('the deployments are read', () => extension.model.loaded);
      await eventually('changes are followed', () => patr.followers > 0);
      put({ 'app.yaml': 'port: 8080\n' });
    });
    afterEach(async () => {
      for (const document of vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)) {
        await vscode.window.showTextDocument(document);
        await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      }
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await showView(false);
      await patr.stop();
    });

    it('open by their names, and a save says how many instances have it', async () => {
      const [mount] = await nodes();
      await run('patr.configMount.open', mount);
      const editor = vscode.window.activeTextEditor;
      assert.ok(editor);
      assert.equal(editor.document.languageId, 'yaml');
      assert.equal(editor.document.getText(), 'port: 8080\n');
      assert.equal(extension.configs.status.text, 'web shop: a save is in every instance at once');
      await type(editor, 'port: 9090\n');
      assert.ok(await save(editor.document));
      assert.equal(content('app.yaml'), 'port: 9090\n');
      assert.equal(extension.configs.status.text, 'web shop: Applied on 1/1 instance, generation 2, 12 ms');
      await type(editor, 'port: 9091\n');
      assert.ok(await save(editor.document), 'and again, without a conflict with itself');
      await vscode.languages.setTextDocumentLanguage(editor.document, 'plaintext');
      await type(editor, 'port: 9092\n');
      assert.ok(await save(editor.document), 'and in another language');
    });

    it('say that a save rolls out where the server cannot do better', async () => {
      patr.state.capabilities = patr.state.capabilities.filter((one) => one !== 'configMounts');
      await eventually('the server says so', async () => {
        extension.connection.gone();
        await extension.connection.look();
        return extension.model.target()?.backend.offers('configMounts') === false;
      });
      const editor = await open('app.yaml');
      assert.equal(extension.configs.status.text, 'web shop: a save rolls out new instances');
      await type(editor, 'port: 9090\n');
      assert.ok(await save(editor.document));
      assert.equal(content('app.yaml'), 'port: 9090\n');
      assert.equal(extension.configs.status.text, 'web shop: Saved; new instances bring it');
    });

    it('warn when not every instance has it', async () => {
      const prompts = answering();
      const editor = await open('app.yaml');
      patr.state.afterChange = {
        instances: [{ id: 'a', generation: 2 }, { id: 'b' }],
        message: 'b is away.',
      };
      await type(editor, 'port: 9090\n');
      assert.ok(await save(editor.document));
      await eventually('it is said', () => prompts.said.length === 1);
      assert.equal(prompts.said[0]?.text, 'app.yaml of web shop: b is away.');
      assert.match(extension.configs.status.text ?? '', /Applied on 1\/2 instances so far/);
    });

    it('show what was changed elsewhere', async () => {
      const { document } = await open('app.yaml');
      put({ 'app.yaml': 'port: 7070\n' });
      await eventually('it is shown', () => document.getText() === 'port: 7070\n');
      assert.equal(document.isDirty, false);
    });

    it('are neither lost nor forced when two change them, also in as many characters', async () => {
      const editor = await open('app.yaml');
      await type(editor, 'port: 9090\n');
      put({ 'app.yaml': 'port: 7070\n' });
      assert.equal(await save(editor.document), false);
      assert.equal(content('app.yaml'), 'port: 7070\n');
      assert.equal(editor.document.getText(), 'port: 9090\n');
      assert.ok(editor.document.isDirty);
      // What the editor's conflict offers: to take what is there.
      await vscode.commands.executeCommand('workbench.action.files.revert');
      await eventually('it is taken', () => editor.document.getText() === 'port: 7070\n');
      await type(editor, 'port: 6060\n');
      assert.ok(await save(editor.document));
      assert.equal(content('app.yaml'), 'port: 6060\n');
    });

    it('are kept while nobody can take them, and sent when that is wanted', async () => {
      const prompts = answering({ message: (_, buttons) => buttons.find((label) => label === 'Apply') });
      const editor = await open('app.yaml');
      await type(editor, 'port: 9090\n');
      patr.refuse('changeConfigMounts', problem('engineUnreachable'));
      assert.equal(await save(editor.document), false);
      assert.ok(editor.document.isDirty, 'the document keeps it as well');
      await eventually('it is sent', () => content('app.yaml') === 'port: 9090\n');
      assert.match(
        prompts.said[0]?.text ?? '',
        /^app\.yaml of web shop: what you saved at .* did not arrive/,
      );
      assert.deepEqual(prompts.said[0]?.buttons, ['Apply', 'Compare', 'Discard']);
      await eventually('nothing is kept', async () => (await extension.configs.kept.all()).length === 0);
    });

    it('ask before something broken is sent, and say on the line what it is', async () => {
      const editor = await open('app.yaml');
      const broken = 'port: 8080\nlist: [1\n';
      await type(editor, broken);
      const refused = answering({ message: (_, buttons) => buttons.find((label) => label === 'Go to it') });
      assert.equal(await save(editor.document), false);
      assert.match(refused.said[0]?.text ?? '', /^app\.yaml has an error on line \d/);
      assert.equal(content('app.yaml'), 'port: 8080\n');
      const [found] = vscode.languages.getDiagnostics(editor.document.uri);
      assert.equal(found?.severity, vscode.DiagnosticSeverity.Error);
      assert.equal(vscode.window.activeTextEditor?.selection.active.line, found.range.start.line);
      answering({ message: (_, buttons) => buttons.find((label) => label === 'Ship anyway') });
      assert.ok(await save(editor.document));
      assert.equal(content('app.yaml'), broken);
      await type(editor, 'port: 1\n');
      await eventually(
        'the error goes as it is mended',
        () => vscode.languages.getDiagnostics(editor.document.uri).length === 0,
      );
    });

    it('ask nothing in the middle of a word where the editor saves by itself', async () => {
      const files = vscode.workspace.getConfiguration('files');
      const prompts = answering();
      const editor = await open('app.yaml');
      const saves: vscode.TextDocumentSaveReason[] = [];
      const watching = vscode.workspace.onWillSaveTextDocument(({ document, reason }) => {
        if (document === editor.document) saves.push(reason);
      });
      try {
        await files.update('autoSave', 'afterDelay', vscode.ConfigurationTarget.Global);
        await type(editor, 'port: 8081\n');
        await eventually('what is right is sent', () => content('app.yaml') === 'port: 8081\n');
        await type(editor, 'port: 8081\nlist: [1\n');
        const errors = (): number => vscode.languages.getDiagnostics(editor.document.uri).length;
        await eventually('its save has come to nothing', () => saves.length > 1 && errors() > 0);
        assert.ok(!saves.includes(vscode.TextDocumentSaveReason.Manual));
        assert.equal(content('app.yaml'), 'port: 8081\n', 'what is broken is not sent');
        await type(editor, 'port: 8081\nlist: [1]\n');
        await eventually(
          'it is sent when it is right',
          () => content('app.yaml') === 'port: 8081\nlist: [1]\n',
        );
        await type(editor, 'port: 8082\n');
        await eventually('and so is what comes after', () => content('app.yaml') === 'port: 8082\n');
        assert.deepEqual(prompts.said, []);
      } finally {
        watching.dispose();
        await files.update('autoSave', undefined, vscode.ConfigurationTarget.Global);
      }
    });

    it('warn of what looks like a password, and make it a secret', async () => {
      put({ 'app.yaml': 'db:\n  password: hunter2-and-more\n' });
      const { document } = await open('app.yaml');
      const warnings = (): vscode.Diagnostic[] => vscode.languages.getDiagnostics(document.uri);
      await eventually('it is said', () => warnings().length === 1);
      assert.match(warnings()[0]?.message ?? '', /^password looks like a password or a key/);
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        document.uri,
        warnings()[0]?.range,
      );
      const action = actions.find(({ title }) => title === 'Make it a secret');
      assert.ok(action?.command);
      const prompts = answering();
      await vscode.commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
      const [[secretId, secret] = []] = patr.state.secrets;
      assert.equal(secret?.value, 'hunter2-and-more');
      const { environmentVariables } = patr.state.deployments.get(id) ?? {};
      assert.deepEqual(environmentVariables, { PASSWORD: { fromSecret: secretId } });
      assert.match(
        prompts.said.at(-1)?.text ?? '',
        /web shop gets the secret as PASSWORD\. Let the application/,
      );
    });

    it('are written anew, renamed with what is typed, and deleted', async () => {
      answering({ input: () => 'new.json' });
      await run('patr.configMount.write', node());
      const editor = vscode.window.activeTextEditor;
      assert.equal(editor?.document.uri.toString(), uri('new.json').toString());
      assert.equal(content('new.json'), undefined, 'nothing is sent before it is saved');
      await type(editor, '{}\n');
      assert.ok(await save(editor.document));
      assert.equal(content('new.json'), '{}\n');
      await type(editor, '{"a": 1}\n');
      answering({ input: () => 'other.json' });
      await run('patr.configMount.rename', uri('new.json'));
      assert.equal(content('other.json'), '{}\n');
      const renamed = (): vscode.TextDocument | undefined =>
        vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri('other.json').toString());
      await eventually('what was typed is there', () => renamed()?.getText() === '{"a": 1}\n');
      assert.ok(await save(renamed()!));
      assert.equal(content('other.json'), '{"a": 1}\n');
      answering({ confirm: () => false });
      await run('patr.configMount.delete', uri('other.json'));
      assert.equal(content('other.json'), '{"a": 1}\n');
      answering({ confirm: () => true });
      await run('patr.configMount.delete', uri('other.json'));
      assert.equal(content('other.json'), undefined);
    });

    it('show their history, with what to compare and to restore', async () => {
      await open('app.yaml');
      patr.state.who = 'ada';
      put({ 'app.yaml': 'port: 7070\n' });
      const picked: string[] = [];
      answering({
        pick: (items, { title }) => {
          picked.push(title, ...items.map(({ label, description }) => `${label} ${description ?? ''}`));
          return title.startsWith('History')
            ? items.at(-1)
            : items.find(({ label }) => label.includes('Restore'));
        },
      });
      await run('patr.configMount.history', uri('app.yaml'));
      assert.equal(picked[0], 'History of app.yaml of web shop');
      assert.match(picked[1] ?? '', /^\$\(history\) v2 11 B · .* · ada · now$/);
      assert.match(picked[2] ?? '', /^\$\(history\) v1 11 B · .* · admin$/);
      assert.equal(content('app.yaml'), 'port: 8080\n');
      answering({
        pick: (items, { title }) =>
          title.startsWith('History') ? items.at(-1) : items.find(({ label }) => label.includes('Compare')),
      });
      await run('patr.configMount.history', uri('app.yaml'));
      const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
      assert.ok(input instanceof vscode.TabInputTextDiff);
      assert.equal(input.modified.toString(), uri('app.yaml').toString());
    });

    it('are compared with a file of the workspace', async () => {
      answering({ pick: (items) => items.find(({ label }) => label.includes('Dockerfile')) });
      await run('patr.configMount.compare', uri('app.yaml'));
      const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
      assert.ok(input instanceof vscode.TabInputTextDiff);
      assert.match(input.original.path, /Dockerfile/);
      assert.equal(input.modified.toString(), uri('app.yaml').toString());
    });

    it('are found by what is in them', async () => {
      put({ 'app.yaml': 'port: 8080\n', 'b.txt': 'one\nthe Port is\n' });
      answering({
        input: () => 'PORT',
        pick: (items) => items.find(({ label }) => label.includes('b.txt:2')),
      });
      await run('patr.configMount.search', node());
      const editor = vscode.window.activeTextEditor;
      assert.equal(editor?.document.uri.path, '/b.txt');
      assert.equal(editor.selection.active.line, 1);
    });

    it('follow a file of the workspace until that is ended', async () => {
      const file = inWorkspace('follow.yaml');
      await vscode.workspace.fs.writeFile(file, Buffer.from('a: 1\n'));
      try {
        answering({ pick: (items) => items.find(({ label }) => label.includes('Follow it')) });
        await run('patr.configMount.addFile', file);
        assert.equal(content('follow.yaml'), 'a: 1\n');
        const marked = async (): Promise<string | undefined> =>
          (await nodes()).find(({ name }) => name === 'follow.yaml')?.follows;
        await eventually('the tree shows it', async () => (await marked()) === 'follow.yaml');
        const editor = await vscode.window.showTextDocument(file);
        await type(editor, 'a: 2\n');
        assert.ok(await save(editor.document));
        await eventually('it is sent', () => content('follow.yaml') === 'a: 2\n');
        const collided = answering();
        put({ 'app.yaml': '', 'follow.yaml': 'a: 3\n' });
        await type(editor, 'a: 4\n');
        assert.ok(await save(editor.document));
        await eventually('it is asked', () => collided.said.length > 0);
        assert.match(collided.said[0]?.text ?? '', /^follow\.yaml of web shop was changed elsewhere/);
        assert.equal(content('follow.yaml'), 'a: 3\n', 'and nothing is overwritten');
        await run('patr.configMount.stopFollowing', uri('follow.yaml'));
        await eventually('the tree shows it no more', async () => (await marked()) === undefined);
        assert.deepEqual(extension.configs.follows.all(), []);
      } finally {
        await vscode.workspace.fs.delete(file);
      }
    });

    it('end to follow visibly when the file is gone', async () => {
      const file = inWorkspace('gone.yaml');
      await vscode.workspace.fs.writeFile(file, Buffer.from('a: 1\n'));
      answering({ pick: (items) => items.find(({ label }) => label.includes('Follow it')) });
      await run('patr.configMount.addFile', file);
      const prompts = answering();
      const edit = new vscode.WorkspaceEdit();
      edit.deleteFile(file);
      assert.ok(await vscode.workspace.applyEdit(edit));
      await eventually('it is said', () => prompts.said.length > 0);
      assert.match(prompts.said[0]?.text ?? '', /does not follow gone\.yaml any more: its file was deleted/);
      assert.deepEqual(extension.configs.follows.all(), []);
    });
  });
}
