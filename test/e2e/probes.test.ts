import assert from 'node:assert/strict';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { defaultProbeRules, type ProbeRules } from '../../src/control-plane/probes/rules.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { ask } from '../support/addressLoad.ts';
import { startAssembledRegion, type AssembledRegion } from '../support/assembledRegion.ts';
import { testImages } from '../support/engine.ts';
import { targetAt } from '../support/localRegion.ts';

const app = join(import.meta.dirname, '../fixtures/probe-app');
/** Short, so that a test can wait for it; the rule is the same for every length. */
const probeRules: ProbeRules = {
  ...defaultProbeRules,
  liveness: { periodMs: 300, timeoutMs: 3000, failures: 4 },
};

describe('liveness on the real engine', function () {
  this.timeout(180_000);
  let region: AssembledRegion;
  let target: Target;

  before(async () => {
    region = await startAssembledRegion('probes', { probeRules });
    ({ target } = await targetAt(region.endpoint));
  });
  after(() => region.close());

  type Id = { readonly workspaceId: string; readonly deploymentId: string };

  /** Deploys the application with a liveness probe, and waits until this many instances are ready. */
  async function deployed(name: string, count: number): Promise<{ params: Id; url: string }> {
    const source = { folder: app, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
    const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
    const choice = { name, regionId: region.regionId, ports: [8080] };
    const made = await deploy(target, source, choice, tools);
    assert.ok(made.kind === 'serving' && made.url !== undefined, JSON.stringify(made));
    const params = { workspaceId: target.workspaceId, deploymentId: made.deploymentId };
    await target.api.updateDeployment({
      params,
      body: {
        livenessProbe: { port: 8080, path: '/healthz' },
        minHorizontalScale: count,
        maxHorizontalScale: count,
      },
    });
    await eventually(params, isWell(2, count));
    return { params, url: made.url };
  }

  type Until = (deployment: DeploymentInfo) => boolean;
  const isWell =
    (release: number, count: number): Until =>
    ({ liveRelease, rollingRelease, instances, reason }) =>
      liveRelease === release &&
      rollingRelease === undefined &&
      reason === undefined &&
      instances?.wanted === count &&
      instances.ready === count;

  async function eventually(params: Id, until: Until): Promise<DeploymentInfo> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const deployment = await target.api.getDeployment({ params });
      if (until(deployment)) return deployment;
      if (Date.now() > deadline) throw new Error(`It did not become so: ${JSON.stringify(deployment)}`);
      await systemClock.sleep(50);
    }
  }

  /** Those of the release before may still drain. */
  const readyOf = async (params: Id): Promise<readonly string[]> =>
    (await target.api.listInstances({ params, query: {} })).instances.flatMap(({ id, state }) =>
      state === 'ready' ? [id] : [],
    );

  /** Asks every ready instance itself, past the edge. */
  async function tellAll(params: Id, path: string): Promise<void> {
    for (const id of await readyOf(params)) {
      const [container] = await region.engine.listContainers({ labels: { 'cloud.patr.instance': id } });
      const record = await region.engine.inspectContainer(container!.id);
      assert.ok(record !== 'absent');
      const [host] = Object.values(record.addresses);
      assert.equal((await ask(`http://${host}:8080${path}`, { at: host! })).status, 200);
    }
  }

  it('restarts an instance that fails its probe, leaves the others, and says so', async () => {
    const { params, url } = await deployed('one ill', 3);
    const before = await readyOf(params);
    await ask(`${url}/ill`);
    await eventually(params, ({ instances }) => instances !== undefined && instances.ready < 3);
    await eventually(params, isWell(2, 3));
    const now = await readyOf(params);
    assert.equal(now.filter((id) => before.includes(id)).length, 2);
    const { events } = await target.api.listEvents({ params, query: {} });
    assert.ok(
      events.some(({ message }) => /its liveness probe failed, restart 1/.test(message)),
      JSON.stringify(events),
    );
  });

  it('leaves instances alone that fail together, says that something they need is down, and notices when it is back', async () => {
    const { params, url } = await deployed('all ill', 2);
    const before = await readyOf(params);
    await tellAll(params, '/ill');
    const down = await eventually(params, ({ reason }) => reason?.code === 'dependencyDown');
    assert.equal(down.status, 'running');
    assert.match(down.reason!.message, /something that they depend on is likely down/);
    assert.deepEqual(await readyOf(params), before);
    assert.equal((await ask(url)).status, 200);
    await tellAll(params, '/well');
    await eventually(params, isWell(2, 2));
    assert.deepEqual(await readyOf(params), before);
  });
});
