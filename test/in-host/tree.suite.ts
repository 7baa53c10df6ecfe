import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import { viewStateOf } from '../../src/extension/viewState.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, anInstance } from '../support/fakePatrState.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';

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
      return region === undefined ? [] : (await children(region)).map(item);
    };
    const state = (): string =>
      viewStateOf(extension.connection.state(), {
        loaded: extension.model.loaded,
        count: extension.model.all().length,
      });

    beforeEach(async () => {
      patr = await FakePatr.start();
      extension = await theExtension();
      ({ tree } = extension);
    });
    afterEach(async () => {
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
        ['web-shop.localhost:7080', 'Instances'],
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
      const shown = tree.resolveTreeItem(item(node), node);
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
      const { tooltip } = tree.resolveTreeItem(item(node), node);
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

    it('lists a thousand deployments', async () => {
      for (let number = 0; number < 1000; number += 1)
        patr.state.put(aDeployment({ id: patr.state.id(), name: `app ${number}` }));
      await open();
      assert.equal((await deploymentItems()).length, 1000);
    });
  });
}
