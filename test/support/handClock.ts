import type { Clock } from '../../src/base/clock.ts';

/** A clock that the test moves. `waits` tells every wait that was asked for, in milliseconds. */
export interface HandClock extends Clock {
  readonly waits: number[];
  /** Moves the time, and ends the waits that are over by then. */
  advance(ms: number): void;
}

/** `patience`: waits up to this long end at once, and the time jumps with them; longer ones wait for `advance`. */
export function handClock(patience = 0): HandClock {
  let time = 1_700_000_000_000;
  const waits: number[] = [];
  const pending = new Set<{ readonly at: number; readonly end: () => void }>();
  return {
    waits,
    now: () => time,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      waits.push(ms);
      if (ms <= patience) {
        time += ms;
        return;
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const wait = { at: time + ms, end: resolve };
      pending.add(wait);
      const onAbort = (): void => reject(signal?.reason as Error);
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        await promise;
      } finally {
        pending.delete(wait);
        signal?.removeEventListener('abort', onAbort);
      }
    },
    advance(ms) {
      time += ms;
      for (const wait of pending) if (wait.at <= time) wait.end();
    },
  };
}
