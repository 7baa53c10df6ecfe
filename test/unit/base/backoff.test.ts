import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextWait } from '../../../src/base/backoff.ts';

describe('nextWait', () => {
  it('doubles from the first wait up to the most', () => {
    const backoff = { first: 10, most: 60, jitter: 0 };
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((failures) => nextWait(failures, backoff, () => 0.5)),
      [10, 20, 40, 60, 60],
    );
  });

  it('stays between the jittered wait and the wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 80 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, chance) => {
          const wait = nextWait(failures, { first: 100, most: 5000, jitter: 0.5 }, () => chance);
          assert.ok(wait >= 50 && wait <= 5000, `${wait}`);
        },
      ),
    );
  });
});
