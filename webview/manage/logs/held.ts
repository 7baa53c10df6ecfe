import type { LogLine } from '../../../src/protocol/shapes/log.ts';
import { compareTimestamps } from '../../../src/protocol/wire.ts';

/** Lines that a page holds at most, and the characters of all of them. */
export const mostHeld = 20_000;
export const mostText = 32 * 1024 * 1024;

/**
 * What a page holds of a log, oldest first. `older`: there may be more before it. `newer`: the same behind it; where lines
 * are followed they come by themselves.
 */
export interface Held {
  readonly lines: readonly LogLine[];
  readonly older: boolean;
  readonly newer: 'followed' | 'more' | 'none';
}

export const nothingHeld: Held = { lines: [], older: true, newer: 'followed' };

/** With lines that came; the oldest go when there are too many. Returns how many went. */
export function withNewer(held: Held, came: readonly LogLine[]): { held: Held; gone: number } {
  const known = new Set(held.lines.slice(-came.length - 1000).map(keyOf));
  const fresh = came.filter((line) => !known.has(keyOf(line)));
  const all = inOrder([...held.lines, ...fresh]);
  const gone = tooMany(all);
  return { held: { ...held, lines: all.slice(gone), older: held.older || gone > 0 }, gone };
}

/**
 * With a page of lines before them, newest first. Where lines are followed, as many as there is room for; otherwise the
 * newest go for them, and can be read again. Returns how many are new.
 */
export function withOlder(held: Held, page: readonly LogLine[]): { held: Held; added: number } {
  const known = new Set(held.lines.slice(0, page.length + 1000).map(keyOf));
  const fresh = page.filter((line) => !known.has(keyOf(line))).toReversed();
  if (held.newer !== 'followed') {
    const all = inOrder([...fresh, ...held.lines]);
    const kept = all.length - tooMany(all.toReversed());
    const newer = kept < all.length ? 'more' : held.newer;
    return { held: { lines: all.slice(0, kept), older: true, newer }, added: fresh.length };
  }
  const added = fresh.slice(tooMany([...fresh, ...held.lines]));
  const isFull = added.length < fresh.length || held.lines.length >= mostHeld;
  const lines = inOrder([...added, ...held.lines]);
  return { held: { ...held, lines, older: !isFull }, added: added.length };
}

/** How many of the first ones go. The last one stays, however long it is. */
function tooMany(lines: readonly LogLine[]): number {
  let text = 0;
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    text += lines[at]?.log.length ?? 0;
    const held = lines.length - at;
    if (held > mostHeld || (held > 1 && text > mostText)) return at + 1;
  }
  return 0;
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

function compare(a: LogLine, b: LogLine): number {
  return compareTimestamps(a.timestamp, b.timestamp);
}
