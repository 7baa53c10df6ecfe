/** `2026-01-01T00:00:00.123456789Z`: to the nanosecond, in UTC, always that long. Such times compare as texts. */
export type LogTime = string;

export type LogStream = 'stdout' | 'stderr';

/** What there is at a place of an instance's output. */
export type LogContent =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  /** A line that was longer than what is kept of one: its beginning. */
  | { readonly kind: 'cut'; readonly bytes: Buffer }
  /** So many lines were not kept, because they came faster than anybody can read. */
  | { readonly kind: 'dropped'; readonly lines: number };

/** One line of an instance's output on its way into the store. */
export interface LogEntry {
  readonly containerId: string;
  readonly instanceId: string;
  readonly stream: LogStream;
  readonly at: LogTime;
  readonly content: LogContent;
}

/** A line in the store. `seq` counts within the deployment, in the order in which lines were stored. */
export interface StoredLine {
  readonly seq: number;
  readonly instanceId: string;
  readonly stream: LogStream;
  readonly at: LogTime;
  readonly content: LogContent;
}

/**
 * Up to where the output of one stream of a container is stored: the time of its last line, and how many of its
 * lines have that very time. Reading on from that time and leaving out so many neither misses nor repeats a line.
 */
export interface LogMark {
  readonly at: LogTime;
  readonly seen: number;
}

export type LogMarks = { readonly [S in LogStream]?: LogMark };

/** A line came at this time: the mark moves on. */
export function moved(mark: LogMark | undefined, at: LogTime): LogMark {
  return mark !== undefined && mark.at === at ? { at, seen: mark.seen + 1 } : { at, seen: 1 };
}

/** The time in milliseconds since the epoch. */
export function millisecondsOf(at: LogTime): number {
  return Date.parse(`${at.slice(0, 23)}Z`);
}

/** Milliseconds since the epoch as the first moment of that millisecond, or its last. */
export function logTimeOf(ms: number, which: 'first' | 'last'): LogTime {
  return `${new Date(ms).toISOString().slice(0, 23)}${which === 'first' ? '000000' : '999999'}Z`;
}
