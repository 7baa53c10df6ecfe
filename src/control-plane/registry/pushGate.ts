/**
 * The one door that pushes come through. While it is closed nobody is given leave to push; leave that was given
 * before lives on for a moment.
 */
export class PushGate {
  #closed = false;
  #lastLeave = 0;

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }

  open(): void {
    this.#closed = false;
  }

  /** Somebody was given leave to push, at this time. */
  gaveLeave(at: number): void {
    this.#lastLeave = Math.max(this.#lastLeave, at);
  }

  /** How long nobody has been given leave, in milliseconds. */
  quietFor(now: number): number {
    return now - this.#lastLeave;
  }
}
