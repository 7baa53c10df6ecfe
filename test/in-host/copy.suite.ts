import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { DisposableStore } from '../../src/base/disposable.ts';
import type { Engine } from '../../src/docker/engine.ts';
import type { Exports } from '../../src/extension/activate.ts';
import type { Connection } from '../../src/extension/connections/connection.ts';
import type { CreateContract, CreateSubject, CreateWish } from '../../src/protocol/panelCreate.ts';
import type { PanelHandlers } from '../../src/protocol/panelServer.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment } from '../support/fakePatrState.ts';
import { startCurrent } from '../support/patr/current.ts';
import type { PatrDouble } from '../support/patr/double.ts';
import { eventually, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

/** From a look-alike of the local region to the double of Patr. */
export function copySuite(): void {
  describe('copying a deployment to another connection', () => {
    let local: FakePatr;
    let patr: PatrDouble;
    let extension: Exports;
    let prompts: ScriptedPrompts;
    let there: Connection;
    let life: DisposableStore;
    let closed: boolean;
    const never = new AbortController().signal;

    const answering = (script: Script = {}): ScriptedPrompts => {
      prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const put = (changes: Partial<DeploymentInfo> = {}): DeploymentInfo =>
      local.state.put({
        ...aDeployment({ id: local.state.id(), name: 'web shop' }),
        ...changes,
      } as DeploymentInfo);
    const copyTo = async (deployment: DeploymentInfo): Promise<void> => {
      await extension.model.refresh();
      await vscode.commands.executeCommand('patr.deployment.copyTo', {
        kind: 'deployment',
        id: '',
        deployment,
      });
    };
    const closeAll = async (): Promise<void> => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await eventually('the forms are closed', () => extension.createForms.keys().length === 0);
    };
    /** The host's end of a form, as its page would find it. */
    const formOf = (subject: CreateSubject): PanelHandlers<CreateContract> =>
      extension.createPanelWith({}).serve(subject, {
        life,
        onHidden: () => life.add({ dispose: () => undefined }),
        tell: () => undefined,
        setTitle: () => undefined,
        reveal: () => undefined,
        close: () => (closed = true),
      });
    const subjectOf = ({ id, name }: DeploymentInfo): CreateSubject => ({
      kind: 'copy',
      deploymentId: id,
      name,
      from: 'local',
      connection: there.id,
    });

    beforeEach(async () => {
      extension = await theExtension();
      [local, patr] = await Promise.all([FakePatr.start(), startCurrent()]);
      await extension.runOn(new FakeMachine(local));
      answering({
        pick: (items) => items.find(({ label }) => label.includes('Another server')),
        input: ({ password }) => (password === true ? patr.world.token : patr.url),
      });
      await vscode.commands.executeCommand('patr.account.signIn');
      const elsewhere = extension.accounts.connections.all().filter(({ id }) => id !== 'local');
      assert.equal(elsewhere.length, 1);
      there = elsewhere[0]!;
      await closeAll();
      life = new DisposableStore();
      closed = false;
    });
    afterEach(async () => {
      life.dispose();
      await closeAll();
      const { accounts } = extension;
      for (const { id } of await accounts.sessions.all()) await accounts.signOut(id);
      await accounts.connections.remove([there.id]);
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await Promise.all([local.stop(), patr.stop()]);
    });

    it('asks where to, and opens the form of that connection', async () => {
      const deployment = put();
      let offered: readonly string[] = [];
      answering({
        pick: (items) => {
          offered = items.map(({ label }) => label);
          return items[0];
        },
      });
      await copyTo(deployment);
      assert.deepEqual(prompts.asked, ['Copy web shop to']);
      assert.deepEqual(offered, ['$(cloud) acme', '$(add) Connect to Another Workspace…']);
      const [key] = extension.createForms.keys();
      assert.equal(key, `copy ${deployment.id} of local on ${there.id}`);
      await closeAll();
      answering({ pick: () => escape });
      await copyTo(deployment);
      assert.deepEqual(extension.createForms.keys(), []);
    });

    it('means the deployment whose panel one is in', async () => {
      const deployment = put();
      put({ id: local.state.id(), name: 'another' });
      await extension.model.refresh();
      extension.managePanels.open({
        deploymentId: deployment.id,
        name: deployment.name,
        connection: 'local',
      });
      await eventually('the panel is shown', () => extension.managePanels.active() !== undefined);
      answering({ pick: () => escape });
      await vscode.commands.executeCommand('patr.deployment.copyTo', vscode.Uri.parse('webview-panel:panel'));
      assert.deepEqual(prompts.asked, ['Copy web shop to']);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await eventually('the panel is closed', () => extension.managePanels.keys().length === 0);
      await vscode.commands.executeCommand('patr.deployment.copyTo');
      assert.equal(prompts.asked.at(-1), 'Copy a deployment');
    });

    it('offers the other regions of the same connection, where everything can be had as it is', async () => {
      local.state.otherRegions.push({ id: 'e'.repeat(32), name: 'rack', connected: true, lastSeen: 1 });
      await extension.connection.look();
      const deployment = put();
      answering({ pick: (items) => items.find(({ label }) => label.includes('Local')) });
      await copyTo(deployment);
      assert.deepEqual(extension.createForms.keys(), [`duplicate ${deployment.id}`]);
    });

    it('arrives with what can be had there and a list of what cannot, and makes what is submitted', async () => {
      const image = { registry: 'ghcr.io', imageName: 'team/web', repositoryId: undefined };
      const secretId = local.state.id();
      local.state.secrets.set(secretId, { name: 'db-password', value: 'hidden' });
      const deployment = put({
        ...image,
        environmentVariables: { MODE: 'prod', DB: { fromSecret: secretId } },
        configMounts: { 'app.toml': 'YWJj' },
        livenessProbe: { port: 8080, path: '/live' },
        afterConfigChange: { kind: 'restart' },
      } as Partial<DeploymentInfo>);
      const host = formOf(subjectOf(deployment));
      const prefill = await host.prefill(null, never);
      assert.deepEqual(
        [prefill.name, prefill.registry, prefill.imageName, prefill.runner],
        ['web shop', 'ghcr.io', 'team/web', patr.world.runnerId],
      );
      assert.deepEqual([prefill.environmentVariables, prefill.wantedSecrets], [{ MODE: 'prod' }, ['DB']]);
      const about = prefill.notes?.map((one) => `${one.kind} ${one.about}`) ?? [];
      for (const note of ['toDo environmentVariables', 'leftOut afterConfigChange', 'leftOut history'])
        assert.ok(about.includes(note), about.join('\n'));

      answering();
      const made = await host.createSecret({ name: 'db there', value: 'typed by the person' }, never);
      await host.submit(
        {
          name: prefill.name,
          image: { kind: 'external', registry: 'ghcr.io', imageName: 'team/web' },
          imageTag: prefill.imageTag,
          runner: prefill.runner,
          machineType: prefill.machineType,
          deployOnPush: false,
          deployOnCreate: true,
          minHorizontalScale: prefill.minHorizontalScale,
          maxHorizontalScale: prefill.maxHorizontalScale,
          ports: prefill.ports,
          environmentVariables: { MODE: 'prod', DB: { fromSecret: made.id } },
          configMounts: prefill.configMounts,
          livenessProbe: prefill.livenessProbe,
          volumes: {},
          newVolumes: [],
        } as CreateWish,
        never,
      );
      await eventually('the form is closed', () => closed);
      const [row] = patr.world.deployments;
      assert.deepEqual([row?.name, row?.configMounts], ['web shop', { 'app.toml': 'YWJj' }]);
      assert.deepEqual(row?.environmentVariables, { MODE: 'prod', DB: { fromSecret: made.id } });
      assert.deepEqual(row?.livenessProbe, { port: 8080, path: '/live' });
      await eventually('it is told', () =>
        prompts.said.some(({ text }) => text.startsWith('web shop is created')),
      );
    });

    it('waits for the region that it is to run in, which can be started from the form', async () => {
      const { runnerId: runner, machineTypeId: machineType } = patr.world;
      const state = there.state();
      assert.ok(state.kind === 'connected');
      const { api, workspaceId } = state.target;
      const { id } = await api.createDeployment({
        params: { workspaceId },
        body: {
          name: 'web shop',
          registry: 'docker.io',
          imageName: 'library/nginx',
          imageTag: '1.27',
          runner,
          machineType,
          deployOnPush: false,
          deployOnCreate: true,
          minHorizontalScale: 1,
          maxHorizontalScale: 1,
          ports: { 80: 'http' },
          environmentVariables: {},
          configMounts: {},
          volumes: {},
        },
      });
      const machine = new FakeMachine(local);
      machine.state = { kind: 'absent' };
      await extension.runOn(machine);
      const host = formOf({
        kind: 'copy',
        deploymentId: id,
        name: 'web shop',
        from: there.id,
        connection: 'local',
      });
      const prefilled = host.prefill(null, never);
      const { server } = await host.look(null, never);
      assert.ok(server.kind === 'away' && server.helps !== undefined);
      answering();
      await host.help(null, never);
      const prefill = await prefilled;
      assert.deepEqual(
        [prefill.registry, prefill.imageName, prefill.imageTag, prefill.copiesImage],
        ['docker.io', 'library/nginx', '1.27', false],
      );
      const left = new AbortController();
      machine.state = { kind: 'absent' };
      extension.connection.gone();
      const given = host.prefill(null, left.signal);
      left.abort();
      await assert.rejects(async () => given, { name: 'AbortError' });
    });

    it('copies the image first, and says in the form why that failed and what stays', async () => {
      // Its registry has nothing, and the engine has it no more.
      local.state.registryHost = new URL(local.url).host;
      const engine = { inspectImage: async () => 'absent' } as unknown as Engine;
      await extension.runOn(new FakeMachine(local, true, engine));
      const deployment = put();
      local.state.repositories.set((deployment as { repositoryId: string }).repositoryId, 'web-shop');
      const host = formOf(subjectOf(deployment));
      const prefill = await host.prefill(null, never);
      assert.equal(prefill.copiesImage, true);
      answering();
      await host.submit({ ...prefill, image: { kind: 'copy' }, volumes: {} } as unknown as CreateWish, never);
      let looked = await host.look(null, never);
      await eventually('it is refused', async () => {
        looked = await host.look(null, never);
        return looked.submission.kind === 'refused';
      });
      assert.ok(looked.submission.kind === 'refused');
      assert.match(
        looked.submission.message,
        /does not have the image .* stays in the repository web-shop of acme: another try goes on/,
      );
      assert.deepEqual([closed, patr.world.deployments], [false, []]);
    });
  });
}
