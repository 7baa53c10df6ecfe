import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';
import { cpuSeconds, residentMegabytes } from './processFigures.ts';
import { tinyApp } from './tinyApp.ts';

/** How long it rests before it is looked at, in milliseconds: start-up garbage is gone by then. */
const restMs = 20_000;
const deployments = 5;
const each = 10;
/** How long its CPU time is counted, in milliseconds; holds one of the looks at everything. */
const watchedMs = 30_000;
/** How long the instances of one deployment may take to be ready, in milliseconds. */
const patienceMs = 60_000;

/** What a control plane costs that has nothing to do: alone, and with 50 instances that run and are probed. */
export const bench: Bench = {
  name: 'controlplane',
  figures: {
    'controlplane.idle_rss_mb': 'resident memory of the control plane at rest, in its container, in MB',
    'controlplane.rss_mb_50': `the same with ${deployments} deployments of ${each} instances each on the real engine`,
    'controlplane.cpu_percent_50': `CPU of the control plane at rest with them over ${watchedMs / 1000} s, in % of a core`,
  },
  async run(context) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(context.images);
    const region = await openTestRegion('rest');
    try {
      await region.host.ensure(() => undefined);
      const record = await region.engine.inspectContainer(`patr-${region.name}-control-plane`);
      if (record === 'absent' || record.pid === undefined) throw new Error('The control plane does not run.');
      const { pid } = record;
      await systemClock.sleep(restMs);
      const alone = await residentMegabytes(pid);
      await fill(region, context);
      await systemClock.sleep(restMs);
      const before = await cpuSeconds(pid);
      await systemClock.sleep(watchedMs);
      const used = (await cpuSeconds(pid)) - before;
      return {
        'controlplane.idle_rss_mb': alone,
        'controlplane.rss_mb_50': await residentMegabytes(pid),
        'controlplane.cpu_percent_50': (used / (watchedMs / 1000)) * 100,
      };
    } finally {
      await region.close();
    }
  },
};

/** Resolves when every instance of every deployment is ready. */
async function fill(region: TestRegion, { images, say }: BenchContext): Promise<void> {
  const { target, region: runner } = await targetAt(await region.host.ensure(() => undefined));
  const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
  const app = await tinyApp();
  const { folder } = app;
  const source = { folder, dockerfile: 'Dockerfile', buildArguments: { BASE: images.busybox } };
  try {
    for (let index = 1; index <= deployments; index += 1) {
      const choice = { name: `rest ${index}`, regionId: runner.id, ports: [8080] };
      const made = await deploy(target, source, choice, tools);
      if (made.kind !== 'serving') throw new Error(`Deployment ${index} does not serve.`);
      await enlarge(target, made.deploymentId);
      say(`deployment ${index} of ${deployments} has ${each} instances`);
    }
  } finally {
    await app.close();
  }
}

/** Gives a deployment its instances and a liveness probe; resolves when all of them are ready. */
async function enlarge({ api, workspaceId }: Target, deploymentId: string): Promise<void> {
  const params = { workspaceId, deploymentId };
  const livenessProbe = { port: 8080, path: '/' };
  const scale = { minHorizontalScale: each, maxHorizontalScale: each };
  await api.updateDeployment({ params, body: { ...scale, livenessProbe } });
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { rollingRelease, instances } = await api.getDeployment({ params });
    if (rollingRelease === undefined && instances?.wanted === each && instances.ready === each) return;
    if (performance.now() > deadline) throw new Error(`Only ${instances?.ready ?? 0} instances are ready.`);
    await systemClock.sleep(200);
  }
}
