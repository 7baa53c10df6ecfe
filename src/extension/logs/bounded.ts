/** Lines that are shown at once, and what was left out before them. */
export interface Portion<T> {
  readonly leftOut: number;
  readonly lines: readonly T[];
}

/** How much is shown at once: lines, and the characters of all of them. */
export interface Bounds<T> {
  readonly lines: number;
  readonly text: number;
  readonly textOf: (line: T) => string;
}

/**
 * Lines on their way to somebody who is shown them some at a time: the newest, when there are too many. The newest one is
 * shown however long it is.
 */
export class BoundedLines<T> {
  readonly #most: Bounds<T>;
  #lines: T[] = [];
  #text = 0;
  #leftOut = 0;

  constructor(most: Bounds<T>) {
    this.#most = most;
  }

  push(lines: readonly T[]): void {
    const { textOf, ...most } = this.#most;
    for (const line of lines) this.#text += textOf(line).length;
    this.#lines = [...this.#lines, ...lines];
    let over = 0;
    for (const line of this.#lines) {
      const left = this.#lines.length - over;
      if (left <= 1 || (left <= most.lines && this.#text <= most.text)) break;
      this.#text -= textOf(line).length;
      over += 1;
    }
    this.#lines.splice(0, over);
    this.#leftOut += over;
  }

  /** Everything that waits; nothing when nothing does. */
  take(): Portion<T> | undefined {
    if (this.#lines.length === 0) return undefined;
    const portion = { leftOut: this.#leftOut, lines: this.#lines };
    this.#lines = [];
    this.#text = 0;
    this.#leftOut = 0;
    return portion;
  }
}
