import type { Change } from '../../protocol/shapes/workspace.ts';
import type { Disposable } from '../../base/disposable.ts';

/** Changes that a client may be behind before it is let go; it opens the stream again and reads all anew. */
const mostWaiting = 1000;

/** Spreads changes to everyone who follows. Nobody's slowness delays anybody else. */
export class ChangeFeed implements Disposable {
  readonly #followers = new Set<Follower>();
  readonly #aliveEveryMs: number;
  #ended = false;

  /** `aliveEveryMs`: a line is sent after this long without one, so that a dead stream shows. */
  constructor(aliveEveryMs = 15_000) {
    this.#aliveEveryMs = aliveEveryMs;
  }

  get followers(): number {
    return this.#followers.size;
  }

  publish(change: Change): void {
    for (const follower of this.#followers) follower.offer(change);
  }

  /** Changes from now on; begins with an `alive`. Ends with the signal, at `dispose`, or for the too slow. */
  async *follow(signal: AbortSignal): AsyncGenerator<Change> {
    if (this.#ended) return;
    const follower = new Follower();
    this.#followers.add(follower);
    const stop = (): void => follower.end();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) follower.end();
    try {
      yield { kind: 'alive' };
      for (;;) {
        const next = await follower.next(this.#aliveEveryMs);
        if (next === 'ended') return;
        yield next === 'quiet' ? { kind: 'alive' } : next;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#followers.delete(follower);
    }
  }

  dispose(): void {
    this.#ended = true;
    for (const follower of this.#followers) follower.end();
  }
}

/** One client's queue. The same change twice in the queue says nothing new and is kept once. */
class Follower {
  readonly #waiting = new Map<string, Change>();
  #ended = false;
  #wake: (() => void) | undefined;

  offer(change: Change): void {
    this.#waiting.set(JSON.stringify(change), change);
    if (this.#waiting.size > mostWaiting) this.end();
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#waiting.clear();
    this.#wake?.();
  }

  async next(quietMs: number): Promise<Change | 'quiet' | 'ended'> {
    const first = this.#take();
    if (first !== undefined) return first;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, quietMs);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    return this.#take() ?? 'quiet';
  }

  #take(): Change | 'ended' | undefined {
    if (this.#ended) return 'ended';
    for (const [key, change] of this.#waiting) {
      this.#waiting.delete(key);
      return change;
    }
    return undefined;
  }
}
