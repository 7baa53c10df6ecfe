import type { LogLine } from '../../protocol/shapes/log.ts';
import { parseTimestamp } from '../../protocol/wire.ts';
import { logTimeOf, type LogTime, type StoredLine } from '../logs/logEntry.ts';

/** A stored line on the wire. Bytes that are no UTF-8 show as replacement characters. */
export function logLineView(
  generation: string,
  { seq, at, instanceId, stream, content }: StoredLine,
): LogLine {
  const line = { id: `${generation}.${seq}`, timestamp: wireTime(at), instance: instanceId, stream };
  switch (content.kind) {
    case 'line':
      return { ...line, log: content.bytes.toString('utf8') };
    case 'cut':
      return { ...line, log: `${content.bytes.toString('utf8')} … (the line is longer and was cut)` };
    case 'dropped':
      return {
        ...line,
        log: `… ${counted(content.lines)} dropped: they came faster than they can be kept`,
        dropped: content.lines,
      };
  }
}

/** Stands where lines are missing that were removed before they could be sent. */
export function missedView(lines: number, at: LogTime): LogLine {
  return {
    timestamp: wireTime(at),
    log: `… ${counted(lines)} dropped: they were removed to make room before they could be sent`,
    dropped: lines,
  };
}

/** Reads a time of a query, to the nanosecond where it says so. What it leaves open is its first or its last moment. */
export function logTimeFrom(text: string, which: 'first' | 'last'): LogTime | undefined {
  const ms = parseTimestamp(text);
  if (ms === undefined) return undefined;
  const digits = /:\d\d\.(\d{1,9})(?:\D|$)/.exec(text)?.[1] ?? '';
  if (digits === '') return which === 'first' ? logTimeOf(ms, which) : logTimeOf(ms + 999, which);
  return `${logTimeOf(ms, which).slice(0, 20)}${digits.padEnd(9, which === 'first' ? '0' : '9')}Z`;
}

/** In Patr's grammar, with all nine digits. */
export function wireTime(at: LogTime): string {
  return `${at.slice(0, 10)} ${at.slice(11, 29)} +00:00:00`;
}

function counted(lines: number): string {
  return lines === 1 ? '1 line' : `${lines.toLocaleString('en-US')} lines`;
}
