import type { LogLine } from '../../../src/protocol/shapes/log.ts';
import { parseTimestamp } from '../../../src/protocol/wire.ts';

/** Lines that a page holds at most. */
export const mostHeld = 20_000;

/** What a page holds of a log, oldest first. `older`: there may be more before it. */
export interface Held {
  readonly lines: readonly LogLine[];
  readonly older: boolean;
}

export const nothingHeld: Held = { lines: [], older: true };

/** With lines that came; the oldest go when there are too many. Returns how many went. */
export function withNewer(held: Held, came: readonly LogLine[]): { held: Held; gone: number } {
  const known = new Set(held.lines.slice(-came.length - 1000).map(keyOf));
  const fresh = came.filter((line) => !known.has(keyOf(line)));
  const all = inOrder([...held.lines, ...fresh]);
  const gone = Math.max(0, all.length - mostHeld);
  return { held: { lines: all.slice(gone), older: held.older || gone > 0 }, gone };
}

/** With a page of lines before them, newest first; as many as there is room for. Returns how many are new. */
export function withOlder(
  held: Held,
  page: readonly LogLine[],
  more: boolean,
): { held: Held; added: number } {
  const known = new Set(held.lines.slice(0, page.length + 1000).map(keyOf));
  const fresh = page.filter((line) => !known.has(keyOf(line))).toReversed();
  const room = Math.max(0, mostHeld - held.lines.length);
  const added = fresh.slice(Math.max(0, fresh.length - room));
  const isFull = added.length < fresh.length || room === 0;
  return { held: { lines: inOrder([...added, ...held.lines]), older: more && !isFull }, added: added.length };
}

/** Names a line among others. */
export function keyOf({ id, timestamp, instance = '', log }: LogLine): string {
  return id ?? `${timestamp} ${instance} ${log}`;
}

/** Instances are read side by side: what came a little late is put where it belongs. Those of one keep their order. */
function inOrder(lines: LogLine[]): LogLine[] {
  const sorted = lines.every((line, at) => compare(lines[at - 1] ?? line, line) <= 0);
  return sorted ? lines : lines.toSorted(compare);
}

/** Texts of one server are of one length, and tell nanoseconds; other times are compared by their meaning. */
function compare({ timestamp: a }: LogLine, { timestamp: b }: LogLine): number {
  if (typeof a === 'string' && typeof b === 'string' && a.length === b.length)
    return a < b ? -1 : a > b ? 1 : 0;
  return (parseTimestamp(a) ?? 0) - (parseTimestamp(b) ?? 0);
}
