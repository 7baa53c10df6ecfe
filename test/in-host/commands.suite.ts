import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { CommandArguments, CommandId } from '../../src/extension/ids.ts';
import type { AddressNode, DeploymentNode } from '../../src/extension/tree/nodes.ts';
import { problem } from '../../src/protocol/problems.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment } from '../support/fakePatrState.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
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
      assert.deepEqual(prompts.said[0]?.buttons, ['Change the port to 9191', 'Logs']);
      assert.deepEqual(patr.state.deployments.get(deployment.id)?.ports, { 9191: 'http' });
    });

    it('show the output of a deployment, without what lets somebody in', async () => {
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
