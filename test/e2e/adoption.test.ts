import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { deploy, push } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { ask, loadOn } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';

const app = join(import.meta.dirname, '../fixtures/probe-app');
const content = Buffer.from('port = 8080\n').toString('base64');

describe('a deployment whose control plane has lost its state', function () {
  this.timeout(240_000);
  let region: TestRegion;
  let folder: string;
  let target: Target;
  let at: { readonly workspaceId: string; readonly deploymentId: string };
  let url: string;
  let load: ReturnType<typeof loadOn> | undefined;

  before(async () => {
    region = await openTestRegion('adopt');
    folder = await mkdtemp(join(tmpdir(), 'patr-adopt-'));
    await cp(app, folder, { recursive: true });
    const reached = await targetAt(await region.host.ensure(() => undefined));
    ({ target } = reached);
    const wanted = { name: 'to be kept', regionId: reached.region.id, ports: [8080] };
    const made = await deploy(target, source(), wanted, tools());
    assert.ok(made.kind === 'serving' && made.url !== undefined, JSON.stringify(made));
    ({ url } = made);
    at = { workspaceId: target.workspaceId, deploymentId: made.deploymentId };
    const params = { workspaceId: target.workspaceId };
    const volume = await target.api.createVolume({ params, body: { name: 'kept data', size: 2 } });
    const secret = await target.api.createSecret({ params, body: { name: 'kept key', value: 'hunter2' } });
    await target.api.createRepository({ params, body: { name: 'unused' } });
    await update({
      minHorizontalScale: 2,
      maxHorizontalScale: 2,
      volumes: { [volume.id]: '/data' },
      configMounts: { 'app.toml': content },
      environmentVariables: { VERSION: '1', KEY: { fromSecret: secret.id } },
      startupProbe: { port: 8080, path: '/healthz' },
      livenessProbe: { port: 8080, path: '/healthz' },
    });
    await eventually((one) => settled(one) && one.liveRelease === 2);
  });
  after(async () => {
    await load?.stop();
    await region.close();
    await rm(folder, { recursive: true, force: true });
  });

  const source = () => ({ folder, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } });
  const tools = () => ({
    engine: region.engine,
    clock: systemClock,
    chance: Math.random,
    tell: () => undefined,
  });
  const get = () => target.api.getDeployment({ params: at });
  const update = (body: Parameters<Target['api']['updateDeployment']>[0]['body']) =>
    target.api.updateDeployment({ params: at, body });
  const settled = ({ status, instances, rollingRelease }: DeploymentInfo) =>
    status === 'running' && rollingRelease === undefined && instances?.ready === 2 && instances.wanted === 2;

  /** Asks until it is so; a minute is long for everything that is asked here. */
  async function eventually(until: (deployment: DeploymentInfo) => boolean): Promise<DeploymentInfo> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const deployment = await get().catch(absent);
      if (deployment !== undefined && until(deployment)) return deployment;
      if (Date.now() > deadline) throw new Error(`It did not become so: ${JSON.stringify(deployment)}`);
      await systemClock.sleep(50);
    }
  }

  const left = async () => {
    const labels = { 'cloud.patr.region': region.name, 'cloud.patr.deployment': at.deploymentId };
    const [containers, networks, volumes] = await Promise.all([
      region.engine.listContainers({ labels }),
      region.engine.listNetworks({ labels }),
      region.engine.listVolumes({ labels }),
    ]);
    return [...containers, ...networks, ...volumes].map(({ name }) => name).toSorted();
  };

  /** The control plane's container goes with the volume that has all of its state: database, keys and token. */
  async function loseState(): Promise<void> {
    await region.host.stop();
    await region.engine.removeContainer(`patr-${region.name}-control-plane`);
    assert.equal(await region.engine.removeVolume(`patr-${region.name}-state`), 'removed');
  }

  it('goes on serving, comes back as it was, and can be changed, pushed to and deleted', async () => {
    const say = async (path: string): Promise<string> => (await ask(`${url}${path}`)).body;
    await say('/write?path=/data/note&text=kept');
    const before = await get();
    const onEngine = await left();
    load = loadOn(`${url}/`);
    await load.seen('version 1');

    await loseState();
    const { target: fresh, region: runner } = await targetAt(await region.host.ensure(() => undefined));
    assert.notEqual(fresh.token, target.token);
    target = fresh;
    assert.equal(target.workspaceId, at.workspaceId);
    const after = await eventually(settled);
    assert.deepEqual({ ...after, revision: 0 }, { ...before, revision: 0 });
    assert.equal(runner.id, before.runner);
    assert.deepEqual(await left(), onEngine);

    const params = { workspaceId: target.workspaceId };
    const { volumes } = await target.api.listVolumes({ params, query: {} });
    assert.deepEqual(
      volumes.map(({ name, size, deploymentId }) => [name, size, deploymentId]),
      [['kept data', 2, at.deploymentId]],
    );
    const { secrets } = await target.api.listSecrets({ params, query: {} });
    assert.deepEqual(
      secrets.map(({ name, usedBy }) => [name, usedBy]),
      [['kept key', [at.deploymentId]]],
    );
    const { releases } = await target.api.listReleases({ params: at, query: {} });
    assert.deepEqual(
      releases.map(({ number, cause, state }) => [number, cause, state]),
      [[2, 'adopt', 'live']],
    );

    await update({ environmentVariables: { ...after.environmentVariables, VERSION: '2' } });
    await load.seen('version 2');
    await eventually((one) => settled(one) && one.liveRelease === 3);
    const notes = await Promise.all([1, 2, 3, 4].map(() => say('/read?path=/data/note')));
    assert.ok(notes.includes('kept'), notes.join());
    const env = JSON.parse(await say('/env')) as Record<string, string>;
    assert.equal(env['KEY'], 'hunter2');
    assert.equal(await say('/read?path=/etc/config/app.toml'), 'port = 8080\n');

    const server = join(folder, 'server.js');
    await writeFile(server, (await readFile(server, 'utf8')).replace('`version ', '`pushed version '));
    const pushed = await push(target, source(), at.deploymentId, tools());
    assert.ok(pushed.kind === 'serving' && pushed.release === 4, JSON.stringify(pushed));
    await load.seen('pushed version 2');
    const { failures, requests } = await load.stop();
    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${requests} requests failed`);
    assert.ok(requests > 50);

    await target.api.deleteDeployment({ params: at });
    const deadline = Date.now() + 60_000;
    while ((await left()).length > 0) {
      assert.ok(Date.now() < deadline, (await left()).join());
      await systemClock.sleep(100);
    }
  });
});

/** Not taken over yet. */
function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'resourceDoesNotExist') return undefined;
  throw error;
}
