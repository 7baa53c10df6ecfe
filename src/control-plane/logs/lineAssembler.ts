import type { LogMessage } from '../../docker/engine.ts';
import type { LogContent, LogEntry, LogMark, LogMarks, LogStream, LogTime } from './logEntry.ts';
import { millisecondsOf } from './logEntry.ts';
import type { FileSource } from './logFile.ts';

/** Longest line that is kept, in bytes; of a longer one the beginning is. */
export const longestLine = 32 * 1024;

/**
 * What one stream of an instance may print for long, and at once. A line counts as its bytes and a hundred more.
 * Beyond that lines are dropped and counted: nobody reads them, and they would push out everything else.
 */
export interface LogPace {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

export const usualPace: LogPace = { bytesPerSecond: 48 * 1024 * 1024, burstBytes: 96 * 1024 * 1024 };
const lineCost = 100;
/**
 * The engine cuts a long line into pieces of this size, in bytes, all with the time of the first. Not all of its log
 * drivers say that the last piece is the last: it is, when it is shorter or when another time follows.
 */
const pieceBytes = 16 * 1024;
/** Nothing that was dropped goes untold for longer, in milliseconds of the instance's time. */
const tellEveryMs = 1000;

/**
 * Makes lines out of the engine's messages: joins those that were cut, ends those that are too long, leaves out what
 * is stored already, and drops what comes too fast by the times at which it was printed, so that reading it once more
 * decides the same.
 */
export class LineAssembler {
  readonly #streams: { readonly [S in LogStream]: StreamLines };

  constructor(source: FileSource, marks: LogMarks, pace: LogPace = usualPace) {
    this.#streams = {
      stdout: new StreamLines(source, 'stdout', marks.stdout, pace),
      stderr: new StreamLines(source, 'stderr', marks.stderr, pace),
    };
  }

  push(messages: readonly LogMessage[]): LogEntry[] {
    const found: LogEntry[] = [];
    for (const message of messages) this.#streams[message.stream].push(message, found);
    return found;
  }

  /** What is left when nothing more comes: lines without an end. */
  end(): LogEntry[] {
    const found: LogEntry[] = [];
    this.#streams.stdout.end(found);
    this.#streams.stderr.end(found);
    return found;
  }
}

class StreamLines {
  readonly #source: FileSource;
  readonly #stream: LogStream;
  readonly #pace: LogPace;
  /** Lines before this time are stored, and so many of this time. */
  #storedUntil: LogTime | undefined;
  #storedThen: number;
  #parts: Buffer[] = [];
  #length = 0;
  #startedAt: LogTime = '';
  #skipping = false;
  #room: number;
  #roomAt: number | undefined;
  #dropped = 0;
  #droppedAt: LogTime = '';
  #droppedSince: number | undefined;

  constructor(source: FileSource, stream: LogStream, mark: LogMark | undefined, pace: LogPace) {
    this.#source = source;
    this.#stream = stream;
    this.#pace = pace;
    this.#storedUntil = mark?.at;
    this.#storedThen = mark?.seen ?? 0;
    this.#room = pace.burstBytes;
  }

  push({ at, bytes, ends }: LogMessage, found: LogEntry[]): void {
    if (at !== this.#startedAt) this.#finish(found);
    if (this.#skipping) {
      this.#skipping = !ends && bytes.length >= pieceBytes;
      return;
    }
    if (this.#parts.length === 0 && ends && bytes.length <= longestLine) {
      this.#take(at, { kind: 'line', bytes: withoutReturn(bytes) }, found);
      return;
    }
    const isLast = ends || (this.#length >= pieceBytes && bytes.length < pieceBytes);
    this.#startedAt = at;
    // Copied, because it outlives the chunk that it came in.
    this.#parts.push(Buffer.from(bytes));
    this.#length += bytes.length;
    if (!isLast && this.#length <= longestLine) return;
    this.#finish(found);
    this.#startedAt = at;
    this.#skipping = !isLast;
  }

  end(found: LogEntry[]): void {
    this.#finish(found);
    this.#tell(found);
  }

  /** What was begun is a line. */
  #finish(found: LogEntry[]): void {
    this.#skipping = false;
    if (this.#parts.length === 0) return;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    const content =
      whole.length > longestLine
        ? ({ kind: 'cut', bytes: wholeCharacters(whole.subarray(0, longestLine)) } as const)
        : ({ kind: 'line', bytes: withoutReturn(whole) } as const);
    this.#take(this.#startedAt, content, found);
  }

  #take(at: LogTime, content: LogContent & { readonly bytes: Buffer }, found: LogEntry[]): void {
    if (this.#isStored(at)) return;
    if (this.#fits(at, content.bytes.length + lineCost)) {
      this.#tell(found);
      found.push({ ...this.#source, stream: this.#stream, at, content });
      return;
    }
    this.#dropped += 1;
    this.#droppedAt = at;
    const now = this.#roomAt ?? 0;
    this.#droppedSince ??= now;
    if (now - this.#droppedSince >= tellEveryMs) this.#tell(found);
  }

  #isStored(at: LogTime): boolean {
    if (this.#storedUntil === undefined) return false;
    if (at < this.#storedUntil) return true;
    if (at === this.#storedUntil && this.#storedThen > 0) {
      this.#storedThen -= 1;
      return true;
    }
    // From the first new line on times decide nothing: a clock that was set back hides no line.
    this.#storedUntil = undefined;
    return false;
  }

  #fits(at: LogTime, cost: number): boolean {
    if (this.#room < cost || this.#roomAt === undefined) this.#refill(at);
    if (this.#room < cost) return false;
    this.#room -= cost;
    return true;
  }

  #refill(at: LogTime): void {
    const now = millisecondsOf(at);
    const passed = Math.max(0, now - (this.#roomAt ?? now));
    this.#roomAt = now;
    const gained = (passed / 1000) * this.#pace.bytesPerSecond;
    this.#room = Math.min(this.#pace.burstBytes, this.#room + gained);
  }

  #tell(found: LogEntry[]): void {
    if (this.#dropped === 0) return;
    const content = { kind: 'dropped', lines: this.#dropped } as const;
    found.push({ ...this.#source, stream: this.#stream, at: this.#droppedAt, content });
    this.#dropped = 0;
    this.#droppedSince = undefined;
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 13 ? line.subarray(0, -1) : line;
}

/** Without the beginning of a character whose rest was cut away. */
function wholeCharacters(line: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, line.length); back += 1) {
    const byte = line[line.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? line.subarray(0, line.length - back) : line;
  }
  return line;
}
