/**
 * One writer per key. Invariants:
 * - work of one key never overlaps, and starts in the order in which it was asked for;
 * - work of different keys never waits for each other;
 * - a failure ends that piece of work only; the lane goes on;
 * - an empty lane is forgotten, so the number of keys kept is the number of keys at work.
 */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  get busy(): number {
    return this.#tails.size;
  }

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }

  /** Resolves when all that is queued now has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
