import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { ContainerRecord, Engine, Shell } from '../../src/docker/engine.ts';
import type { CommandArguments, CommandId } from '../../src/extension/ids.ts';
import type {
  AddressNode,
  DeploymentNode,
  InstanceNode,
  RegionNode,
} from '../../src/extension/tree/nodes.ts';
import { makeAuthority } from '../../src/control-plane/tls/authority.ts';
import { problem } from '../../src/protocol/problems.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, anInstance } from '../support/fakePatrState.ts';
import { eventually, inWorkspace, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

export function commandsSuite(): void {
  describe('commands', () => {
    let patr: FakePatr;
    let machine: FakeMachine;
    let extension: Exports;
    let deployment: DeploymentInfo;

    const run = async <K extends CommandId>(id: K, ...args: CommandArguments[K]): Promise<void> => {
      await vscode.commands.executeCommand(id, ...args);
    };
    const answering = (script: Script = {}): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const node = (): DeploymentNode => extension.tree.find(deployment.id) as DeploymentNode;
    const called = (name: string): number => patr.seen.filter((one) => one.name === name).length;

    beforeEach(async () => {
      patr = await FakePatr.start();
      deployment = patr.state.put(aDeployment({ id: patr.state.id(), name: 'web shop' }));
      extension = await theExtension();
      machine = new FakeMachine(patr);
      await extension.runOn(machine);
      await showView(true);
      await eventually('the deployments are read', () => extension.model.loaded);
    });
    afterEach(async () => {
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await showView(false);
      await patr.stop();
    });

    it('stop and start a deployment, and the tree shows it', async () => {
      await run('patr.deployment.stop', node());
      await eventually('it is stopped', () => node().deployment.status === 'stopped');
      assert.match(String(extension.tree.getTreeItem(node()).contextValue), /\bcanStart\b/);
      await run('patr.deployment.start', node());
      await eventually('it runs', () => node().deployment.status === 'running');
      assert.match(String(extension.tree.getTreeItem(node()).contextValue), /\bcanStop\b/);
    });

    it('restart a deployment by force', async () => {
      await run('patr.deployment.restart', node());
      assert.equal(called('startDeployment'), 1);
    });

    it('delete only after the exact name was typed', async () => {
      const wrong = answering({ input: () => 'web' });
      await run('patr.deployment.delete', node());
      assert.deepEqual(wrong.refused, ['Type the name exactly as it is: web shop']);
      assert.equal(called('deleteDeployment'), 0);
      answering({ input: () => escape });
      await run('patr.deployment.delete', node());
      assert.equal(called('deleteDeployment'), 0);
      const right = answering({ input: () => 'web shop' });
      await run('patr.deployment.delete', node());
      assert.equal(called('deleteDeployment'), 1);
      await eventually('it is gone', () => extension.model.get(deployment.id) === undefined);
      assert.equal(right.said[0]?.text, 'web shop is deleted.');
    });

    it('delete asks which one even when there is only one', async () => {
      const prompts = answering({ pick: () => escape });
      await run('patr.deployment.delete');
      assert.deepEqual(prompts.asked, ['Delete a deployment']);
      assert.equal(called('deleteDeployment'), 0);
    });

    it('copy the address and the id', async () => {
      await run('patr.deployment.copyAddress', node());
      assert.equal(await vscode.env.clipboard.readText(), 'http://web-shop.localhost:7080');
      await run('patr.deployment.copyId', node());
      assert.equal(await vscode.env.clipboard.readText(), deployment.id);
      const [address] = (await extension.tree.getChildren(node())) as AddressNode[];
      await run('patr.address.copy', address);
      assert.equal(await vscode.env.clipboard.readText(), 'http://web-shop.localhost:7080');
    });

    it('choose among those that fit when there is no node', async () => {
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'api gateway' }));
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'idle', status: 'stopped' }));
      await run('patr.view.refresh');
      const offered: string[] = [];
      answering({
        pick: (items) => {
          offered.push(...items.map(({ label }) => label.replace(/^\$\(.*\) /, '')));
          return items[1];
        },
      });
      await run('patr.deployment.stop');
      assert.deepEqual(offered, ['api gateway', 'web shop']);
      assert.equal(patr.state.deployments.get(deployment.id)?.status, 'stopped');
    });

    it('show what the server refused as one sentence, with a way on', async () => {
      const prompts = answering();
      patr.refuse('stopDeployment', problem('engineUnreachable'));
      await run('patr.deployment.stop', node());
      await eventually('it is said', () => prompts.said.length === 1);
      assert.deepEqual(prompts.said, [
        {
          severity: 'error',
          text: 'The container engine does not answer.',
          buttons: ['Try again', 'Show output'],
        },
      ]);
    });

    it('try again when that is pressed', async () => {
      answering({ message: (_, buttons) => buttons.find((label) => label === 'Try again') });
      patr.refuse('stopDeployment', problem('engineUnreachable'));
      await run('patr.deployment.stop', node());
      await eventually(
        'it is stopped',
        () => patr.state.deployments.get(deployment.id)?.status === 'stopped',
      );
    });

    it('explain a wrong port and offer the right one', async () => {
      const reason = {
        code: 'portNotListening' as const,
        message: 'Nothing listens on port 8080; it listens on port 9191.',
        port: 8080,
        listening: [9191],
      };
      patr.state.change(deployment.id, { status: 'errored', reason });
      await run('patr.view.refresh');
      const prompts = answering({ message: (_, buttons) => buttons[0] });
      await run('patr.deployment.explain', node());
      assert.equal(prompts.said[0]?.text, `web shop: ${reason.message}`);
      assert.deepEqual(prompts.said[0]?.buttons, ['Change the port to 9191', 'Logs', 'Manage']);
      assert.deepEqual(patr.state.deployments.get(deployment.id)?.ports, { 9191: 'http' });
    });

    it('show the output of a deployment until it is deleted, without what lets somebody in', async () => {
      const token = `patrv1.${'1'.repeat(32)}.${'2'.repeat(32)}`;
      patr.state.logs.set(deployment.id, [{ timestamp: 1, log: `token ${token} hello` }]);
      await run('patr.deployment.logs', node());
      const text = (): string =>
        vscode.workspace.textDocuments
          .filter(({ uri, languageId }) => uri.scheme === 'output' || languageId === 'Log')
          .map((document) => document.getText())
          .join('\n');
      await eventually('the line is there', () => text().includes('hello'));
      assert.ok(!text().includes(token));
      patr.refuse('getLogs', problem('resourceDoesNotExist'));
      await eventually('its end is told', () => text().includes('The deployment was deleted.'));
    });

    it('show the log of the control plane, and the output', async () => {
      const shown = (): string =>
        vscode.workspace.textDocuments
          .filter(({ uri }) => uri.scheme === 'output')
          .map((document) => document.getText())
          .join('\n');
      await run('patr.region.showLog');
      await eventually('the log is there', () => shown().includes('[info] ready'));
      await run('patr.output.show');
    });

    it('explain an instance that is not well', async () => {
      const reason = { code: 'probeFailed' as const, message: 'It does not answer.', lines: ['waiting'] };
      const instance = anInstance({ state: 'unready', reason });
      const part: InstanceNode = {
        kind: 'instance',
        id: 'i',
        deploymentId: deployment.id,
        instance,
        hasShell: true,
      };
      const prompts = answering();
      await run('patr.deployment.explain', part);
      assert.equal(prompts.said[0]?.text, 'sample-ffff: It does not answer.');
      assert.deepEqual(prompts.said[0]?.buttons, ['Show the lines', 'Logs', 'Manage']);
    });

    it('start the region where there is none, with progress', async () => {
      machine.state = { kind: 'absent' };
      extension.connection.gone();
      const prompts = answering();
      await run('patr.region.start');
      assert.deepEqual(machine.calls, ['ensure']);
      assert.match(prompts.progressed[0] ?? '', /Local region: Starting the local region/);
      assert.equal(extension.connection.state().kind, 'connected');
    });

    it('stop the control plane, and say that deployments go on', async () => {
      const prompts = answering();
      await run('patr.region.stop');
      assert.deepEqual(machine.calls, ['stop']);
      assert.match(prompts.said[0]?.text ?? '', /go on serving/);
      assert.equal(extension.connection.state().kind, 'notStarted');
    });

    it('trust the region and take it back only after showing what would be trusted', async () => {
      const { certificate } = await makeAuthority('local', 'localhost', Date.now());
      const edge = { httpPort: 7080, httpsPort: 7443, certificateAuthority: certificate };
      patr.state.region = { ...patr.state.region, edge };
      await extension.connection.look();
      for (const command of ['patr.region.trust', 'patr.region.untrust'] as const) {
        let told = '';
        const prompts = answering({
          confirm: (_, detail) => {
            told = detail;
            return false;
          },
        });
        await run(command);
        assert.match(
          told,
          /Patr region local[^]*SHA-256 [0-9A-F:]+[^]*under \.localhost and for nothing else/,
        );
        assert.deepEqual([prompts.progressed, prompts.said], [[], []]);
      }
    });

    it('remove the region only after saying what goes with it', async () => {
      let told = '';
      answering({
        confirm: (_, detail) => {
          told = detail;
          return false;
        },
      });
      await run('patr.region.remove');
      assert.deepEqual(machine.calls, []);
      for (const name of ['web shop', 'patr-edge', 'sample-1', 'patr-state'])
        assert.ok(told.includes(name), `${name} is not mentioned in: ${told}`);
      answering({ confirm: () => true });
      await run('patr.region.remove');
      assert.deepEqual(machine.calls, ['remove']);
    });

    it('scale to a number or a range', async () => {
      answering({ input: () => '2-5' });
      await run('patr.deployment.scale', node());
      const { minHorizontalScale, maxHorizontalScale } = patr.state.deployments.get(deployment.id)!;
      assert.deepEqual([minHorizontalScale, maxHorizontalScale], [2, 5]);
      const wrong = answering({ input: () => '5-2' });
      await run('patr.deployment.scale', node());
      assert.deepEqual(wrong.refused, ['The smaller number comes first.']);
      assert.equal(called('updateDeployment'), 1);
    });

    it('scale down over data only after naming what is deleted', async () => {
      const volumeId = 'e'.repeat(32);
      patr.state.volumes.push({ id: volumeId, name: 'uploads', size: 10, deploymentId: deployment.id });
      patr.state.change(deployment.id, {
        volumes: { [volumeId]: '/data' },
        instances: { ready: 3, wanted: 3 },
        minHorizontalScale: 3,
        maxHorizontalScale: 3,
      });
      let told = '';
      const scale = async (confirmed: boolean): Promise<void> => {
        patr.refuse('updateDeployment', problem('dataLossNotConfirmed'));
        const confirm = (_: string, detail: string): boolean => {
          told = detail;
          return confirmed;
        };
        answering({ input: () => '1', confirm });
        await run('patr.deployment.scale', node());
      };
      await scale(false);
      assert.match(told, /2 instances go[^]*uploads at \/data, up to 10 GB each/);
      assert.equal(patr.state.deployments.get(deployment.id)?.maxHorizontalScale, 3);
      await scale(true);
      assert.equal(patr.state.deployments.get(deployment.id)?.maxHorizontalScale, 1);
      const asked = patr.seen.flatMap(({ name, body }) => (name === 'updateDeployment' ? [body] : []));
      assert.equal((asked.at(-1) as { allowDataLoss?: boolean }).allowDataLoss, true);
    });

    it('save the data of volumes as an archive, whole or not at all', async () => {
      const volumeId = 'e'.repeat(32);
      patr.state.volumes.push({ id: volumeId, name: 'uploads', size: 10, deploymentId: deployment.id });
      patr.state.change(deployment.id, { volumes: { [volumeId]: '/data' } });
      patr.state.volumeData = [0, 1].map((instance) => ({ volumeId, instance, bytes: 600_000_000 }));
      const file = vscode.Uri.file(join(tmpdir(), `patr-${deployment.id}.tar`));
      const prompts = answering({ saveAs: () => file });
      await run('patr.volume.archive', node());
      assert.deepEqual(prompts.asked, ['Save 2 volumes, 1.2 GB']);
      assert.equal(await readFile(file.fsPath, 'utf8'), patr.state.archive);
      assert.match(prompts.said[0]?.text ?? '', /The data of web shop is saved: 10 B in /);
      const volume = { id: volumeId, name: 'uploads', size: 10, path: '/data' };
      const one = { kind: 'volume', id: 'v', deploymentId: deployment.id, volume } as const;
      patr.refuse('archiveVolumeData', problem('resourceDoesNotExist'));
      await rm(file.fsPath);
      const refused = answering({ saveAs: () => file });
      await run('patr.volume.archive', one);
      await eventually('it is said', () => refused.said.length === 1);
      await assert.rejects(readFile(file.fsPath), /ENOENT/);
    });

    it('delete a deployment whose data was saved first, and nothing when that was given up', async () => {
      const volumeId = 'e'.repeat(32);
      patr.state.volumeData = [{ volumeId, instance: 0, bytes: 5 }];
      const file = vscode.Uri.file(join(tmpdir(), `patr-${deployment.id}.tar`));
      answering({ input: () => 'web shop' });
      await run('patr.deployment.delete', node());
      assert.ok(patr.state.deployments.has(deployment.id), 'it was deleted without its data');
      answering({ input: () => 'web shop', saveAs: () => file });
      await run('patr.deployment.delete', node());
      assert.equal(await readFile(file.fsPath, 'utf8'), patr.state.archive);
      assert.ok(!patr.state.deployments.has(deployment.id));
      await rm(file.fsPath);
    });

    it('delete a deployment also while its data cannot be read, after saying so', async () => {
      patr.refuse('listVolumeData', problem('resourceDoesNotExist'));
      let told = '';
      const prompts = answering({
        input: () => 'web shop',
        pick: (items, { placeholder }) => {
          told = placeholder;
          assert.equal(items.length, 1);
          return items[0];
        },
      });
      await run('patr.deployment.delete', node());
      assert.match(told, /^What is in its volumes cannot be read now: /);
      assert.deepEqual(prompts.asked, ['Delete web shop', 'Delete web shop']);
      assert.ok(!patr.state.deployments.has(deployment.id));
    });

    it('open a deployment and one of its addresses in the browser', async () => {
      const [url, other] = ['http://web-shop.localhost:7080', 'http://9090-web-shop.localhost:7080'];
      const addresses = [url, other].map((one, index) => ({
        port: 8080 + index,
        type: 'http' as const,
        url: one,
      }));
      patr.state.change(deployment.id, { addresses });
      await run('patr.view.refresh');
      const prompts = answering();
      await run('patr.deployment.open', node());
      const address = {
        kind: 'address',
        id: 'a',
        deploymentId: deployment.id,
        address: addresses[1]!,
      } as const;
      await run('patr.address.open', address);
      assert.deepEqual(prompts.opened, [url, other]);
    });

    it('show a deployment in the view, chosen from the palette', async () => {
      await run('patr.deployment.reveal');
      await eventually('it is selected', () => extension.view.selection[0]?.id === node().id);
    });

    it('let pushes be rolled out again, and say that one waits', async () => {
      patr.state.change(deployment.id, {
        pushesPaused: true,
        newerImage: { digest: `sha256:${'d'.repeat(64)}`, pushedAt: 1 },
      });
      await run('patr.view.refresh');
      const prompts = answering();
      await run('patr.deployment.resumePushes', node());
      assert.equal(patr.state.deployments.get(deployment.id)?.pushesPaused, false);
      assert.match(
        prompts.said[0]?.text ?? '',
        /rolled out again\. An image that was pushed meanwhile waits/,
      );
    });

    it('rename, where the name is free', async () => {
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'api gateway' }));
      await run('patr.view.refresh');
      const taken = answering({ input: () => 'api gateway' });
      await run('patr.deployment.rename', node());
      assert.deepEqual(taken.refused, ['There is already a deployment called api gateway.']);
      answering({ input: () => 'web store' });
      await run('patr.deployment.rename', node());
      await eventually('it has its new name', () => extension.model.get(deployment.id)?.name === 'web store');
    });

    it('change nothing that was changed elsewhere in the meantime', async () => {
      const prompts = answering({
        input: () => {
          patr.state.change(deployment.id, { revision: 9 });
          return 'web store';
        },
      });
      await run('patr.deployment.rename', node());
      await eventually('it is said', () => prompts.said.length === 1);
      assert.equal(prompts.said[0]?.text, 'It was changed elsewhere in the meantime.');
      assert.equal(patr.state.deployments.get(deployment.id)?.name, 'web shop');
    });

    it('say whether deploy on push is on, and turn it off', async () => {
      let question = '';
      answering({
        pick: (items, { placeholder }) => {
          question = placeholder;
          return items.find(({ label }) => label.includes('Off'));
        },
      });
      await run('patr.deployment.deployOnPush', node());
      assert.equal(question, 'Deploy on push is on for web shop.');
      assert.equal(patr.state.deployments.get(deployment.id)?.deployOnPush, false);
    });

    it('add files as config mounts, and replace one only after asking', async () => {
      const file = vscode.Uri.joinPath(inWorkspace(), 'app.yaml');
      const mounts = (): unknown => patr.state.deployments.get(deployment.id)?.configMounts;
      await vscode.workspace.fs.writeFile(file, Buffer.from('one'));
      answering({ files: () => [file] });
      await run('patr.configMount.add', node());
      assert.deepEqual(mounts(), { 'app.yaml': 'b25l' });
      await vscode.workspace.fs.writeFile(file, Buffer.from('two'));
      answering({ files: () => [file], pick: (items) => items[1] });
      await run('patr.configMount.add', node());
      assert.deepEqual(mounts(), { 'app.yaml': 'b25l' });
      answering({ files: () => [file], pick: (items) => items[0] });
      await run('patr.configMount.add', node());
      assert.deepEqual(mounts(), { 'app.yaml': 'dHdv' });
      await vscode.workspace.fs.delete(file);
    });

    it('choose a config mount or an instance when there is no node', async () => {
      patr.state.change(deployment.id, { configMounts: { 'a.yaml': 'b25l', 'b.yaml': 'dHdv' } });
      patr.state.instances.set(deployment.id, [anInstance(), anInstance({ id: 'd'.repeat(12) })]);
      await run('patr.view.refresh');
      const prompts = answering({ pick: (items) => items[1] });
      await run('patr.configMount.open');
      assert.equal(vscode.window.activeTextEditor?.document.getText(), 'two');
      await run('patr.instance.copyId');
      assert.equal(await vscode.env.clipboard.readText(), 'd'.repeat(12));
      assert.deepEqual(prompts.asked, ['Open a config mount', 'Copy an id']);
    });

    it('make what is dropped on a deployment a config mount, and say where to drop', async () => {
      const prompts = answering();
      const drop = async (target: DeploymentNode | undefined, name: string): Promise<void> => {
        const file = vscode.Uri.joinPath(inWorkspace(), name);
        await vscode.workspace.fs.writeFile(file, Buffer.from('one'));
        const data = new vscode.DataTransfer();
        data.set('text/uri-list', new vscode.DataTransferItem(file.toString()));
        await extension.drop.handleDrop?.(target, data, new vscode.CancellationTokenSource().token);
        await vscode.workspace.fs.delete(file);
      };
      await drop(node(), 'dropped.conf');
      assert.deepEqual(patr.state.deployments.get(deployment.id)?.configMounts, { 'dropped.conf': 'b25l' });
      await drop(undefined, 'dropped.conf');
      assert.match(prompts.said.at(-1)?.text ?? '', /^Drop files on a deployment/);
      await drop(node(), 'no good name.conf');
      assert.match(prompts.said.at(-1)?.text ?? '', /cannot be a config mount[^]*Choose another name/);
    });

    it('show the events with their reasons, and go on showing what happens', async () => {
      const event = { id: 1, at: 0, kind: 'scaled', message: 'Two, because of the load.' };
      patr.state.events.set(deployment.id, [event]);
      await run('patr.deployment.events', node());
      const document = vscode.window.activeTextEditor!.document;
      assert.match(document.getText(), /^web shop: what was decided[^]*Z  Two, because of the load\./);
      assert.ok(document.isUntitled === false && document.uri.scheme === 'patr');
      patr.state.events.set(deployment.id, [{ ...event, id: 2, message: 'Three now.' }, event]);
      patr.state.change(deployment.id, { liveRelease: 2 });
      patr.tell({ kind: 'deployment', id: deployment.id });
      await eventually('it is in the document', () => document.getText().includes('Three now.'));
    });

    it('copy the digest of what runs and the id of an instance', async () => {
      await run('patr.deployment.copyDigest', node());
      assert.equal(await vscode.env.clipboard.readText(), `sha256:${'c'.repeat(64)}`);
      const instance = anInstance();
      const part: InstanceNode = {
        kind: 'instance',
        id: 'i',
        deploymentId: deployment.id,
        instance,
        hasShell: true,
      };
      await run('patr.instance.copyId', part);
      assert.equal(await vscode.env.clipboard.readText(), instance.id);
    });

    it('open a terminal on a shell in an instance, and end both together', async () => {
      const typed: string[] = [];
      const ended = Promise.withResolvers<void>();
      const sizes: unknown[] = [];
      const shell: Shell = {
        output: (async function* () {
          yield Buffer.from('hello from inside');
          await ended.promise;
        })(),
        write: (text) => {
          typed.push(text);
          return 'written';
        },
        resize: async (size) => void sizes.push(size),
        close: async () => ended.resolve(),
      };
      const engine = engineWith(async () => shell);
      patr.state.instances.set(deployment.id, [
        anInstance(),
        anInstance({ id: 'd'.repeat(12), state: 'stopped' }),
      ]);
      await extension.runOn(new FakeMachine(patr, true, engine));
      await eventually('the deployments are read', () => extension.model.loaded);
      await run('patr.instance.openShell');
      const name = `web shop · sample-ffff`;
      await eventually('it is there', () => vscode.window.terminals.some((one) => one.name === name));
      const terminal = vscode.window.terminals.find((one) => one.name === name)!;
      await eventually('it has its size', () => sizes.length > 0);
      terminal.sendText('ls', false);
      await eventually('what is typed arrives', () => typed.join('').includes('ls'));
      terminal.dispose();
      await ended.promise;
    });

    it('say why there is no shell', async () => {
      const engine = engineWith(async () => 'noShell');
      patr.state.instances.set(deployment.id, [anInstance()]);
      await extension.runOn(new FakeMachine(patr, true, engine));
      await eventually('the deployments are read', () => extension.model.loaded);
      const prompts = answering();
      await run('patr.instance.openShell');
      await eventually('it is said', () => prompts.said.length === 1);
      assert.match(prompts.said[0]?.text ?? '', /sample-ffff has no shell: its image contains no sh/);
    });

    it('mean what is selected when a key is pressed', async () => {
      await vscode.commands.executeCommand('patr.deployments.focus');
      const [region] = (await extension.tree.getChildren()) as RegionNode[];
      await extension.tree.getChildren(region);
      await extension.reveal(deployment.id);
      await eventually('it is selected', () => extension.view.selection[0]?.id === node().id);
      await vscode.commands.executeCommand('patr.deployment.copyAddress', 'selection');
      assert.equal(await vscode.env.clipboard.readText(), 'http://web-shop.localhost:7080');
    });

    it('say in the status bar what the workspace has, and offer what can be done with it', async () => {
      await extension.memory.remember('file:///somewhere/Dockerfile', {
        deploymentId: deployment.id,
        name: deployment.name,
      });
      let labels: string[] = [];
      answering({
        pick: (items) => {
          labels = items.map(({ label }) => label);
          return escape;
        },
      });
      await run('patr.status.pick');
      await extension.memory.forget(deployment.id);
      assert.ok(
        labels.some((label) => label.includes('Open')),
        labels.join(),
      );
      assert.ok(
        labels.some((label) => label.includes('push')),
        labels.join(),
      );
    });
  });
}

/** An engine on which the container of every instance is there. */
function engineWith(openShell: Engine['openShell']): Engine {
  const container = { id: 'c0ffee' } as ContainerRecord;
  return { listContainers: async () => [container], openShell } as Partial<Engine> as Engine;
}
