/** Something that must be given back by whoever holds it. Disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
}

/** Wraps a function so that it runs once, at the first disposal. */
export function disposable(release: () => void): Disposable {
  let held = true;
  return {
    dispose() {
      if (!held) return;
      held = false;
      release();
    },
  };
}

/**
 * Holds what one owner has opened. Last opened, first closed. What is added after the end is disposed at
 * once, which closes the commonest leak: a start that finishes after its owner has gone.
 */
export class DisposableStore implements Disposable {
  #held: Disposable[] | undefined = [];

  get disposed(): boolean {
    return this.#held === undefined;
  }

  add<T extends Disposable>(item: T): T {
    if (this.#held === undefined) item.dispose();
    else this.#held.push(item);
    return item;
  }

  /** Adds a plain clean-up function. */
  onDispose(release: () => void): void {
    this.add(disposable(release));
  }

  /** An abort signal that fires when the store is disposed. */
  signal(): AbortSignal {
    const controller = new AbortController();
    this.onDispose(() => controller.abort());
    return controller.signal;
  }

  dispose(): void {
    const held = this.#held;
    this.#held = undefined;
    const failures: unknown[] = [];
    for (const item of (held ?? []).toReversed()) {
      try {
        item.dispose();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some resources could not be released.');
  }
}
