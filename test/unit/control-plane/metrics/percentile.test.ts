import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bucketBounds } from '../../../../src/control-plane/edge/answerTimes.ts';
import { percentile } from '../../../../src/control-plane/metrics/percentile.ts';

/** As the edge sorts them. */
function counted(microseconds: readonly number[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const time of microseconds) {
    const found = bucketBounds.findIndex((bound) => time < bound);
    const bucket = found === -1 ? bucketBounds.length : found;
    times.set(bucket, (times.get(bucket) ?? 0) + 1);
  }
  return times;
}

describe('percentiles', () => {
  it('are right within a fifth, whatever the times were', () => {
    const times = fc.array(fc.integer({ min: 100, max: 800_000_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95, 0.99), (all, share) => {
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(all.length * share) - 1]! / 1000;
        const told = percentile(counted(all), share)!;
        assert.ok(told >= exact / 1.21 && told <= exact * 1.21, `${told} for ${exact}`);
      }),
    );
  });

  it('are absent without an answer', () => assert.equal(percentile(new Map(), 0.5), undefined));

  it('tell what took longer than all bounds as the last of them', () => {
    assert.equal(percentile(counted([5_000_000_000]), 0.5), bucketBounds.at(-1)! / 1000);
  });
});
