import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import type { LiveStatus } from '../../../../src/control-plane/domain.ts';
import type { EdgeCounts } from '../../../../src/control-plane/edge/contract.ts';
import { Sampler, type SamplerParts } from '../../../../src/control-plane/metrics/sampler.ts';
import type { Measured } from '../../../../src/control-plane/metrics/between.ts';
import { handClock } from '../../../support/handClock.ts';
import { memoryNotary } from '../../../support/controlPlane.ts';
import { addDeployment } from '../../../support/deployments.ts';

const signal = AbortSignal.timeout(60_000);

function scene() {
  const notary = memoryNotary();
  const clock = handClock();
  const { id } = addDeployment(notary, {});
  const kept: { at: number; ms: number; measured: ReadonlyMap<string, Measured> }[] = [];
  const all = { requests: 0, nanoseconds: 0, wanted: 1, edge: true };
  const counts = (): EdgeCounts => ({
    run: 'a',
    deployments: new Map([
      [id, { requests: all.requests, failures: 0, answers: [0, all.requests, 0, 0, 0] }],
    ]),
    instances: new Map(),
  });
  const parts: SamplerParts = {
    store: notary.store,
    reconciler: {
      status: () =>
        ({
          wanted: all.wanted,
          instances: [{ id: 'one', name: 'v1-0', restarts: 0 }],
        }) as unknown as LiveStatus,
    },
    usage: {
      all: async () =>
        all.wanted === 0
          ? new Map()
          : new Map([[id, new Map([['one', { at: clock.now(), nanoseconds: all.nanoseconds }]])]]),
    },
    edge: () => ({
      counts: () => (all.edge ? Promise.resolve(counts()) : Promise.reject(new Error('away'))),
    }),
    file: { put: (at, ms, measured) => kept.push({ at, ms, measured }) },
    clock,
    log: silentLog,
  };
  const sampler = new Sampler(parts);
  const after = async (ms: number): Promise<void> => {
    clock.advance(ms);
    all.requests += 7;
    await sampler.sample(signal);
  };
  return { notary, id, kept, all, after };
}

describe('the sampler', () => {
  it('keeps what happened since the sample before', async () => {
    const { id, kept, after, notary } = scene();
    await after(10_000);
    assert.equal(kept.length, 0);
    await after(10_000);
    assert.equal(kept[0]?.ms, 10_000);
    assert.equal(kept[0]?.measured.get(id)?.total.traffic.requests, 7);
    notary.store.dispose();
  });

  it('keeps nothing of a time that was too long, nor when the clock was set back', async () => {
    const { kept, after, notary } = scene();
    await after(10_000);
    await after(60_001);
    assert.equal(kept.length, 0);
    await after(-3_600_000);
    assert.equal(kept.length, 0);
    await after(10_000);
    assert.equal(kept.length, 1);
    notary.store.dispose();
  });

  it('measures what the engine tells while the edge is away', async () => {
    const { id, kept, all, after, notary } = scene();
    await after(10_000);
    all.edge = false;
    await after(10_000);
    const total = kept[0]?.measured.get(id)?.total;
    assert.deepEqual([total?.cpu.ms, total?.traffic.ms], [10_000, 0]);
    notary.store.dispose();
  });

  it('leaves alone what neither runs nor shall', async () => {
    const { kept, all, after, notary } = scene();
    all.wanted = 0;
    await after(10_000);
    await after(10_000);
    assert.equal(kept[0]?.measured.size, 0);
    notary.store.dispose();
  });
});
