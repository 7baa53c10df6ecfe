/** Shape of an exponential back-off, in milliseconds. `jitter` is a share of the wait, 0 to 1. */
export interface Backoff {
  readonly first: number;
  readonly most: number;
  readonly jitter: number;
}

/**
 * How long to wait after the given number of failures in a row (1 = the first failure), in milliseconds.
 * `chance` returns 0 to 1; the wait is spread evenly over `[wait * (1 - jitter), wait]`.
 */
export function nextWait(failures: number, backoff: Backoff, chance: () => number): number {
  const wait = Math.min(backoff.most, backoff.first * 2 ** Math.max(0, failures - 1));
  return Math.round(wait * (1 - backoff.jitter * chance()));
}
