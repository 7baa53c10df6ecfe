import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import type { Engine } from '../../src/docker/engine.ts';
import { silentLog } from '../../src/base/log.ts';
import type { LiveStatus } from '../../src/control-plane/domain.ts';
import { DockerExecutor } from '../../src/control-plane/executors/dockerExecutor.ts';
import { ownKernel } from '../../src/control-plane/executors/kernelUsage.ts';
import { label, labelsOf } from '../../src/control-plane/labels.ts';
import { MetricsFile } from '../../src/control-plane/metrics/metricsFile.ts';
import { Sampler } from '../../src/control-plane/metrics/sampler.ts';
import { samplePeriodMs } from '../../src/control-plane/metrics/tiers.ts';
import { UsageMeter } from '../../src/control-plane/usage/usageMeter.ts';
import { memoryNotary } from '../support/controlPlane.ts';
import { addDeployment } from '../support/deployments.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { aContainer, openTestEngine, testImages, type TestEngine } from '../support/engine.ts';
import { handClock } from '../support/handClock.ts';
import { cpuSeconds } from './processFigures.ts';

const deployments = 5;
const each = 10;
/** The first ones are for the compiler, and for what has to be made once. */
const warmUp = 6;
/** Enough for steps of a minute and of ten minutes to be put together as well. */
const samples = 120;

/** What a sample of 50 real instances costs, each ten seconds: the control plane, and the engine that it asks. */
export const bench: Bench = {
  name: 'metrics',
  figures: {
    'metrics.cpu_percent_50': `CPU of sampling ${deployments * each} instances of the real engine and the edge every 10 s and keeping it, in the control plane, in % of a core; mean of ${samples} samples (aim below 1)`,
    'metrics.others_percent_50':
      'CPU of the engine (dockerd, containerd and its shims) and of the edge for answering, in % of a core',
  },
  async run(context) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(context.images);
    const test = await openTestEngine();
    const edge = await startTestEdge({ slots: 256 });
    const folder = await mkdtemp(join(tmpdir(), 'patr-metrics-bench-'));
    try {
      return await measure(test, edge, folder, context);
    } finally {
      await rm(folder, { recursive: true, force: true });
      await edge.close();
      await test.close();
    }
  },
};

async function measure(test: TestEngine, edge: TestEdge, folder: string, { say }: BenchContext) {
  const region = test.prefix.slice(-8);
  const notary = memoryNotary();
  const instances = new Map<string, readonly string[]>();
  for (let index = 0; index < deployments; index += 1) {
    const { id } = addDeployment(notary);
    const names = Array.from({ length: each }, (_, at) => `${index}${at}`.padStart(12, '0'));
    for (const instance of names) await startInstance(test, region, id, instance);
    const members = names.map((instanceId) => {
      return { instanceId, address: '127.9.0.1', protocol: 'http1', state: 'ready' } as const;
    });
    await edge.edge().apply({ deploymentId: id, ports: [{ port: 80, hosts: [`${id}.localhost`], members }] });
    instances.set(id, names);
    say(`deployment ${index + 1} of ${deployments} has ${each} instances`);
  }
  try {
    const path = join(folder, 'metrics.db');
    const { own, others } = await sampled({ engine: test.engine, region, notary, instances, edge }, path);
    return { 'metrics.cpu_percent_50': own, 'metrics.others_percent_50': others };
  } finally {
    notary.store.dispose();
  }
}

interface Sampled {
  readonly engine: Engine;
  readonly region: string;
  readonly notary: ReturnType<typeof memoryNotary>;
  readonly instances: ReadonlyMap<string, readonly string[]>;
  readonly edge: TestEdge;
}

/** In % of a core, of this process and of those that it asks. */
interface Cost {
  readonly own: number;
  readonly others: number;
}

async function sampled({ engine, region, notary, instances, edge }: Sampled, path: string): Promise<Cost> {
  const clock = handClock();
  const file = MetricsFile.open(path, (error) => {
    throw error;
  });
  const sampler = new Sampler({
    store: notary.store,
    reconciler: { status: (id) => statusOf(instances.get(id) ?? []) },
    usage: new UsageMeter({ executor: executorOn(engine, region), clock }),
    edge: () => edge.edge(),
    file,
    clock,
    log: silentLog,
  });
  const take = async (): Promise<void> => {
    clock.advance(samplePeriodMs);
    await sampler.sample(AbortSignal.timeout(60_000));
  };
  try {
    for (let done = 0; done < warmUp; done += 1) await take();
    return await cost(take);
  } finally {
    file.dispose();
  }
}

/** What samples cost, as if each were 10 s after the one before. */
async function cost(take: () => Promise<unknown>): Promise<Cost> {
  const [before, othersBefore] = [process.cpuUsage(), await othersSeconds()];
  for (let done = 0; done < samples; done += 1) await take();
  const { user, system } = process.cpuUsage(before);
  const others = (await othersSeconds()) - othersBefore;
  const time = samples * samplePeriodMs;
  return { own: ((user + system) / 1000 / time) * 100, others: ((others * 1000) / time) * 100 };
}

function executorOn(engine: Engine, region: string): DockerExecutor {
  return new DockerExecutor({
    engine,
    region,
    pool: '10.214.0.0/16',
    node: () => 'here',
    config: () => undefined,
    registryAuth: () => undefined,
    attach: () => Promise.resolve(),
    detach: () => Promise.resolve(),
    beforeRemoval: () => Promise.resolve(),
    toolImage: undefined,
    kernel: ownKernel,
    helperImage: testImages().edge,
  });
}

function statusOf(names: readonly string[]): LiveStatus {
  return {
    status: 'running',
    reason: undefined,
    ready: each,
    wanted: each,
    liveReleaseNumber: 1,
    rollingReleaseNumber: undefined,
    instances: names.map((name) => ({
      id: name,
      name,
      releaseNumber: 1,
      state: 'ready',
      node: 'here',
      startedAt: 0,
      restarts: 0,
      reason: undefined,
    })),
  };
}

async function startInstance(
  { engine, labels, prefix }: TestEngine,
  region: string,
  deploymentId: string,
  instance: string,
): Promise<void> {
  const own = { [label.deployment]: deploymentId, [label.instance]: instance };
  const spec = aContainer({
    name: `${prefix}-${instance}`,
    labels: { ...labels, ...labelsOf(region, 'instance'), ...own },
    network: 'bridge',
  });
  const made = await engine.createContainer(spec);
  if (typeof made === 'string') throw new Error(`The instance was not made: ${made}.`);
  await engine.startContainer(made.id);
}

/** CPU time of every process of the engine, and of edges, so far; one that ends in between is not counted. */
async function othersSeconds(): Promise<number> {
  let seconds = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
      if (/^(dockerd|containerd|haproxy)/.test(name)) seconds += await cpuSeconds(Number(pid));
    } catch {
      // It has ended.
    }
  }
  return seconds;
}
