import assert from 'node:assert/strict';
import { Unreachable } from '../../../src/client/errors.ts';
import { Pace, pollForEver, type Looked } from '../../../src/client/poll.ts';
import { handClock, type HandClock } from '../../support/handClock.ts';

describe('a list of a server that tells no changes', () => {
  let clock: HandClock;
  let left: AbortController;
  beforeEach(() => {
    clock = handClock(1_000_000);
    left = new AbortController();
  });

  /** When the list was read, in seconds from the beginning, with these outcomes; `takes`: how long each look lasts. */
  async function looks(outcomes: readonly Looked[], takes = 0): Promise<number[]> {
    const began = clock.now();
    const at: number[] = [];
    const polled = {
      async all(): Promise<Looked> {
        at.push((clock.now() - began) / 1000);
        await clock.sleep(takes);
        if (at.length === outcomes.length) left.abort();
        return outcomes[at.length - 1] as Looked;
      },
      moving: () => Promise.resolve(),
      isTold: () => false,
    };
    await pollForEver(polled, new Pace(), { clock, chance: () => 0, signal: left.signal });
    return at;
  }

  it('is read less often the longer nothing changes, once in a minute at the least, and soon after a change', async () => {
    const same = Array.from({ length: 7 }, () => 'same' as const);
    assert.deepEqual(
      await looks(['changed', ...same, 'changed', 'same']),
      [0, 5, 15, 35, 75, 135, 195, 255, 315, 320],
    );
  });

  it('is read for a tenth of the time at most, however many there are', async () => {
    const changed = Array.from({ length: 4 }, () => 'changed' as const);
    const at = await looks(changed, 3000);
    assert.deepEqual(at, [0, 33, 66, 99]);
  });

  it('is left alone for longer and longer while the server fails, and as long as it asks for', async () => {
    const failed = { failed: new Error('away') };
    const busy = { failed: new Unreachable('asked too often', { retryAfterMs: 600_000 }) };
    assert.deepEqual(await looks([failed, failed, failed, busy, 'same']), [0, 5, 15, 35, 635]);
  });

  it('is not read while the server tells; what moves is looked at in between', async () => {
    let told = true;
    let ticks = 0;
    const seen: string[] = [];
    const polled = {
      all: () => Promise.resolve<Looked>((seen.push('all'), 'same')),
      async moving() {
        seen.push('moving');
        if (seen.length === 4) left.abort();
      },
      isTold() {
        ticks += 1;
        if (ticks > 3) told = false;
        return told;
      },
    };
    await pollForEver(polled, new Pace(), { clock, chance: () => 0, signal: left.signal });
    assert.deepEqual(seen, ['all', 'moving', 'all', 'moving']);
  });

  it('is not read anew because somebody looked away and back', async () => {
    const pace = new Pace();
    let reads = 0;
    const polled = {
      all: () => Promise.resolve<Looked>((reads++, 'same')),
      moving: () => Promise.resolve(left.abort()),
      isTold: () => false,
    };
    for (let time = 0; time < 3; time += 1) {
      left = new AbortController();
      await pollForEver(polled, pace, { clock, chance: () => 0, signal: left.signal });
    }
    assert.equal(reads, 1);
  });
});
