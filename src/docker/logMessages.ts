import { EngineError, type LogMessage } from './engine.ts';

const headerBytes = 8;
/** The engine cuts what is printed at 16 KiB; others may cut later, but not never. */
const longestFrame = 4 * 1024 * 1024;
/** `2026-01-01T00:00:00.123456789Z` */
const timeLength = 30;
const [space, newline, zulu] = [32, 10, 90];

/**
 * Cuts the engine's timestamped output into the messages that it keeps: one per frame. A line that is longer than the
 * engine's buffer comes in several, of which only the last one ends it.
 */
export class LogMessages {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are whole by now. @throws EngineError when it is no framed output. */
  push(chunk: Buffer): LogMessage[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const found: LogMessage[] = [];
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const length = bytes.readUInt32BE(at + 4);
      if ((bytes[at] ?? 0) > 2 || length > longestFrame)
        throw new EngineError('failed', 'The engine sends output in a form that is not known.');
      const end = at + headerBytes + length;
      if (end > bytes.length) break;
      const message = messageOf(bytes[at] === 2 ? 'stderr' : 'stdout', bytes, at + headerBytes, end);
      if (message !== undefined) found.push(message);
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return found;
  }
}

/** Messages without a time cannot be put in order and are left out; the engine writes none. */
function messageOf(
  stream: LogMessage['stream'],
  bytes: Buffer,
  start: number,
  end: number,
): LogMessage | undefined {
  const ends = end > start && bytes[end - 1] === newline;
  const last = ends ? end - 1 : end;
  const usual = bytes[start + timeLength - 1] === zulu && bytes[start + timeLength] === space;
  const gap = usual ? start + timeLength : bytes.indexOf(space, start);
  const timeEnd = gap < 0 || gap > last ? last : gap;
  const text = bytes.toString('latin1', start, timeEnd);
  const at = usual ? text : usualTime(text);
  if (at === undefined) return undefined;
  return { stream, at, bytes: bytes.subarray(Math.min(timeEnd + 1, last), last), ends };
}

/** A time as Docker writes it, out of one with fewer digits or another zone, as others do. */
function usualTime(text: string): string | undefined {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)$/.exec(text);
  const time = match === null ? Number.NaN : Date.parse(text.replace(/\.\d+/, ''));
  if (Number.isNaN(time)) return undefined;
  return `${new Date(time).toISOString().slice(0, 19)}.${(match?.[1] ?? '').padEnd(9, '0')}Z`;
}
