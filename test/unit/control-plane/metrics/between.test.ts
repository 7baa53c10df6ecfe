import assert from 'node:assert/strict';
import type { EdgeCounts } from '../../../../src/control-plane/edge/contract.ts';
import {
  measuresBetween,
  type InstanceSample,
  type Sample,
} from '../../../../src/control-plane/metrics/between.ts';

const counted = (requests: number, times: readonly (readonly [number, number])[] = []) => ({
  requests,
  failures: 0,
  answers: [0, requests, 0, 0, 0] as const,
  times: new Map(times),
});

function edge(
  run: string,
  total: number,
  instances: Record<string, ReturnType<typeof counted>> = {},
): EdgeCounts {
  return {
    run,
    deployments: new Map([['web', counted(total)]]),
    instances: new Map(Object.entries(instances)),
  };
}

const instance = (nanoseconds: number, at: number, restarts = 0): InstanceSample => ({
  name: 'v1-0',
  restarts,
  usage: {
    at,
    nanoseconds,
    memoryBytes: 100,
    memoryLimitBytes: 400,
    receivedBytes: nanoseconds,
    sentBytes: 2 * nanoseconds,
  },
});

function sample(at: number, instances: Record<string, InstanceSample>, counts?: EdgeCounts): Sample {
  const deployment = { wanted: 1, cpus: 2, instances: new Map(Object.entries(instances)) };
  return { at, deployments: new Map([['web', deployment]]), edge: counts };
}

const between = (before: Sample, now: Sample) => measuresBetween(before, now).get('web')!;

describe('what happened between two samples', () => {
  it('is the difference of all counters, over the time that the engine tells', () => {
    const before = sample(0, { one: instance(1000, 100) }, edge('a', 5, { one: counted(5, [[3, 5]]) }));
    const now = sample(
      10_000,
      { one: instance(5_000_001_000, 10_200) },
      edge('a', 9, {
        one: counted(8, [
          [3, 6],
          [9, 2],
        ]),
      }),
    );
    const { total, instances } = between(before, now);
    const { measure } = instances.get('one')!;
    assert.deepEqual(measure.cpu, { ms: 10_100, used: 5000, allocated: 20_200 });
    assert.deepEqual(measure.memory, { ms: 10_000, used: 1_000_000, limit: 4_000_000 });
    assert.deepEqual(measure.network, { ms: 10_100, received: 5e9, sent: 1e10 });
    const times = new Map([
      [3, 1],
      [9, 2],
    ]);
    assert.deepEqual(measure.traffic, { ms: 10_000, requests: 3, answers: [0, 3, 0, 0, 0], times });
    // The edge gave one answer that no instance did.
    assert.deepEqual(total.traffic, { ms: 10_000, requests: 4, answers: [0, 4, 0, 0, 0], times });
    assert.deepEqual([total.cpu, total.wanted], [measure.cpu, 1]);
  });

  it('is unknown for counters that were not there before or began anew', () => {
    const before = sample(0, { one: instance(1000, 0) });
    const { instances } = between(
      before,
      sample(10_000, { one: instance(10, 10_000), two: instance(5, 10_000) }),
    );
    for (const id of ['one', 'two']) {
      const { cpu, network, memory } = instances.get(id)!.measure;
      assert.deepEqual([cpu.ms, network.ms, memory.ms], [0, 0, 10_000]);
    }
  });

  it('is unknown at an edge that could not be asked, and everything at one that was started anew', () => {
    const instances = { one: instance(0, 0) };
    assert.equal(between(sample(0, instances), sample(10_000, instances, edge('a', 5))).total.traffic.ms, 0);
    const anew = between(sample(0, instances, edge('a', 50)), sample(10_000, instances, edge('b', 5)));
    assert.equal(anew.total.traffic.requests, 5);
  });

  it('has the times of instances that are gone, and of those that were forgotten in between', () => {
    const before = sample(
      0,
      { one: instance(0, 0) },
      edge('a', 5, {
        one: counted(5, [
          [3, 5],
          [4, 7],
        ]),
      }),
    );
    const now = sample(
      10_000,
      {},
      edge('a', 6, {
        one: counted(0, [
          [3, 6],
          [4, 2],
        ]),
      }),
    );
    assert.deepEqual(
      between(before, now).total.traffic.times,
      new Map([
        [3, 1],
        [4, 2],
      ]),
    );
  });

  it('counts an instance that began after a failure once, and none that was there already', () => {
    const before = sample(0, { one: instance(0, 0, 3) });
    const now = sample(10_000, {
      one: instance(0, 10_000, 3),
      two: instance(0, 10_000, 1),
      three: instance(0, 10_000),
    });
    assert.equal(between(before, now).total.restarts, 1);
  });

  it('is left to the next time for a deployment that is new', () => {
    const before: Sample = { at: 0, deployments: new Map(), edge: undefined };
    assert.equal(measuresBetween(before, sample(10_000, {})).size, 0);
  });
});
