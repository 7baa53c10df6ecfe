import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { DisposableStore } from '../../src/base/disposable.ts';
import type { Exports } from '../../src/extension/activate.ts';
import { placeId } from '../../src/extension/connections/places.ts';
import { uriOf } from '../../src/extension/config/configFileSystem.ts';
import type { ConnectionNode, DeploymentNode, Node } from '../../src/extension/tree/nodes.ts';
import type { ManageContract, ManageSubject } from '../../src/protocol/panelManage.ts';
import type { PanelHandlers } from '../../src/protocol/panelServer.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, workspaceId } from '../support/fakePatrState.ts';
import { digestOf } from '../support/fakeRegistry.ts';
import { startCurrent } from '../support/patr/current.ts';
import { addRow } from '../support/patr/deployments.ts';
import type { PatrDouble } from '../support/patr/double.ts';
import { hasRun, startRewrite } from '../support/patr/rewrite.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export function severalSuite(): void {
  describe('several connections side by side', () => {
    let extension: Exports;
    let local: FakePatr;
    let patr: PatrDouble;
    let shop: string;
    let gateway: string;
    let life: DisposableStore;
    const never = new AbortController().signal;

    beforeEach(async () => {
      extension = await theExtension();
      local = await FakePatr.start();
      patr = await startCurrent();
      life = new DisposableStore();
      shop = local.state.put(
        aDeployment({
          id: local.state.id(),
          name: 'web shop',
          configMounts: { 'a.yaml': base64('port: 1\n') },
        }),
      ).id;
      gateway = addRow(patr.world, 'api gateway', { configMounts: { 'b.yaml': base64('port: 2\n') } }).id;
      await extension.runOn(new FakeMachine(local));
      await connect(patr);
      await showView(true);
      await eventually('both are read', () => extension.models.all().every(({ loaded }) => loaded));
    });
    afterEach(async () => {
      life.dispose();
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      const { accounts } = extension;
      for (const { id } of await accounts.sessions.all()) await accounts.signOut(id);
      await extension.current.set('local');
      extension.tree.setFilter('');
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await showView(false);
      await patr.stop();
      await local.stop();
    });

    /** As signing in and choosing the workspace does. */
    async function connect({ url, world }: PatrDouble): Promise<void> {
      const { accounts } = extension;
      const accountId = `${world.userId} ${url}`;
      await accounts.sessions.put({ id: accountId, url, userName: 'asha', token: world.token });
      const place = { url, accountId, workspaceId: world.workspaceId, name: 'acme' };
      await accounts.connections.add([place]);
    }
    const idOf = ({ url, world }: PatrDouble): string => placeId({ url, workspaceId: world.workspaceId });
    const children = async (node?: Node): Promise<Node[]> => extension.tree.getChildren(node);
    const item = (node: Node): vscode.TreeItem => extension.tree.getTreeItem(node);
    const roots = async (): Promise<ConnectionNode[]> => (await children()) as ConnectionNode[];
    const labels = async (node?: Node): Promise<unknown[]> =>
      (await children(node)).map((one) => item(one).label);
    const answering = (script: Script = {}): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const node = (id: string): DeploymentNode => extension.tree.find(id) as DeploymentNode;
    const managing = (subject: ManageSubject): PanelHandlers<ManageContract> =>
      extension.managePanel.serve(subject, handle());
    const statusOf = (id: string): string | undefined => patr.world.deployment(id)?.status;

    it('are a node each, with what is deployed there below it', async () => {
      const [first, second, ...none] = await roots();
      assert.deepEqual([item(first!).label, item(second!).label, none.length], ['Local', 'acme', 0]);
      assert.deepEqual(await labels(first), ['web shop', 'Secrets', 'Domains']);
      assert.deepEqual(await labels(second), ['api gateway', 'Secrets', 'Domains']);
      assert.equal(item(second!).description, new URL(patr.url).host);
      const ids = [first!, second!, ...(await children(first)), ...(await children(second))].map(
        (one) => item(one).id,
      );
      assert.equal(new Set(ids).size, ids.length, 'no two nodes have one id');
      assert.equal(extension.tree.getParent(node(gateway)), second);
    });

    it('are filtered together, and one without a match is left out', async () => {
      extension.tree.setFilter('gateway');
      assert.deepEqual(await labels(), ['acme']);
      assert.equal(extension.view.message, '1 of 2 match “gateway”');
      extension.tree.setFilter('nothing of this');
      assert.deepEqual(await roots(), []);
    });

    it('have what is done to a deployment done where it is', async () => {
      local.seen.length = 0;
      await vscode.commands.executeCommand('patr.deployment.stop', node(gateway));
      assert.equal(statusOf(gateway), 'stopped');
      await vscode.commands.executeCommand('patr.deployment.stop', node(shop));
      await eventually('it is stopped', () => local.state.deployments.get(shop)?.status === 'stopped');
      const touched = local.seen.filter(({ path }) => path.includes(gateway));
      assert.deepEqual(touched, []);
    });

    it('are asked again when a person wants that', async () => {
      const [, there] = await roots();
      addRow(patr.world, 'billing');
      await vscode.commands.executeCommand('patr.connection.tryAgain', there);
      assert.deepEqual(await labels(there), ['api gateway', 'billing', 'Secrets', 'Domains']);
    });

    it('are meant by the palette one at a time, and it is switched', async () => {
      const offered: string[] = [];
      const stop = {
        pick: (items: readonly vscode.QuickPickItem[]) => (
          offered.push(...items.map(({ label }) => label)),
          escape
        ),
      };
      answering(stop as Script);
      await vscode.commands.executeCommand('patr.deployment.stop');
      assert.match(offered.splice(0).join(), /web shop$/);
      answering({ pick: (items) => items.find(({ label }) => label.includes('acme')) });
      await vscode.commands.executeCommand('patr.connection.switch');
      assert.equal(extension.models.current.connection.label, 'acme');
      answering(stop as Script);
      await vscode.commands.executeCommand('patr.deployment.stop');
      assert.match(offered.join(), /api gateway$/);
    });

    it('each have panels and forms of their own', async () => {
      const facts = async (subject: ManageSubject) => managing(subject).look(null, never);
      const here = await facts({ deploymentId: shop, name: 'x' });
      const there = await facts({ deploymentId: gateway, name: 'x', connection: idOf(patr) });
      assert.ok(here.kind === 'there' && here.deployment.name === 'web shop');
      assert.ok(there.kind === 'there' && there.deployment.name === 'api gateway');
      assert.equal(there.instances, undefined, 'what the server does not tell is absent');
      const form = extension.createPanelWith({}).serve({ kind: 'new', connection: idOf(patr) }, handle());
      const { server } = await form.look(null, never);
      assert.ok(server.kind === 'ready');
      assert.deepEqual(server.choices.takenNames, ['api gateway']);
    });

    it('have images to go back to where a server keeps no releases', async () => {
      const row = patr.world.deployment(gateway);
      assert.ok(row);
      hasRun(patr.world, gateway, [digestOf(1), digestOf(2)]);
      row.currentLiveDigest = digestOf(2);
      await extension.models.by(idOf(patr))?.refresh();
      const history = (await children(node(gateway))).find(({ kind }) => kind === 'history');
      const [live, past] = await children(history);
      assert.deepEqual([item(live!).label, item(past!).label], ['2'.repeat(12), '1'.repeat(12)]);
      assert.match(String(item(live!).description), /^live · first deployed /);
      assert.deepEqual(
        [item(live!).contextValue, item(past!).contextValue],
        ['pastImage', 'pastImage canRevert'],
      );
      const prompts = answering({ confirm: () => true, progress: () => void (row.status = 'running') });
      const wentBack = (digest: RegExp) =>
        eventually('it is said', () => prompts.said.some(({ text }) => digest.test(text)));
      await vscode.commands.executeCommand('patr.release.revert', past);
      assert.equal(row.currentLiveDigest, digestOf(1));
      await wentBack(/^api gateway is back at the image 1{12}\.$/);
      const panel = managing({ deploymentId: gateway, name: 'x', connection: idOf(patr) });
      const facts = await panel.look(null, never);
      assert.ok(facts.kind === 'there');
      assert.equal(facts.releases, undefined, 'what the server does not keep is not made up');
      assert.deepEqual(
        facts.imageHistory?.images.map(({ digest, live: runs, canRevert }) => [digest, runs, canRevert]),
        [
          [digestOf(2), false, true],
          [digestOf(1), true, false],
        ],
      );
      await panel.revertToImage({ digest: digestOf(2) }, never);
      assert.equal(row.currentLiveDigest, digestOf(2));
      await wentBack(/^api gateway is back at the image 2{12}\.$/);
    });

    it('each have their config mounts in the editor at the same time', async () => {
      const mine = uriOf({ connection: 'local', workspaceId, deploymentId: shop, name: 'a.yaml' });
      const theirs = uriOf({
        connection: idOf(patr),
        workspaceId: patr.world.workspaceId,
        deploymentId: gateway,
        name: 'b.yaml',
      });
      const read = async (uri: vscode.Uri): Promise<string> =>
        Buffer.from(await vscode.workspace.fs.readFile(uri)).toString();
      assert.deepEqual([await read(mine), await read(theirs)], ['port: 1\n', 'port: 2\n']);
      answering();
      await vscode.workspace.fs.writeFile(theirs, Buffer.from('port: 3\n'));
      assert.equal(patr.world.deployment(gateway)?.configMounts['b.yaml'], base64('port: 3\n'));
      assert.equal(await read(mine), 'port: 1\n');
    });

    it('say where a token is not taken any more, and go on after signing in again', async () => {
      const panel = managing({ deploymentId: gateway, name: 'x', connection: idOf(patr) });
      assert.equal((await panel.look(null, never)).kind, 'there');
      const { token } = patr.world;
      patr.world.token = `patrv1.${'e'.repeat(32)}.${'f'.repeat(32)}`;
      await assert.rejects(async () => panel.save({ update: { deployOnPush: true }, newVolumes: [] }, never));
      const away = await panel.look(null, never);
      assert.ok(away.kind === 'away' && away.helps === 'Sign in again', JSON.stringify(away));
      const [, second] = await roots();
      assert.match(String(item(second!).description), /^sign in again/);
      assert.match(String(item(second!).contextValue), /\bcanSignIn\b/);
      const [message] = await children(second);
      assert.equal(item(message!).label, 'Sign in again');
      assert.equal(item(message!).command?.command, 'patr.account.signIn');
      assert.deepEqual(await labels((await roots())[0]), ['web shop', 'Secrets', 'Domains']);
      patr.world.token = token;
      await connect(patr);
      await extension.models.by(idOf(patr))?.refresh();
      await panel.save({ update: { deployOnPush: true }, newVolumes: [] }, never);
      assert.equal(patr.world.deployment(gateway)?.deployOnPush, true);
    });

    it('end one by one: what is open of the other goes on, and of the one that ended says so', async () => {
      const panel = managing({ deploymentId: gateway, name: 'x', connection: idOf(patr) });
      assert.equal((await panel.look(null, never)).kind, 'there');
      const [session] = await extension.accounts.sessions.all();
      await extension.accounts.signOut(session?.id ?? '');
      const away = await panel.look(null, never);
      assert.ok(away.kind === 'away' && away.helps === 'Connect again', JSON.stringify(away));
      assert.deepEqual(await labels((await children())[0]), ['web shop', 'Secrets', 'Domains']);
      assert.deepEqual(await labels(), ['Local']);
      assert.equal((await children())[0]?.kind, 'region', 'alone it is as it always was');
    });

    it('say in place what a server does not offer', async () => {
      const old = await startRewrite();
      try {
        addRow(old.world, 'old gateway');
        await connect(old);
        await eventually('it is read', () => extension.models.by(idOf(old))?.loaded === true);
        const [, , third] = await roots();
        const [deployment, secrets, domains] = await children(third);
        assert.deepEqual(await labels(secrets), ['Not offered by this server']);
        assert.deepEqual(await labels(domains), ['Not offered by this server']);
        assert.doesNotMatch(String(item(secrets!).contextValue), /canCreateSecret/);
        const parts = await children(deployment);
        const instances = parts.find(({ kind }) => kind === 'instances');
        assert.deepEqual(await labels(instances), ['Not offered by this server']);
        const history = parts.find(({ kind }) => kind === 'history');
        assert.deepEqual(await labels(history), ['This server keeps no history of images from docker.io']);
        assert.doesNotMatch(String(item(deployment!).contextValue), /hasUrls|hasEvents/);
        await extension.current.set(idOf(old));
        for (const command of ['patr.release.revert', 'patr.release.compare']) {
          const prompts = answering();
          await vscode.commands.executeCommand(command);
          const [said] = prompts.said;
          assert.equal(said?.severity, 'information', command);
          assert.match(said.text, /does not offer this/);
        }
        const form = extension.createPanelWith({}).serve({ kind: 'new', connection: idOf(old) }, handle());
        const { server } = await form.look(null, never);
        assert.ok(server.kind === 'ready', JSON.stringify(server));
        assert.equal(server.choices.repositories, undefined);
      } finally {
        await old.stop();
      }
    });

    function handle() {
      return {
        life,
        onHidden: () => life.add({ dispose: () => undefined }),
        tell: () => undefined,
        setTitle: () => undefined,
        reveal: () => undefined,
        close: () => undefined,
      };
    }
  });
}
