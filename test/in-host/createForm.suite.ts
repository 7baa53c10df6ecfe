import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { CreatePanelParts } from '../../src/extension/panels/createPanel.ts';
import { DisposableStore } from '../../src/base/disposable.ts';
import type { CreateContract, CreateSubject, CreateWish } from '../../src/protocol/panelCreate.ts';
import type { PanelHandlers } from '../../src/protocol/panelServer.ts';
import { patrPrices } from '../../src/protocol/cost.ts';
import { problem } from '../../src/protocol/problems.ts';
import { patrRegistry } from '../../src/protocol/shapes/deployment.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment, machineTypeId, regionId } from '../support/fakePatrState.ts';
import { eventually, inWorkspace, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

export function createFormSuite(): void {
  describe('the create form', () => {
    let patr: FakePatr;
    let machine: FakeMachine;
    let extension: Exports;
    let prompts: ScriptedPrompts;
    let repositoryId: string;
    /** What the host told the page of the form under test, and whether it closed it. */
    let told: number;
    let closed: boolean;
    let life: DisposableStore;
    const never = new AbortController().signal;

    const answering = (script: Script = {}): ScriptedPrompts => {
      prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    /** The host's end of a form, as its page would find it. */
    const hostOf = (
      subject: CreateSubject,
      parts: Partial<CreatePanelParts> = {},
    ): PanelHandlers<CreateContract> =>
      extension.createPanelWith(parts).serve(subject, {
        life,
        onHidden: () => life.add({ dispose: () => undefined }),
        tell: () => (told += 1),
        setTitle: () => undefined,
        reveal: () => undefined,
        close: () => (closed = true),
      });
    const wish = (changes: Partial<CreateWish> = {}): CreateWish => ({
      name: 'web shop',
      imageTag: 'latest',
      runner: regionId,
      machineType: machineTypeId,
      deployOnPush: true,
      deployOnCreate: true,
      minHorizontalScale: 1,
      maxHorizontalScale: 2,
      ports: { 8080: 'http' },
      environmentVariables: {},
      configMounts: {},
      volumes: {},
      newVolumes: [],
      image: { kind: 'repository', registry: patrRegistry, repositoryId },
      ...changes,
    });
    const tabs = (): string[] =>
      vscode.window.tabGroups.all.flatMap(({ tabs: open }) => open.map(({ label }) => label));
    const tabsAre = (...labels: readonly string[]): Promise<void> =>
      eventually(`the tabs are ${labels.join(', ')}`, () => tabs().toSorted().join() === labels.join());
    const closeAll = async (): Promise<void> => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await eventually('the forms are closed', () => extension.createForms.keys().length === 0);
    };

    beforeEach(async () => {
      patr = await FakePatr.start();
      repositoryId = patr.state.id();
      patr.state.repositories.set(repositoryId, 'web-shop');
      extension = await theExtension();
      machine = new FakeMachine(patr);
      await extension.runOn(machine);
      // What others have left open is none of ours.
      await closeAll();
      told = 0;
      closed = false;
      life = new DisposableStore();
      answering();
    });
    afterEach(async () => {
      life.dispose();
      await closeAll();
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await patr.stop();
    });

    it('opens once, however often it is asked for', async () => {
      await vscode.commands.executeCommand('patr.deployment.create');
      await vscode.commands.executeCommand('patr.deployment.create');
      assert.deepEqual(extension.createForms.keys(), ['new']);
      await tabsAre('Create deployment');
    });

    it('opens with the values of a deployment, one form for each', async () => {
      const one = patr.state.put(aDeployment({ id: patr.state.id(), name: 'one' }));
      const two = patr.state.put(aDeployment({ id: patr.state.id(), name: 'two' }));
      await extension.model.refresh();
      for (const deployment of [one, two])
        await vscode.commands.executeCommand('patr.deployment.duplicate', {
          kind: 'deployment',
          id: '',
          deployment,
        });
      await tabsAre('Duplicate one', 'Duplicate two');
    });

    it('asks which deployment to duplicate, and opens nothing when the person gives up', async () => {
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'one' }));
      await extension.model.refresh();
      answering({ pick: () => escape });
      await vscode.commands.executeCommand('patr.deployment.duplicate');
      assert.deepEqual(prompts.asked, ['Duplicate a deployment']);
      assert.deepEqual(extension.createForms.keys(), []);
    });

    it('opens for a Dockerfile, from its menu and from the quick path', async () => {
      await vscode.commands.executeCommand('patr.deploy.customize', inWorkspace('Dockerfile'));
      await tabsAre('Deploy Dockerfile');
      await closeAll();
      answering({ pick: (items) => items.find(({ label }) => label.includes('Customize')) });
      await vscode.commands.executeCommand('patr.deploy', inWorkspace('Dockerfile'));
      await tabsAre('Deploy Dockerfile');
      assert.deepEqual(prompts.asked, ['Deploy to Patr']);
    });

    it('arrives with what the Dockerfile says, under a name that is free', async () => {
      const uri = inWorkspace('Dockerfile').toString();
      const subject = { kind: 'dockerfile', uri, label: 'Dockerfile' } as const;
      const first = await hostOf(subject).prefill(null, never);
      assert.deepEqual(first.ports, { 8080: 'http' });
      patr.state.put(aDeployment({ id: patr.state.id(), name: first.name ?? '' }));
      await extension.model.refresh();
      const second = await hostOf(subject).prefill(null, never);
      assert.equal(second.name, `${first.name}-2`);
    });

    it('arrives with everything of another deployment, and volumes that are made anew', async () => {
      const volumeId = patr.state.id();
      patr.state.volumes.push({ id: volumeId, name: 'data', size: 5, deploymentId: null });
      const { id } = patr.state.put(
        aDeployment({
          id: patr.state.id(),
          name: 'web shop',
          environmentVariables: { MODE: 'prod' },
          volumes: { [volumeId]: '/data' },
          livenessProbe: { port: 8080, path: '/live' },
          maxHorizontalScale: 3,
        }),
      );
      const subject = { kind: 'duplicate', deploymentId: id, name: 'web shop' } as const;
      const { name, environmentVariables, newVolumes, livenessProbe, maxHorizontalScale, imageTag } =
        await hostOf(subject).prefill(null, never);
      assert.equal(name, 'web shop-copy');
      assert.equal(imageTag, 'latest');
      assert.deepEqual(environmentVariables, { MODE: 'prod' });
      assert.deepEqual(newVolumes, [{ name: 'data-copy', size: 5, path: '/data' }]);
      assert.deepEqual(livenessProbe, { port: 8080, path: '/live' });
      assert.equal(maxHorizontalScale, 3);
    });

    it('offers what the server has, and what it costs', async () => {
      patr.state.volumes.push({ id: 'a'.repeat(32), name: 'free one', size: 2, deploymentId: null });
      patr.state.secrets.set('b'.repeat(32), { name: 'DB', value: 'x' });
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'there' }));
      const { server } = await hostOf({ kind: 'new' }).look(null, never);
      assert.ok(server.kind === 'ready');
      const { regions, repositories, volumes, secrets, takenNames, machineTypes } = server.choices;
      assert.deepEqual(regions, [
        { id: regionId, name: 'local', pricing: { kind: 'free', words: 'your machine: free' } },
      ]);
      assert.deepEqual(repositories, [{ id: repositoryId, name: 'web-shop' }]);
      assert.deepEqual(volumes, [{ id: 'a'.repeat(32), name: 'free one', size: 2 }]);
      assert.deepEqual(secrets, [{ id: 'b'.repeat(32), name: 'DB' }]);
      assert.deepEqual(takenNames, ['there']);
      assert.equal(machineTypes.length, 1);
    });

    it('takes the prices of a region of the person from the settings', async () => {
      const prices = () => ({ local: patrPrices });
      const { server } = await hostOf({ kind: 'new' }, { prices }).look(null, never);
      assert.ok(server.kind === 'ready');
      assert.deepEqual(server.choices.regions[0]?.pricing, { kind: 'priced', table: patrPrices });
    });

    it('says that the region does not run, starts it, and looks again when it does', async () => {
      machine.state = { kind: 'absent' };
      extension.connection.gone();
      const host = hostOf({ kind: 'new' });
      const { server } = await host.look(null, never);
      assert.ok(server.kind === 'away' && server.helps === 'Start the local region');
      assert.match(server.message, /^The local region does not run\. Start it /);
      await host.help(null, never);
      assert.deepEqual(machine.calls, ['ensure']);
      assert.ok(told > 0);
      assert.equal((await host.look(null, never)).server.kind, 'ready');
    });

    it('creates what was asked for, says so and closes', async () => {
      void hostOf({ kind: 'new' }).submit(
        wish({
          environmentVariables: { MODE: 'prod' },
          newVolumes: [{ name: 'data', size: 2, path: '/data' }],
        }),
        never,
      );
      await eventually('the form is closed', () => closed);
      const made = Array.from(patr.state.deployments.values()).find(({ name }) => name === 'web shop');
      assert.deepEqual(made?.environmentVariables, { MODE: 'prod' });
      assert.deepEqual(Object.values(made?.volumes ?? {}), ['/data']);
      assert.equal(made?.maxHorizontalScale, 2);
      await eventually('it is said', () => prompts.said.length > 0);
      assert.equal(prompts.said[0]?.text, 'web shop is created and starts.');
    });

    it('hands what the server refuses to the page, once, and stays', async () => {
      const fields = [{ field: 'ports.8080', message: 'is not allowed here' }];
      patr.refuse('createDeployment', problem('wrongParameters', { says: 'Not like this.', fields }));
      const host = hostOf({ kind: 'new' });
      void host.submit(wish(), never);
      const refused = async (): Promise<boolean> => {
        const { submission } = await host.look(null, never);
        if (submission.kind !== 'refused') return false;
        assert.deepEqual(submission, { kind: 'refused', message: 'Not like this.', fields });
        return true;
      };
      await eventually('it is refused', refused);
      assert.deepEqual((await host.look(null, never)).submission, { kind: 'none' });
      assert.equal(closed, false);
      assert.equal(patr.state.deployments.size, 0);
    });

    it("looks for an image of another registry first, and hands the registry's answer to its field", async () => {
      const message = 'There is no library/nothing:1 at docker.io. Check name and tag.';
      patr.state.imageCheck = () => ({ outcome: 'notFound', message });
      const host = hostOf({ kind: 'new' });
      const image = { kind: 'external', registry: 'docker.io', imageName: 'library/nothing' } as const;
      void host.submit(wish({ image }), never);
      const fields = [{ field: 'imageName', message }];
      await eventually('it is refused', async () => {
        const { submission } = await host.look(null, never);
        if (submission.kind !== 'refused') return false;
        assert.deepEqual(submission, { kind: 'refused', message, fields });
        return true;
      });
      assert.equal(patr.state.deployments.size, 0);
    });

    it('tells the person what was refused when the form is closed by then', async () => {
      patr.refuse('createDeployment', problem('wrongParameters', { says: 'Not like this.' }));
      void hostOf({ kind: 'new' }).submit(wish(), never);
      life.dispose();
      await eventually('it is said', () => prompts.said.length > 0);
      assert.equal(prompts.said[0]?.text, 'Not like this.');
    });

    it('does not create the same twice at once', async () => {
      const host = hostOf({ kind: 'new' });
      void host.submit(wish(), never);
      assert.throws(() => void host.submit(wish(), never), { code: 'resourceInUse' });
      await eventually('the form is closed', () => closed);
    });

    it('makes repositories and secrets on the spot, and suggests tags and ports', async () => {
      const host = hostOf({ kind: 'new' });
      const repository = await host.createRepository({ name: 'shop/api' }, never);
      assert.equal(patr.state.repositories.get(repository.id), 'shop/api');
      const secret = await host.createSecret({ name: 'DB_PASSWORD', value: 'hunter2' }, never);
      assert.deepEqual(secret, { id: secret.id, name: 'DB_PASSWORD' });
      assert.equal(patr.state.secrets.get(secret.id)?.value, 'hunter2');
      patr.state.tags = ['2.0', '1.0'];
      assert.deepEqual(await host.listTags({ repositoryId: repository.id }, never), ['2.0', '1.0']);
      assert.deepEqual(await host.exposedPorts({ repositoryId: repository.id, tag: '2.0' }, never), {
        8080: 'http',
      });
    });

    it('builds nothing when the person looks at what the build sends and gives up', async () => {
      const uri = vscode.Uri.joinPath(inWorkspace(), 'never-reviewed', 'Dockerfile').toString();
      answering({ pick: () => escape });
      await vscode.workspace.fs.copy(inWorkspace('Dockerfile'), vscode.Uri.parse(uri));
      const host = hostOf({ kind: 'dockerfile', uri, label: 'never-reviewed/Dockerfile' });
      void host.submit(wish({ image: { kind: 'build' } }), never);
      await eventually('it is asked', () => prompts.asked.length > 0);
      await eventually(
        'the form waits again',
        async () => (await host.look(null, never)).submission.kind === 'none',
      );
      assert.deepEqual(prompts.asked, ['What the build sends']);
      assert.equal(patr.state.deployments.size, 0);
      assert.equal(closed, false);
    });

    it('builds nothing in a workspace that is not trusted', async () => {
      const uri = inWorkspace('Dockerfile').toString();
      const host = hostOf({ kind: 'dockerfile', uri, label: 'Dockerfile' }, { trusted: () => false });
      void host.submit(wish({ image: { kind: 'build' } }), never);
      const { submission } = await host.look(null, never);
      assert.ok(submission.kind === 'refused');
      assert.match(submission.message, /not trusted/);
    });
  });
}
