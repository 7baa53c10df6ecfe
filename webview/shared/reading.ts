/**
 * Reads something whenever it may have changed, one read at a time. Who asks while one is under way waits for the one
 * after it, because that one may not know yet. So news that come quicker than they are read keep nobody from seeing
 * anything.
 */
export class Reading {
  readonly #read: () => Promise<void>;
  #now: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** `read` says itself what went wrong: it never rejects. */
  constructor(read: () => Promise<void>) {
    this.#read = read;
  }

  /** Resolves when something was read that is not older than this call. */
  again(): Promise<void> {
    if (this.#now === undefined) {
      this.#now = this.#read().finally(() => (this.#now = undefined));
      return this.#now;
    }
    this.#next ??= this.#now.then(() => {
      this.#next = undefined;
      return this.again();
    });
    return this.#next;
  }
}
