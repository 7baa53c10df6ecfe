import assert from 'node:assert/strict';
import type { Rollout } from '../../../../src/control-plane/reconcile/memory.ts';
import type { Seen } from '../../../../src/control-plane/reconcile/plan/model.ts';
import { drainOf, proofOf } from '../../../../src/control-plane/reconcile/proof.ts';

const rollout: Rollout = {
  releaseId: 'r2',
  trafficBefore: { requests: 100, failures: 2 },
  firstReadyAt: 1000,
  liveAt: 1400,
  drainedFrom: 1100,
  drainedAt: 3000,
};
const seen = (releaseId: string, leaving = false): Seen => ({
  id: releaseId,
  releaseId,
  ordinal: 0,
  restarts: 0,
  health: 'ready',
  endedAt: undefined,
  ranForMs: 0,
  drainingSince: 1,
  inFlight: 0,
  leaving,
});

describe('the proof of a rollout', () => {
  it('is what the edge counted since its beginning, and how long cut-over and drain took', () => {
    const proof = { requests: 50, failures: 1, cutOverMs: 400, drainMs: 1900 };
    assert.deepEqual(proofOf(rollout, { requests: 150, failures: 3 }), proof);
    const first = { ...rollout, drainedFrom: undefined, drainedAt: undefined };
    assert.equal(proofOf(first, { requests: 150, failures: 3 })?.drainMs, 0);
  });

  it('is not claimed when the beginning was not seen or the edge began to count anew', () => {
    assert.equal(proofOf({ ...rollout, trafficBefore: undefined }, { requests: 1, failures: 0 }), undefined);
    assert.equal(proofOf({ ...rollout, liveAt: undefined }, { requests: 150, failures: 3 }), undefined);
    assert.equal(proofOf(rollout, { requests: 20, failures: 0 }), undefined);
  });

  it('is complete when nothing is left of what ran before', () => {
    assert.equal(drainOf(rollout, [seen('r2'), seen('r1'), seen('r1', true)]), 'draining');
    assert.equal(drainOf(rollout, [seen('r2'), seen('r1', true)]), 'leaving');
    assert.equal(drainOf(rollout, [seen('r2')]), 'gone');
  });
});
