import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import { viewStateOf } from '../../src/extension/viewState.ts';
import { problem } from '../../src/protocol/problems.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, anInstance } from '../support/fakePatrState.ts';
import { marker } from './marker.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts } from './support/scriptedPrompts.ts';

type Tree = Exports['tree'];
type Node = NonNullable<Parameters<Tree['getChildren']>[0]>;

export function treeSuite(): void {
  describe('the tree', () => {
    let patr: FakePatr;
    let extension: Exports;
    let tree: Tree;

    const children = async (node?: Node): Promise<Node[]> => tree.getChildren(node);
    const item = (node: Node): vscode.TreeItem => tree.getTreeItem(node);
    const deploymentItems = async (): Promise<vscode.TreeItem[]> => {
      const [region] = await children();
      const listed = region === undefined ? [] : await children(region);
      return listed.filter(({ kind }) => kind !== 'secrets' && kind !== 'domains').map(item);
    };
    const state = (): string =>
      viewStateOf(extension.connection.state(), {
        loaded: extension.model.loaded,
        failed: extension.model.failure !== undefined,
        count: extension.model.all().length,
        matching: tree.matching().length,
      });

    beforeEach(async () => {
      patr = await FakePatr.start();
      extension = await theExtension();
      ({ tree } = extension);
    });
    afterEach(async () => {
      tree.setFilter('');
      await extension.runOn(undefined);
      await showView(false);
      await patr.stop();
    });

    const open = async (): Promise<void> => {
      await extension.runOn(new FakeMachine(patr));
      await showView(true);
      await eventually('the deployments are read', () => extension.model.loaded);
      await eventually('changes are followed', () => patr.followers === 1);
    };

    it('shows the region, its deployments by name, and of each its addresses and instances', async () => {
      const { id } = patr.state.put(aDeployment({ id: patr.state.id(), name: 'web shop' }));
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'api gateway', status: 'stopped' }));
      patr.state.instances.set(id, [anInstance({ restarts: 2 })]);
      await open();
      const [region] = await children();
      assert.equal(item(region!).label, 'Local');
      assert.deepEqual(
        (await deploymentItems()).map(({ label, description }) => [label, description]),
        [
          ['api gateway', 'stopped · 1/1 ready · v1'],
          ['web shop', '1/1 ready · v1'],
        ],
      );
      const node = tree.find(id)!;
      const parts = await children(node);
      assert.deepEqual(
        parts.map((part) => item(part).label),
        ['web-shop.localhost:7080', 'Instances', 'Image history', 'Config mounts'],
      );
      const [instance] = await children(parts[1]!);
      assert.equal(item(instance!).description, 'ready · v1 · 2 restarts');
    });

    it('gives every node the id of the server, so that it stays what it is', async () => {
      const { id } = patr.state.put(aDeployment({ id: patr.state.id() }));
      await open();
      const before = tree.find(id)!;
      patr.state.change(id, { name: 'renamed' });
      patr.tell({ kind: 'deployment', id });
      await eventually('the new name is there', () => extension.model.get(id)?.name === 'renamed');
      assert.equal(tree.find(id)!.id, before.id);
      assert.equal(item(before).label, 'renamed');
    });

    it('reads only what changed', async () => {
      const first = patr.state.put(aDeployment({ id: patr.state.id(), name: 'first' }));
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'second' }));
      await open();
      patr.seen.length = 0;
      patr.state.change(first.id, { status: 'errored' });
      patr.tell({ kind: 'deployment', id: first.id });
      patr.tell({ kind: 'deployment', id: first.id });
      await eventually('the status is there', () => extension.model.get(first.id)?.status === 'errored');
      // The connection looks after its region beside that.
      const paths = patr.seen.map(({ path }) => path).filter((path) => path.includes('/deployment'));
      assert.ok(paths.length >= 1 && paths.every((path) => path.includes(first.id)), paths.join(' '));
    });

    it('says why a deployment is not well, and counts it on the badge', async () => {
      const reason = {
        code: 'exited' as const,
        message: 'It exits at once with code 3.',
        lines: ['no config'],
      };
      const { id } = patr.state.put(aDeployment({ id: patr.state.id(), status: 'errored', reason }));
      await open();
      const node = tree.find(id)!;
      const [why] = await children(node);
      assert.equal(item(why!).label, 'It exits at once with code 3.');
      assert.match(String(item(node).accessibilityInformation?.label), /errored.*exits at once/);
      assert.equal(extension.view.badge?.value, 1);
      const shown = await tree.resolveTreeItem(item(node), node);
      assert.match((shown.tooltip as vscode.MarkdownString).value, /no config/);
      patr.state.change(id, { status: 'running', reason: undefined });
      patr.tell({ kind: 'deployment', id });
      await eventually('the badge is gone', () => extension.view.badge === undefined);
    });

    it('does not take what a server says for markup', async () => {
      const hostile = '[press](command:workbench.action.quit) **bold** <b>';
      const reason = { code: 'exited' as const, message: hostile };
      const { id } = patr.state.put(aDeployment({ id: patr.state.id(), reason }));
      await open();
      const node = tree.find(id)!;
      const { tooltip } = await tree.resolveTreeItem(item(node), node);
      assert.notEqual((tooltip as vscode.MarkdownString).isTrusted, true);
      assert.ok(!(tooltip as vscode.MarkdownString).value.includes('**bold**'));
    });

    it('says empty only when the list was read and is empty', async () => {
      await open();
      assert.equal(state(), 'empty');
      assert.deepEqual(await children(), []);
      const { id } = patr.state.put(aDeployment({ id: patr.state.id() }));
      patr.tell({ kind: 'deployment', id });
      await eventually('it is listed', () => state() === 'ready');
      patr.state.remove(id);
      patr.tell({ kind: 'deploymentDeleted', id });
      await eventually('it is gone', () => state() === 'empty');
    });

    it('asks nothing while nobody looks', async () => {
      const { id } = patr.state.put(aDeployment({ id: patr.state.id() }));
      await open();
      await showView(false);
      await eventually('nobody follows', () => patr.followers === 0);
      // A look that began while somebody looked ends first.
      await extension.connection.look();
      patr.seen.length = 0;
      patr.tell({ kind: 'deployment', id });
      await vscode.commands.executeCommand('workbench.view.search');
      assert.deepEqual(patr.seen, []);
    });

    it('connects again after the stream of changes broke off, and reads what it missed', async () => {
      const { id } = patr.state.put(aDeployment({ id: patr.state.id() }));
      await open();
      patr.breakStreams();
      patr.state.change(id, { liveRelease: 9 });
      await eventually('the change is there', () => extension.model.get(id)?.liveRelease === 9);
      await eventually('changes are followed', () => patr.followers === 1);
    });

    it('shows config mounts and volumes, and what they are', async () => {
      const volumeId = 'e'.repeat(32);
      patr.state.volumes.push({ id: volumeId, name: 'uploads', size: 10, deploymentId: null });
      const { id } = patr.state.put(
        aDeployment({
          id: patr.state.id(),
          configMounts: { 'b.yaml': 'Yjo=', 'a.yaml': '' },
          volumes: { [volumeId]: '/data' },
        }),
      );
      await open();
      const parts = await children(tree.find(id));
      const [mounts, volumes] = parts.slice(-2);
      assert.equal(item(mounts!).description, '2');
      const files = (await children(mounts)).map(item);
      assert.deepEqual(
        files.map(({ label, description }) => [label, description]),
        [
          ['a.yaml', '0 B'],
          ['b.yaml', '2 B'],
        ],
      );
      const [volume] = (await children(volumes)).map(item);
      assert.deepEqual([volume?.label, volume?.description], ['uploads', '10 GB · /data']);
      patr.state.change(id, { configMounts: {} });
      patr.tell({ kind: 'deployment', id });
      await eventually('they are gone', async () => (await children(mounts)).length === 0);
    });

    it('says in its place what could not be read, and reads it again when that is selected', async () => {
      const { id } = patr.state.put(aDeployment({ id: patr.state.id() }));
      patr.state.instances.set(id, [anInstance()]);
      await open();
      const parts = await children(tree.find(id));
      const instances = parts.find(({ kind }) => kind === 'instances');
      patr.refuse('listInstances', problem('unauthorized'));
      const [failed] = (await children(instances)).map(item);
      assert.equal(failed?.label, 'The instances could not be read. Select this to try again.');
      assert.equal(failed.tooltip, 'This token may not do that.');
      const { command } = failed;
      await vscode.commands.executeCommand(command!.command, ...(command!.arguments ?? []));
      assert.equal((await children(instances))[0]?.kind, 'instance');
    });

    it('has regions under their connection where there are several, each with what runs there', async () => {
      const other = {
        id: 'd'.repeat(32),
        name: 'frankfurt',
        connected: false,
        lastSeen: 1,
        message: 'It is off.',
      };
      patr.state.otherRegions.push(other);
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'here' }));
      const { id } = patr.state.put(aDeployment({ id: patr.state.id(), name: 'there', runner: other.id }));
      await open();
      const [connection, ...none] = await children();
      assert.deepEqual([item(connection!).label, none.length], ['Local', 0]);
      const regions = (await children(connection)).filter(({ kind }) => kind === 'region');
      assert.deepEqual(
        regions.map((region) => [item(region).label, item(region).description]),
        [
          ['local', undefined],
          ['frankfurt', 'not connected'],
        ],
      );
      assert.match((item(regions[1]!).tooltip as vscode.MarkdownString).value, /It is off/);
      assert.deepEqual(
        (await children(regions[1])).map((node) => item(node).label),
        ['there'],
      );
      assert.equal(tree.getParent(tree.find(id)!)?.id, regions[1]!.id);
    });

    it('draws only the deployment that changed', async () => {
      const first = patr.state.put(aDeployment({ id: patr.state.id(), name: 'first' }));
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'second' }));
      await open();
      await deploymentItems();
      const drawn: (string | undefined)[] = [];
      const listening = tree.onDidChangeTreeData((node) => drawn.push(node?.id));
      patr.state.change(first.id, { status: 'errored' });
      patr.tell({ kind: 'deployment', id: first.id });
      await eventually('it was drawn', () => drawn.length > 0);
      listening.dispose();
      assert.deepEqual(new Set(drawn), new Set([tree.find(first.id)!.id]));
    });

    it('lists only what fits the filter, says so, and shows all again', async () => {
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'web shop' }));
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'web site', status: 'stopped' }));
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'api gateway' }));
      await open();
      const labels = async (): Promise<unknown[]> => (await deploymentItems()).map(({ label }) => label);
      const filterBy = async (text: string | typeof escape): Promise<void> => {
        extension.answerWith(new ScriptedPrompts({ input: () => text }));
        await vscode.commands.executeCommand('patr.view.filter');
      };
      await filterBy('web STOPPED');
      assert.deepEqual(await labels(), ['web site']);
      assert.equal(extension.view.message, '1 of 3 match “web STOPPED”');
      await filterBy(escape);
      assert.deepEqual(await labels(), ['web site']);
      await filterBy('nothing like that');
      assert.equal(state(), 'nothingMatches');
      assert.deepEqual(await children(), []);
      await vscode.commands.executeCommand('patr.view.clearFilter');
      assert.equal((await labels()).length, 3);
      assert.equal(extension.view.message, undefined);
      extension.answerWith(undefined);
    });

    it('reads the list once when much changed at once', async () => {
      const ids = Array.from({ length: 30 }, () => patr.state.put(aDeployment({ id: patr.state.id() })).id);
      await open();
      patr.seen.length = 0;
      for (const id of ids) {
        patr.state.change(id, { liveRelease: 2 });
        patr.tell({ kind: 'deployment', id });
      }
      await eventually('all is there', () => extension.model.all().every((one) => one.liveRelease === 2));
      assert.ok(!patr.seen.some(({ name }) => name === 'getDeployment'));
    });

    it('reads what is unfolded again after the stream of changes broke off', async () => {
      const { id } = patr.state.put(aDeployment({ id: patr.state.id() }));
      patr.state.instances.set(id, [anInstance()]);
      await open();
      assert.equal((await extension.model.instances(id))[0]?.restarts, 0);
      patr.state.instances.set(id, [anInstance({ restarts: 1 })]);
      patr.breakStreams();
      await eventually('it is known', async () => (await extension.model.instances(id))[0]?.restarts === 1);
    });

    describe('with a thousand deployments', () => {
      const name = (number: number): string => `app ${String(number).padStart(4, '0')}`;
      let last: string;
      beforeEach(async () => {
        for (let number = 0; number < 1000; number += 1)
          ({ id: last } = patr.state.put(aDeployment({ id: patr.state.id(), name: name(number) })));
        await open();
      });

      it('lists the first of them, and more when they are asked for', async () => {
        assert.equal((await deploymentItems()).length, 251);
        const [region] = await children();
        const more = (await children(region)).find(({ kind }) => kind === 'more')!;
        assert.equal(item(more).description, '750 more');
        await vscode.commands.executeCommand('patr.view.showMore', more);
        assert.equal((await deploymentItems()).length, 501);
      });

      it('shows one that is further down, or left out by the filter', async () => {
        tree.setFilter('app 0001');
        tree.uncover(last);
        assert.equal(tree.filter, '');
        const labels = (await deploymentItems()).map(({ label }) => label);
        assert.ok(labels.includes(name(999)));
      });

      it('reads and draws them again', async () => {
        const times: number[] = [];
        for (let round = 0; round < 5; round += 1) {
          const started = performance.now();
          await vscode.commands.executeCommand('patr.view.refresh');
          assert.equal((await deploymentItems()).length, 251);
          times.push(performance.now() - started);
        }
        console.log(`${marker}figure tree.refresh_ms_1000 ${times.toSorted((a, b) => a - b)[2]}`);
        assert.equal(extension.model.all().length, 1000);
      });
    });
  });
}
