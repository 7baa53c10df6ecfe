import type { LoadResult } from '../support/edge/load.ts';

/** What load of all kinds came to. */
export interface LoadTotal {
  readonly done: number;
  readonly failed: number;
  /** The first failure of each kind that had one. */
  readonly examples: readonly string[];
}

export function totalOf(results: Readonly<Record<string, LoadResult>>): LoadTotal {
  const all = Object.entries(results);
  return {
    done: all.reduce((sum, [, { done }]) => sum + done, 0),
    failed: all.reduce((sum, [, { failures }]) => sum + failures.length, 0),
    examples: all.flatMap(([kind, { failures }]) =>
      failures[0] === undefined ? [] : [`${failures.length} of ${kind}: ${failures[0]}`],
    ),
  };
}
