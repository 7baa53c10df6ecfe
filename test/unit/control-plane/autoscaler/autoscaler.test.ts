import assert from 'node:assert/strict';
import { Autoscaler, cpuShare } from '../../../../src/control-plane/autoscaler/autoscaler.ts';
import type { ScaleRules } from '../../../../src/control-plane/autoscaler/decideScale.ts';
import type {
  Deployment,
  DecisionEvent,
  LiveStatus,
  RegionFacts,
  Release,
} from '../../../../src/control-plane/domain.ts';
import type { UsageTotal } from '../../../../src/control-plane/executors/executor.ts';
import { silentLog } from '../../../../src/base/log.ts';

const rules: ScaleRules = {
  scaleOutAbove: 0.8,
  scaleInBelow: 0.6,
  windowMs: 10_000,
  samplePeriodMs: 1000,
  coverage: 0.9,
};

/** A deployment under a load that the test sets, on a clock that the test moves. */
function aDeployment(changes: Partial<Deployment> = {}) {
  const scene = {
    now: 1000,
    load: 0.5,
    scale: 1,
    rolling: false,
    used: 0,
    memoryBytes: 32e9,
    events: [] as DecisionEvent[],
  };
  const deployment = (): Deployment =>
    ({
      id: 'a'.repeat(32),
      intent: 'running',
      minScale: 1,
      maxScale: 4,
      config: { volumes: {} },
      scale: scene.scale,
      ...changes,
    }) as Deployment;
  const autoscaler = new Autoscaler({
    store: {
      deploymentIds: () => [deployment().id],
      desired: () => ({
        deployment: deployment(),
        target: { number: 1, state: 'live' } as Release,
        live: undefined,
        machineType: { id: 'm', cpus: 2, memoryCount: 2 },
        releases: [],
        hostLabel: undefined,
      }),
      setScale: (_, scale) => (scene.scale = scale),
      recordEvent: (event) => scene.events.push(event),
    },
    reconciler: {
      status: () =>
        ({
          ready: scene.scale,
          rollingReleaseNumber: scene.rolling ? 2 : undefined,
          liveReleaseNumber: 1,
        }) as LiveStatus,
      region: () => ({ capacity: { cpus: 8, memoryBytes: scene.memoryBytes } }) as RegionFacts,
    },
    usage: {
      totals: async () =>
        new Map(
          Array.from({ length: scene.scale }, (_, index): [string, UsageTotal] => [
            `instance-${index}`,
            { at: scene.now, nanoseconds: scene.used },
          ]),
        ),
    },
    clock: { now: () => scene.now, sleep: async () => undefined },
    log: silentLog,
    rules,
  });
  /** Lets the time go on under the load, one sample a second. */
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second += 1) {
      scene.now += 1000;
      scene.used += scene.load * 2 * 1e9;
      await autoscaler.sample(AbortSignal.timeout(1000));
    }
  };
  return { scene, seconds };
}

describe('Autoscaler', () => {
  it('adds instances after a full window of load, and says by which numbers', async () => {
    const { scene, seconds } = aDeployment();
    scene.load = 0.95;
    await seconds(10);
    assert.equal(scene.scale, 1);
    await seconds(2);
    assert.equal(scene.scale, 2);
    assert.match(scene.events[0]?.message ?? '', /Scaled from 1 to 2 instances: CPU was above 80 %.*95 %/);
  });

  it('stays at what there is memory for, and says so once for as long as nothing changes', async () => {
    const { scene, seconds } = aDeployment();
    scene.load = 0.95;
    scene.memoryBytes = 700_000_000;
    await seconds(40);
    assert.equal(scene.scale, 1);
    assert.deepEqual(
      scene.events.map(({ kind }) => kind),
      ['noRoom'],
    );
    assert.match(
      scene.events[0]?.message ?? '',
      /Kept at 1 instances although 2 would be due: the 0\.7 GB of memory .* no room for more of 0\.5 GB each/,
    );
    scene.memoryBytes = 2e9;
    await seconds(1);
    assert.equal(scene.scale, 2);
  });

  it('begins a new window when the clock is set back, and does not wait for it to catch up', async () => {
    const { scene, seconds } = aDeployment();
    scene.now = 10_000_000;
    scene.load = 0.95;
    await seconds(5);
    scene.now = 1000;
    await seconds(9);
    assert.equal(scene.scale, 1);
    await seconds(4);
    assert.equal(scene.scale, 2);
  });

  it('begins a new window after it has scaled', async () => {
    const { scene, seconds } = aDeployment();
    scene.load = 0.95;
    await seconds(12);
    assert.equal(scene.scale, 2);
    await seconds(9);
    assert.equal(scene.scale, 2);
    await seconds(4);
    assert.equal(scene.scale, 3);
  });

  it('removes instances one at a time when the load is gone', async () => {
    const { scene, seconds } = aDeployment();
    scene.scale = 3;
    scene.load = 0.1;
    await seconds(13);
    assert.equal(scene.scale, 2);
  });

  it('does nothing during a rollout', async () => {
    const { scene, seconds } = aDeployment();
    scene.load = 0.99;
    scene.rolling = true;
    await seconds(30);
    assert.equal(scene.scale, 1);
  });

  it('leaves deployments with volumes alone', async () => {
    const { scene, seconds } = aDeployment({
      config: { volumes: { v: '/data' } } as unknown as Deployment['config'],
    });
    scene.load = 0.99;
    await seconds(30);
    assert.equal(scene.scale, 1);
  });
});

describe('cpuShare', () => {
  const total = (at: number, nanoseconds: number): UsageTotal => ({ at, nanoseconds });

  it('is the mean over the instances that were there both times', () => {
    const before = new Map([
      ['a', total(0, 0)],
      ['b', total(0, 0)],
    ]);
    const now = new Map([
      ['a', total(1000, 1e9)],
      ['b', total(1000, 0)],
      ['c', total(1000, 9e9)],
    ]);
    assert.equal(cpuShare(before, now, 1), 0.5);
  });

  it('is absent when nothing can be compared, or a counter began anew', () => {
    assert.equal(cpuShare(new Map(), new Map([['a', total(1, 1)]]), 1), undefined);
    assert.equal(cpuShare(new Map([['a', total(0, 9)]]), new Map([['a', total(1, 1)]]), 1), undefined);
  });
});
