import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { must } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import {
  patrRegistry,
  type CreateDeploymentInput,
  type DeploymentInfo,
} from '../../src/protocol/shapes/deployment.ts';
import type { Runner } from '../../src/protocol/shapes/workspace.ts';
import { ask, loadOn } from '../support/addressLoad.ts';
import { openReaders } from '../support/configReaders.ts';
import { testImages } from '../support/engine.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';

const app = join(import.meta.dirname, '../fixtures/probe-app');
type Changes = Partial<CreateDeploymentInput>;

describe('a running deployment', function () {
  this.timeout(180_000);
  let region: TestRegion;
  let target: Target;
  let runner: Runner;
  let repositoryId: string;
  let first: string;

  before(async () => {
    region = await openTestRegion('engine');
    ({ target, region: runner } = await targetAt(await region.host.ensure(() => undefined)));
    const source = { folder: app, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
    const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
    const made = await deploy(target, source, { name: 'first', regionId: runner.id, ports: [8080] }, tools);
    assert.equal(made.kind, 'serving', JSON.stringify(made));
    first = made.deploymentId;
    const deployment = await get(first);
    assert.ok('repositoryId' in deployment);
    repositoryId = deployment.repositoryId;
  });
  after(() => region.close());

  const at = (deploymentId: string) => ({ params: { workspaceId: target.workspaceId, deploymentId } });
  const get = (id: string): Promise<DeploymentInfo> => target.api.getDeployment(at(id));

  /** Creates a deployment of the application and waits until it is as wanted. */
  async function create(
    name: string,
    changes: Changes = {},
    until: Until = running,
  ): Promise<DeploymentInfo> {
    const { id: machineType } = (
      await target.api.listMachineTypes({ params: { workspaceId: target.workspaceId } })
    ).machineTypes.find((type) => type.cpu_count === 1 && type.memory_count === 2)!;
    const params = { workspaceId: target.workspaceId };
    const body = {
      registry: patrRegistry,
      repositoryId,
      name,
      imageTag: 'latest',
      runner: runner.id,
      machineType,
      deployOnPush: true,
      deployOnCreate: true,
      minHorizontalScale: 1,
      maxHorizontalScale: 1,
      ports: { 8080: 'http' },
      ...changes,
    } as CreateDeploymentInput;
    const { id } = await target.api.createDeployment({ params, body });
    return eventually(id, until);
  }

  type Until = (deployment: DeploymentInfo) => boolean;
  const running: Until = ({ status, instances, rollingRelease }) =>
    status === 'running' &&
    rollingRelease === undefined &&
    instances !== undefined &&
    instances.ready === instances.wanted;

  /** Asks until it is so; a minute is long for everything that is asked here. */
  async function eventually(id: string, until: Until): Promise<DeploymentInfo> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const deployment = await get(id);
      if (until(deployment)) return deployment;
      if (Date.now() > deadline) throw new Error(`It did not become so: ${JSON.stringify(deployment)}`);
      await systemClock.sleep(50);
    }
  }

  const urlOf = (deployment: DeploymentInfo): string =>
    deployment.addresses!.find(({ url }) => url !== undefined)!.url!;
  const say = async (deployment: DeploymentInfo, path: string): Promise<string> =>
    (await ask(`${urlOf(deployment)}${path}`)).body;
  const containersOf = (deploymentId: string) =>
    region.engine.listContainers({
      labels: { 'cloud.patr.deployment': deploymentId, 'cloud.patr.region': region.name },
    });
  const volumesOf = (deploymentId: string) =>
    region.engine.listVolumes({
      labels: { 'cloud.patr.deployment': deploymentId, 'cloud.patr.region': region.name },
    });
  const update = (id: string, body: Parameters<Target['api']['updateDeployment']>[0]['body']) =>
    target.api.updateDeployment({ ...at(id), body });

  it('has its own variables and the five that always win', async () => {
    const environmentVariables = { GREETING: 'hello', PATR: 'no', DEPLOYMENT_NAME: 'mine' };
    const deployment = await create('with variables', { environmentVariables });
    const env = JSON.parse(await say(deployment, '/env')) as Record<string, string>;
    assert.equal(env['GREETING'], 'hello');
    assert.equal(env['PATR'], 'true');
    assert.equal(env['DEPLOYMENT_NAME'], 'with variables');
    assert.equal(env['DEPLOYMENT_ID'], deployment.id);
    assert.equal(env['WORKSPACE_ID'], target.workspaceId);
    assert.match(env['CONFIG_MAP_HASH'] ?? '', /^[0-9a-f]{128}$/);
  });

  it('changes a variable under load without a lost request, and proves it', async () => {
    const deployment = await create('under load', { minHorizontalScale: 2, maxHorizontalScale: 2 });
    const load = loadOn(`${urlOf(deployment)}/`);
    await update(deployment.id, { environmentVariables: { VERSION: '2' } });
    await load.seen('version 2');
    await eventually(deployment.id, (one) => running(one) && one.liveRelease === 2);
    const { failures, requests } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(requests > 50);
    const { releases } = await target.api.listReleases({ ...at(deployment.id), query: {} });
    const { proof, state } = releases[0]!;
    assert.equal(state, 'live');
    assert.equal(proof?.failures, 0);
    assert.ok((proof?.requests ?? 0) > 0);
  });

  it('keeps volumes over an update, a stop and a start, each instance its own, and deletes the excess', async () => {
    const params = { workspaceId: target.workspaceId };
    const { id: volumeId } = await target.api.createVolume({ params, body: { name: 'app data', size: 1 } });
    const volumes = { [volumeId]: '/data' };
    const deployment = await create('with data', { volumes, minHorizontalScale: 2, maxHorizontalScale: 2 });
    const { id } = deployment;
    assert.equal((await volumesOf(id)).length, 2);
    await say(deployment, '/write?path=/data/note&text=kept');
    await update(id, { environmentVariables: { VERSION: '2' } });
    await eventually(id, (one) => running(one) && one.liveRelease === 2);
    await target.api.stopDeployment(at(id));
    await eventually(id, ({ status }) => status === 'stopped');
    assert.equal((await volumesOf(id)).length, 2);
    await target.api.startDeployment({ ...at(id), query: {} });
    const again = await eventually(id, running);
    const notes = await Promise.all([1, 2, 3, 4].map(() => say(again, '/read?path=/data/note')));
    assert.ok(notes.includes('kept'), notes.join());
    assert.ok(
      notes.some((note) => note.includes('ENOENT')),
      'the other instance has data of its own',
    );
    await assert.rejects(
      update(id, { minHorizontalScale: 1, maxHorizontalScale: 1 }),
      /deletes the volume of 1 instance/,
    );
    await update(id, { minHorizontalScale: 1, maxHorizontalScale: 1, allowDataLoss: true });
    await eventuallyTrue(async () => (await volumesOf(id)).length === 1);
    await target.api.deleteDeployment(at(id));
    await eventuallyTrue(
      async () => (await volumesOf(id)).length === 0 && (await containersOf(id)).length === 0,
    );
  });

  async function eventuallyTrue(question: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await question())) {
      if (Date.now() > deadline) throw new Error('It did not become so.');
      await systemClock.sleep(100);
    }
  }

  it('has its configuration as read-only files', async () => {
    const content = Buffer.from('port = 8080\n').toString('base64');
    const deployment = await create('with a config', { configMounts: { 'app.toml': content } });
    assert.equal(await say(deployment, '/read?path=/etc/config/app.toml'), 'port = 8080\n');
    assert.equal(await say(deployment, '/mode?path=/etc/config/app.toml'), '444');
    assert.match(await say(deployment, '/write?path=/etc/config/app.toml&text=x'), /read-only file system/i);
    const before = (await containersOf(deployment.id)).map(({ id }) => id);
    const changed = await target.api.changeConfigMounts({
      ...at(deployment.id),
      body: {
        changes: [
          { name: 'app.toml', content: Buffer.from('port = 9090\n').toString('base64'), ifVersion: 1 },
          { name: 'more.txt', content: '' },
        ],
      },
    });
    assert.deepEqual(
      changed.instances.map(({ generation }) => generation),
      [2],
    );
    assert.equal(await say(deployment, '/read?path=/etc/config/app.toml'), 'port = 9090\n');
    assert.equal(await say(deployment, '/mode?path=/etc/config/more.txt'), '444');
    assert.deepEqual(
      (await containersOf(deployment.id)).map(({ id }) => id),
      before,
      'no instance was restarted',
    );
  });

  it('reads whole files of one generation only, however often they are saved meanwhile', async () => {
    const readers = await openReaders({ engine: region.engine, target, region: runner }, 2);
    await readers.save(60);
    const { wrong, bad, reads, visibleMs } = await readers.report();
    assert.deepEqual([wrong, bad], [0, []]);
    assert.ok(reads > 60 && visibleMs.every(Number.isFinite), 'every instance has seen every save');
    await target.api.deleteDeployment(at(readers.deploymentId));
  });

  it('publishes a tcp port and shows where', async () => {
    const deployment = await create('over tcp', {
      ports: { 8080: 'http', 9000: 'tcp' },
      environmentVariables: { TCP_PORT: '9000' },
    });
    const address = deployment.addresses!.find(({ type }) => type === 'tcp')!;
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: address.host!, port: address.publicPort! });
      socket.on('data', (data) => resolve(data.toString()));
      socket.on('error', reject);
    });
    assert.equal(text, 'hello over tcp');
  });

  it('publishes a udp port and shows where', async () => {
    const deployment = await create('over udp', {
      ports: { 8080: 'http', 9001: 'udp' },
      environmentVariables: { UDP_PORT: '9001' },
    });
    const address = deployment.addresses!.find(({ type }) => type === 'udp')!;
    const socket = createSocket('udp4');
    try {
      const answered = once(socket, 'message') as Promise<[Buffer]>;
      socket.send('hello?', address.publicPort!, address.host!);
      const [text] = await answered;
      assert.equal(text.toString(), 'hello over udp');
    } finally {
      socket.close();
    }
  });

  it('runs with few capabilities, gains no privileges and keeps a bounded log', async () => {
    const deployment = await create('kept small');
    const status = await say(deployment, '/read?path=/proc/self/status');
    // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP and NET_BIND_SERVICE (capabilities(7)).
    const bits = [0, 1, 3, 4, 5, 6, 7, 8, 10].reduce((mask, bit) => mask | (1 << bit), 0);
    assert.equal(Number.parseInt(/^CapBnd:\s+(\w+)$/m.exec(status)?.[1] ?? '', 16), bits);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    const [container] = await containersOf(deployment.id);
    const told = await must('docker', ['inspect', '--format', '{{json .HostConfig}}', container!.id]);
    const { Privileged, LogConfig } = JSON.parse(told) as {
      Privileged: boolean;
      LogConfig: { Config: Record<string, string> };
    };
    assert.equal(Privileged, false);
    assert.equal(LogConfig.Config['max-size'], '20000000');
    assert.equal(LogConfig.Config['max-file'], '5');
  });

  it('cannot reach other instances, the control plane, the registry or the edge on the host', async () => {
    const one = await create('from here', {});
    const [other] = await containersOf(first);
    const record = await region.engine.inspectContainer(other!.id);
    assert.ok(record !== 'absent');
    const address = Object.values(record.addresses)[0]!;
    const gateway = address.replace(/\.\d+$/, '.1');
    const reach = async (host: string, port: number) => say(one, `/connect?host=${host}&port=${port}`);
    assert.notEqual(await reach(address, 8080), 'connected');
    const [api] = target.backend.registry.host.split(':');
    assert.equal(api, '127.0.0.1');
    for (const port of [17_070, 17_050, 17_080, 17_443]) {
      assert.notEqual(await reach(gateway, port), 'connected', `${gateway}:${port}`);
    }
    const [own] = await containersOf(one.id);
    const mine = await region.engine.inspectContainer(own!.id);
    assert.ok(mine !== 'absent' && mine.mounts.every(({ source }) => !source.includes('docker.sock')));
  });

  it('is restarted when it ends, and says with which code and last lines', async () => {
    const deployment = await create('ends');
    await say(deployment, '/exit?code=7');
    await eventually(deployment.id, ({ instances }) => instances?.ready === 0);
    await eventually(deployment.id, running);
    const { events } = await target.api.listEvents({ ...at(deployment.id), query: {} });
    assert.ok(
      events.some(({ message }) => /it ended, restart 1/.test(message)),
      JSON.stringify(events),
    );
  });

  it('waits longer and longer before it is restarted again, and says why it ends', async () => {
    const deployment = await create('keeps ending');
    const end = () =>
      eventuallyTrue(async () => (await say(deployment, '/exit?code=7').catch(String)) === 'ending');
    const becomes = (wanted: string) =>
      eventuallyTrue(async () => {
        const { instances } = await target.api.listInstances({ ...at(deployment.id), query: {} });
        return instances.map(({ state, restarts }) => `${state}, ${restarts} restarts`).join() === wanted;
      });
    await end();
    await becomes('ready, 1 restarts');
    await end();
    await becomes('backingOff, 1 restarts');
    const waiting = await eventually(deployment.id, ({ reason }) => reason?.exitCode === 7);
    assert.equal(waiting.status, 'errored');
    await becomes('ready, 2 restarts');
    await end();
    const looping = await eventually(deployment.id, ({ reason }) => reason?.code === 'crashLoop');
    assert.match(
      looping.reason!.message,
      /failed again after 2 restarts\. It ended with code 7 after [\d.]+ s/,
    );
    assert.equal(looping.reason!.exitCode, 7);
    assert.ok(looping.reason!.lines?.includes('told to end'), JSON.stringify(looping.reason));
  });

  it('is ended when it uses more memory than it may, and that is said', async () => {
    const deployment = await create('hungry');
    await say(deployment, '/eat');
    const ill = await eventually(deployment.id, ({ reason }) => reason?.code === 'outOfMemory');
    assert.match(ill.reason!.message, /more than its 500 MB of memory/);
  });

  it('never takes traffic with a release that is never ready; the old one goes on', async () => {
    const deployment = await create('stays', { startupProbe: { port: 8080, path: '/healthz' } });
    await update(deployment.id, {
      environmentVariables: { LISTEN: '3000' },
      startupProbe: { port: 8080, path: '/healthz' },
    });
    const rolling = await eventually(deployment.id, ({ reason }) => reason?.code === 'portNotListening');
    assert.deepEqual(rolling.reason!.listening, [3000]);
    assert.equal((await ask(urlOf(deployment))).status, 200);
    const failed = await eventually(deployment.id, ({ rollingRelease }) => rollingRelease === undefined);
    assert.equal(failed.status, 'running');
    assert.equal(failed.liveRelease, 1);
    assert.match(failed.reason!.message, /Change the deployment's port to 3000/);
    await update(deployment.id, { environmentVariables: { VERSION: '3' } });
    const mended = await eventually(deployment.id, (one) => running(one) && one.liveRelease === 3);
    assert.equal(mended.reason, undefined);
  });

  it('is put back when somebody removes its container, its edge or its registry by hand', async () => {
    const deployment = await create('repaired');
    const [container] = await containersOf(deployment.id);
    await region.engine.removeContainer(container!.id);
    await eventuallyTrue(async () =>
      (await containersOf(deployment.id)).some(({ id }) => id !== container!.id),
    );
    await eventually(deployment.id, running);
    await region.engine.removeContainer(`patr-${region.name}-edge`);
    await region.engine.removeContainer(`patr-${region.name}-registry`);
    const answers = async (url: string, status: number): Promise<boolean> =>
      (await ask(url).catch(() => undefined))?.status === status;
    await eventuallyTrue(() => answers(urlOf(deployment), 200));
    await eventuallyTrue(() => answers(`http://${target.backend.registry.host}/v2/`, 401));
  });

  it('leaves nothing behind when it is deleted', async () => {
    const deployment = await create('goes away');
    await target.api.deleteDeployment(at(deployment.id));
    await eventuallyTrue(async () => {
      const labels = { 'cloud.patr.deployment': deployment.id };
      const [containers, networks] = [
        await containersOf(deployment.id),
        await region.engine.listNetworks({ labels }),
      ];
      return containers.length === 0 && networks.length === 0;
    });
    assert.equal((await ask(urlOf(deployment))).status, 404);
  });
});
