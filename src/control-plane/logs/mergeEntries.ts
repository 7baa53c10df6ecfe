import type { LogEntry } from './logEntry.ts';

/** Several containers' lines as one list in the order of time; each one's own order stays as it is. */
export function mergeEntries(queues: readonly (readonly LogEntry[])[]): readonly LogEntry[] {
  const [first, ...others] = queues.filter(({ length }) => length > 0);
  if (first === undefined) return [];
  return others.reduce(mergeTwo, first);
}

function mergeTwo(left: readonly LogEntry[], right: readonly LogEntry[]): readonly LogEntry[] {
  const merged: LogEntry[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [a, b] = [left[i], right[j]];
    if (a === undefined) return [...merged, ...right.slice(j)];
    if (b === undefined) return [...merged, ...left.slice(i)];
    if (a.at <= b.at) {
      merged.push(a);
      i += 1;
    } else {
      merged.push(b);
      j += 1;
    }
  }
}
