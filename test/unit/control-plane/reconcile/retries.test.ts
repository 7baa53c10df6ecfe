import assert from 'node:assert/strict';
import type { Step } from '../../../../src/control-plane/reconcile/plan/model.ts';
import { Retries } from '../../../../src/control-plane/reconcile/retries.ts';
import { handClock, type HandClock } from '../../../support/handClock.ts';

const run = (ordinal: number): Step[] => [
  { kind: 'run', releaseId: 'r1', ordinal, restarts: 0, because: 'it is missing' },
];

describe('steps that failed', () => {
  let clock: HandClock;
  let retries: Retries;

  beforeEach(() => {
    clock = handClock();
    retries = new Retries({ clock, chance: () => 0 });
  });

  it('wait for a back-off that doubles, up to a minute', () => {
    const waits = Array.from({ length: 9 }, () => retries.stepsFailed(run(0), 'other') - clock.now());
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('are tried again within seconds when nothing but room was missing', () => {
    const waits = Array.from({ length: 6 }, () => retries.stepsFailed(run(0), 'noRoom') - clock.now());
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('are held back until then, and no others are', () => {
    const until = retries.stepsFailed(run(0), 'other');
    assert.equal(retries.heldUntil(run(0)), until);
    assert.equal(retries.heldUntil(run(1)), undefined);
    clock.advance(500);
    assert.equal(retries.heldUntil(run(0)), undefined);
  });

  it('are free at once when somebody changed something, and their back-off begins anew', () => {
    retries.stepsFailed(run(0), 'other');
    retries.stepsFailed(run(0), 'other');
    retries.beginAnew();
    assert.equal(retries.heldUntil(run(0)), undefined);
    assert.equal(retries.stepsFailed(run(0), 'other') - clock.now(), 500);
  });

  it('do not wait for a clock that was set back to catch up', () => {
    retries.stepsFailed(run(0), 'other');
    clock.advance(-3_600_000);
    assert.equal(retries.heldUntil(run(0)), undefined);
  });
});
