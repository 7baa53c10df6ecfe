import type { Clock } from '../base/clock.ts';

/** Below this nobody can tell clocks apart: `Date` counts whole seconds, and answers take their time. */
const inStepMs = 5000;
/** An answer that was longer on its way says too little of when it was written. */
const longestTripMs = 10_000;

/**
 * The time by a server's clock, as the `Date` of its answers tells. What a server compares with its own clock, such as
 * the end of a token, is said in it, and so is how long ago something was there. This machine's own time until an
 * answer came.
 */
export class ServerTime {
  readonly #clock: Clock;
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#aheadMs;
  }

  /** `sentAt`: when the answer was asked for, by this machine's clock. */
  note(headers: Headers, sentAt: number): void {
    const heardAt = this.#clock.now();
    const told = Date.parse(headers.get('date') ?? '');
    // One out of a cache was written some time ago.
    const cached = Number(headers.get('age') ?? 0) > 0;
    if (Number.isNaN(told) || cached || heardAt - sentAt > longestTripMs) return;
    const ahead = told + 500 - (sentAt + heardAt) / 2;
    this.#aheadMs = Math.abs(ahead) < inStepMs ? 0 : Math.round(ahead);
  }
}
