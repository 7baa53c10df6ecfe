/** Lines that are shown at once, and what was left out before them. */
export interface Portion<T> {
  readonly leftOut: number;
  readonly lines: readonly T[];
}

/** Lines on their way to somebody who is shown them some at a time: the newest, when there are too many. */
export class BoundedLines<T> {
  readonly #most: number;
  #lines: T[] = [];
  #leftOut = 0;

  constructor(most: number) {
    this.#most = most;
  }

  push(lines: readonly T[]): void {
    this.#lines.push(...lines.slice(-this.#most));
    this.#leftOut += Math.max(0, lines.length - this.#most);
    const over = this.#lines.length - this.#most;
    if (over <= 0) return;
    this.#lines.splice(0, over);
    this.#leftOut += over;
  }

  /** Everything that waits; nothing when nothing does. */
  take(): Portion<T> | undefined {
    if (this.#lines.length === 0) return undefined;
    const portion = { leftOut: this.#leftOut, lines: this.#lines };
    this.#lines = [];
    this.#leftOut = 0;
    return portion;
  }
}
