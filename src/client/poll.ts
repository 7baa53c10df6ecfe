import { nextWait, type Backoff } from '../base/backoff.ts';
import { rest, type Clock } from '../base/clock.ts';
import { Unreachable } from './errors.ts';

/** What a look at the whole list came to: whether it differs from the look before, or why it failed. */
export type Looked = 'same' | 'changed' | { readonly failed: unknown };

/** How often what moves is looked at, in milliseconds; also the shortest wait between two looks at the list. */
export const tickMs = 5000;
/** The longer nothing changes, the less often the list is read, up to once in this time. */
const quietly: Backoff = { first: tickMs, most: 60_000, jitter: 0.2 };
/** A server that fails is left alone for longer and longer. */
const failing: Backoff = { first: tickMs, most: 300_000, jitter: 0.5 };
/** Reading the list takes at most one part in this many of the time. */
const share = 10;

/**
 * When the list of a server that tells no changes is read again: soon after a change, seldom while nothing happens, the
 * more seldom the longer it takes, and not before the server wants it. It outlives whoever looks, so that looking away
 * and back is no reason to read everything anew.
 */
export class Pace {
  #dueAt = 0;
  #same = 0;
  #failures = 0;

  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** Not before this long from now. */
  putOff(now: number, ms: number): void {
    this.#dueAt = now + ms;
  }

  /** After a look that took `tookMs` and ended now. */
  note(looked: Looked, tookMs: number, now: number, chance: () => number): void {
    this.#dueAt = now + Math.max(tookMs * share, this.#waitAfter(looked, chance));
  }

  #waitAfter(looked: Looked, chance: () => number): number {
    if (typeof looked === 'object') {
      this.#failures += 1;
      const { failed } = looked;
      const asked = failed instanceof Unreachable ? failed.retryAfterMs : 0;
      return Math.max(asked, nextWait(this.#failures, failing, chance));
    }
    this.#failures = 0;
    this.#same = looked === 'changed' ? 0 : this.#same + 1;
    return nextWait(this.#same + 1, quietly, chance);
  }
}

export interface Polled {
  /** Reads the whole list. It does not throw. */
  all(signal: AbortSignal): Promise<Looked>;
  /** Reads again what is about to change, if there is any of that. It does not throw. */
  moving(signal: AbortSignal): Promise<void>;
  /** Nothing is asked meanwhile: the server tells. */
  isTold(): boolean;
}

/** Keeps a list fresh for as long as the signal has not fired. */
export async function pollForEver(
  polled: Polled,
  pace: Pace,
  { clock, chance, signal }: { clock: Clock; chance: () => number; signal: AbortSignal },
): Promise<void> {
  do {
    const began = clock.now();
    if (polled.isTold()) continue;
    if (pace.isDue(began)) {
      const looked = await polled.all(signal);
      const now = clock.now();
      if (!signal.aborted) pace.note(looked, now - began, now, chance);
    } else {
      await polled.moving(signal);
    }
  } while (await rest(clock, tickMs, signal));
}
