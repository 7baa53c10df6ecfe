import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { DeploymentNode } from '../../src/extension/tree/nodes.ts';
import { ask } from '../support/addressLoad.ts';
import { eventually, inWorkspace, showView, theExtension } from './support/extension.ts';
import { ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

const name = 'sample web';

/** The main job through the editor's own commands, on a real engine, in a region of the run's own. */
export function deploySuite(): void {
  describe('from a Dockerfile to an address', function () {
    this.timeout(180_000);
    let extension: Exports;
    let url = '';

    const answering = (script: Script = {}): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const read = async (file: string): Promise<string> =>
      Buffer.from(await vscode.workspace.fs.readFile(inWorkspace(file))).toString('utf8');
    const write = async (file: string, text: string): Promise<void> => {
      await vscode.workspace.fs.writeFile(inWorkspace(file), Buffer.from(text));
    };
    const change = async (file: string, from: string, to: string): Promise<void> => {
      const before = await read(file);
      assert.ok(before.includes(from), `${file} has no ${from}`);
      await write(file, before.replace(from, to));
    };
    const verdict = async (prompts: ScriptedPrompts): Promise<ScriptedPrompts['said'][number]> => {
      await eventually('there is a verdict', () => prompts.said.length > 0);
      return prompts.said.at(-1)!;
    };
    const node = (): DeploymentNode =>
      extension.tree.find(extension.model.all().find((one) => one.name === name)?.id ?? '') as DeploymentNode;

    before(async () => {
      extension = await theExtension();
      await extension.runOn(undefined);
      await showView(true);
    });
    after(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await removeImages(extension);
      answering({ confirm: () => true });
      await vscode.commands.executeCommand('patr.region.remove');
      extension.answerWith(undefined);
      await showView(false);
    });

    it('asks, shows what the build sends, and ends with a deployment that serves', async () => {
      await write('id_rsa', '-----BEGIN OPENSSH PRIVATE KEY-----\n');
      let left = '';
      const prompts = answering({
        pick: (items, { title }) => {
          const shield = items.find(({ label }) => label.includes('$(shield)'));
          if (title === 'What the build sends' && shield !== undefined) left = shield.label;
          return shield ?? items[0];
        },
        input: ({ title, value }) => (title === 'Name of the deployment' ? name : value),
        message: () => 'Manage',
      });
      await vscode.commands.executeCommand('patr.deploy', inWorkspace('Dockerfile'));
      const { severity, text, buttons } = await verdict(prompts);
      assert.equal(severity, 'information', text);
      assert.match(text, /^sample web is serving at http:\S+, version 1 \(.*built [\d.]+ s.*rolled out/);
      assert.deepEqual(buttons, ['Open', 'Logs', 'Manage']);
      assert.deepEqual(prompts.asked.slice(0, 2), ['Deploy to Patr', 'Name of the deployment']);
      assert.match(left, /id_rsa/);
      assert.match(await read('.dockerignore'), /id_rsa/);
      const steps = prompts.progressed.join('\n');
      for (const word of ['Starting the local region', 'Building', 'Pushing', 'Rolling out'])
        assert.ok(steps.includes(word), `${word} is not in: ${steps}`);
      [url = ''] = /http:\S+(?=,)/.exec(text) ?? [];
      assert.match((await ask(url)).body, /Hello from the sample/);
    });

    it('shows it in the tree, in the status bar and as the one of this Dockerfile', async () => {
      await eventually('it is listed', () => node() !== undefined);
      await eventually('Manage has opened its panel', () =>
        extension.managePanels.keys().includes(node().deployment.id),
      );
      assert.equal(extension.tree.getTreeItem(node()).description, '1/1 ready · v1');
      const parts = await extension.tree.getChildren(node());
      const instances = parts.find(({ kind }) => kind === 'instances');
      const [instance] = await extension.tree.getChildren(instances);
      assert.equal(instance?.kind, 'instance');
      const remembered = extension.memory.of(inWorkspace('Dockerfile').toString());
      assert.equal(remembered?.name, name);
    });

    it('pushes a change without a question, and the new version serves', async () => {
      await change('server.js', 'Hello from the sample', 'Good evening');
      const prompts = answering();
      await vscode.commands.executeCommand('patr.deployment.push');
      const { text } = await verdict(prompts);
      assert.match(text, /version 2/);
      assert.deepEqual(prompts.asked, []);
      assert.match((await ask(url)).body, /Good evening/);
    });

    it('says that nothing has changed when nothing has', async () => {
      const prompts = answering();
      await vscode.commands.executeCommand('patr.deployment.push');
      assert.match((await verdict(prompts)).text, /^Nothing has changed: sample web is serving/);
    });

    it('offers to push where a Dockerfile is deployed already, and refuses a name that is taken', async () => {
      const prompts = answering({
        pick: (items) => items.find(({ label }) => label.includes('another deployment')) ?? items[0],
        input: () => name,
      });
      await vscode.commands.executeCommand('patr.deploy', inWorkspace('Dockerfile'));
      assert.deepEqual(prompts.refused, ['There is already a deployment called sample web.']);
      assert.deepEqual(prompts.said, []);
    });

    it('marks the line of a Dockerfile at which its build failed, until it builds', async () => {
      await change('Dockerfile', 'EXPOSE 8080', 'RUN echo "no such thing" && exit 3\nEXPOSE 8080');
      const prompts = answering();
      await vscode.commands.executeCommand('patr.deployment.push');
      const { severity, text, buttons } = await verdict(prompts);
      assert.equal(severity, 'error');
      assert.match(text, /The Dockerfile does not build at RUN echo .*\(line 7\)/);
      assert.deepEqual(buttons, ['Open Dockerfile', 'Show output']);
      const [mark] = vscode.languages.getDiagnostics(inWorkspace('Dockerfile'));
      assert.equal(mark?.range.start.line, 6);
      assert.match(mark?.message ?? '', /no such thing/);
      await change('Dockerfile', 'RUN echo "no such thing" && exit 3\n', '');
      const again = answering();
      await vscode.commands.executeCommand('patr.deployment.push');
      await verdict(again);
      assert.deepEqual(vscode.languages.getDiagnostics(inWorkspace('Dockerfile')), []);
    });

    it('says nothing when it is cancelled, and leaves the deployment as it is', async () => {
      await change('server.js', 'Good evening', 'Good night');
      const prompts = answering({
        progress: (message, cancel) => {
          if (message.includes('Building')) cancel();
        },
      });
      await vscode.commands.executeCommand('patr.deployment.push');
      assert.deepEqual(prompts.said, []);
      assert.match((await ask(url)).body, /Good evening/);
    });

    it('tells the port on which an image listens instead, and puts it right with one button', async () => {
      await change('server.js', 'listen(8080', 'listen(9191');
      const prompts = answering();
      await vscode.commands.executeCommand('patr.deployment.push');
      const { severity, text, buttons } = await verdict(prompts);
      assert.equal(severity, 'error', text);
      assert.match(text, /sample web is not healthy\. .*9191/);
      assert.ok(buttons.includes('Logs') && buttons.includes('Manage'), buttons.join());
      assert.match((await ask(url)).body, /Good evening/, 'the old version does not serve any more');
    });

    it('stops, starts and shows what it says', async () => {
      await change('server.js', 'listen(9191', 'listen(8080');
      await vscode.commands.executeCommand('patr.deployment.stop', node());
      await eventually('it is stopped', () => node().deployment.status === 'stopped', 60_000);
      const stopped = answering();
      await vscode.commands.executeCommand('patr.deployment.push');
      const { text, buttons } = await verdict(stopped);
      assert.match(text, /is pushed\. It is not rolled out, because the deployment is stopped\./);
      assert.deepEqual(buttons, ['Start', 'Manage']);
      await vscode.commands.executeCommand('patr.deployment.start', node());
      await eventually('it runs', () => node().deployment.status === 'running', 60_000);
      await eventually('it answers', async () => (await ask(url)).body.includes('Good night'), 60_000);
    });

    it('deletes it', async () => {
      answering({ input: () => name });
      const { id } = node().deployment;
      await vscode.commands.executeCommand('patr.deployment.delete', node());
      await eventually('it is gone', () => node() === undefined);
      const { engine } = await extension.connection.host();
      const labels = { 'cloud.patr.deployment': id };
      await eventually(
        'nothing of it runs',
        async () => (await engine.listContainers({ labels })).length === 0,
        60_000,
      );
      assert.equal(extension.memory.of(inWorkspace('Dockerfile').toString()), undefined);
    });
  });
}

/** The images that were built here; the workspace's id in their names is that of this run's region. */
async function removeImages({ connection, model }: Exports): Promise<void> {
  const workspace = model.target()?.workspaceId;
  if (workspace === undefined) return;
  const { engine } = await connection.host();
  const images = await engine.listImages({ labels: {} });
  const tags = images.flatMap((image) => [...image.tags, ...image.repoDigests]);
  for (const tag of tags.filter((one) => one.includes(`/${workspace}/`))) await engine.removeImage(tag);
}
