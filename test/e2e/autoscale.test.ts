import assert from 'node:assert/strict';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { ask } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { targetAt } from '../support/localRegion.ts';
import { startRegionProcess, type RegionProcess } from '../support/regionProcess.ts';

const app = join(import.meta.dirname, '../fixtures/probe-app');
/** Short, so that a test can wait for it; the rule is the same for every length. */
const windowSeconds = 20;
/** Low, because a machine that has other things to do gives an instance less than what it is allowed. */
const abovePercent = 20;

describe('horizontal scale under real load', function () {
  this.timeout(600_000);
  let region: RegionProcess;
  let target: Target;
  let regionId: string;

  before(async () => {
    region = await startRegionProcess('scale', {
      'scale-window': String(windowSeconds),
      'scale-above': String(abovePercent),
    });
    const reached = await targetAt(region.endpoint);
    target = reached.target;
    regionId = reached.region.id;
  });
  after(() => region.close());

  it('adds instances while the CPU is busy for a whole window, says by which numbers, and takes them back', async () => {
    const source = { folder: app, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
    const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
    const made = await deploy(target, source, { name: 'busy', regionId, ports: [8080] }, tools);
    assert.ok(made.kind === 'serving' && made.url !== undefined);
    const params = { workspaceId: target.workspaceId, deploymentId: made.deploymentId };
    await target.api.updateDeployment({ params, body: { maxHorizontalScale: 2 } });
    const wanted = (count: number) => (one: DeploymentInfo) =>
      one.instances?.wanted === count && one.instances.ready === count;
    let busy = true;
    const load = Array.from({ length: 3 }, async () => {
      while (busy) await ask(`${made.url}/burn?ms=200`).catch(() => undefined);
    });
    try {
      await eventually(params, wanted(2));
    } finally {
      busy = false;
      await Promise.all(load);
    }
    const { events } = await target.api.listEvents({ params, query: {} });
    const scaled = events.find(({ kind }) => kind === 'scale');
    assert.match(
      scaled?.message ?? '',
      /Scaled from 1 to 2 instances: CPU was above 20 % .* over \d+ samples/,
    );
    await eventually(params, wanted(1));
  });

  async function eventually(
    params: { workspaceId: string; deploymentId: string },
    until: (deployment: DeploymentInfo) => boolean,
  ): Promise<void> {
    const deadline = Date.now() + 240_000;
    for (;;) {
      const deployment = await target.api.getDeployment({ params });
      if (until(deployment)) return;
      if (Date.now() > deadline) throw new Error(`It did not become so: ${JSON.stringify(deployment)}`);
      await systemClock.sleep(200);
    }
  }
});
