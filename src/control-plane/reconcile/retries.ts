import { nextWait } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Step } from './plan/model.ts';

const backoff = { first: 500, most: 60_000, jitter: 0.3 };
/** Room comes back at any time, and trying whether it has costs little. */
const roomBackoff = { ...backoff, most: 5000 };

/**
 * When what failed is tried again. The very steps that failed wait for their back-off, whatever the engine tells in
 * between: a container that cannot be made is removed again, and that alone makes the engine tell something. Other
 * steps are done at once.
 */
export class Retries {
  readonly #clock: Clock;
  readonly #chance: () => number;
  /** Failures in a row. */
  #failures = 0;
  #held: { readonly steps: string; readonly until: number } | undefined;

  constructor({ clock, chance }: { readonly clock: Clock; readonly chance: () => number }) {
    this.#clock = clock;
    this.#chance = chance;
  }

  /** When these steps may be done; absent: now. A time further away than any back-off was set before the clock was. */
  heldUntil(steps: readonly Step[]): number | undefined {
    if (this.#held?.steps !== JSON.stringify(steps)) return undefined;
    const left = this.#held.until - this.#clock.now();
    return left > 0 && left <= backoff.most ? this.#held.until : undefined;
  }

  /** These steps failed. Returns when to do them again. */
  stepsFailed(steps: readonly Step[], why: 'noRoom' | 'other'): number {
    const until = this.#next(why === 'noRoom' ? roomBackoff : backoff);
    this.#held = { steps: JSON.stringify(steps), until };
    return until;
  }

  /** Nothing could be looked at. Returns when to look again. */
  lookFailed(): number {
    return this.#next(backoff);
  }

  /** Nothing fails any more, or somebody changed something: what failed before may go well now. */
  beginAnew(): void {
    this.#failures = 0;
    this.#held = undefined;
  }

  #next(shape: typeof backoff): number {
    this.#failures += 1;
    return this.#clock.now() + nextWait(this.#failures, shape, this.#chance);
  }
}
