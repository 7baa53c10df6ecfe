import { open, readFile, rm, truncate } from 'node:fs/promises';
import type { LogMark, LogStream, LogTime, StoredLine } from './logEntry.ts';
import { moved } from './logEntry.ts';
import { contentOf, longestEnd, readRecords, type FileLine, type FileSource } from './logFile.ts';

/** One file of a deployment's output. `bytes`: as far as it is written whole. */
export interface LogSegment {
  readonly path: string;
  readonly firstSeq: number;
  lines: number;
  bytes: number;
  oldest: LogTime | undefined;
  newest: LogTime | undefined;
}

/** What a file tells of those who print, as far as it was read. */
export class Sources {
  generation: string | undefined;
  readonly byIndex = new Map<number, FileSource>();
  readonly marks = new Map<string, { [S in LogStream]?: LogMark }>();

  /** Takes in all records of a part of a file. Returns where the first one begins that is not whole. */
  read(bytes: Buffer, line: (line: FileLine) => void): number {
    return readRecords(bytes, {
      line: (found) => {
        this.#move(found);
        line(found);
      },
      record: (record) => {
        if (record.kind === 'generation') this.generation = record.generation;
        else if (record.kind === 'source') this.byIndex.set(record.index, record.source);
        else if (record.kind === 'mark') this.#marksAt(record.index)[record.stream] = record.mark;
      },
    });
  }

  #move({ index, stream, at }: FileLine): void {
    const marks = this.#marksAt(index);
    marks[stream] = moved(marks[stream], at);
  }

  #marksAt(index: number): { [S in LogStream]?: LogMark } {
    const containerId = this.byIndex.get(index)?.containerId ?? '';
    const there = this.marks.get(containerId);
    if (there !== undefined) return there;
    const made = {};
    this.marks.set(containerId, made);
    return made;
  }
}

/** A line of a file as a value. Its bytes are a part of the file's. */
export function storedLine(bytes: Buffer, line: FileLine, seq: number, sources: Sources): StoredLine {
  const instanceId = sources.byIndex.get(line.index)?.instanceId ?? '';
  return { seq, instanceId, stream: line.stream, at: line.at, content: contentOf(bytes, line) };
}

/** Counts a line in. */
export function counted(segment: LogSegment, at: LogTime): void {
  segment.lines += 1;
  if (segment.oldest === undefined || at < segment.oldest) segment.oldest = at;
  if (segment.newest === undefined || at > segment.newest) segment.newest = at;
}

/** Opens a file that may have been cut off in the middle of a record, and takes what is not whole away. */
export async function recoverSegment(path: string, firstSeq: number): Promise<[LogSegment, Sources]> {
  const bytes = await readFile(path);
  const segment: LogSegment = { path, firstSeq, lines: 0, bytes: 0, oldest: undefined, newest: undefined };
  const sources = new Sources();
  segment.bytes = sources.read(bytes, ({ at }) => counted(segment, at));
  if (segment.bytes < bytes.length) await truncate(path, segment.bytes);
  return [segment, sources];
}

/** Opens a file that is full by what its end says; reads all of it where it says nothing. */
export async function openFullSegment(path: string, firstSeq: number): Promise<LogSegment> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - longestEnd);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestEnd), 0, longestEnd, from);
    const tail = buffer.subarray(0, bytesRead);
    const begin = tail.lastIndexOf('\nz ') + 1;
    let found: LogSegment | undefined;
    readRecords(tail.subarray(begin), {
      line: () => undefined,
      record: (record) => {
        if (record.kind === 'end') found = { path, firstSeq, bytes: size, ...record.summary };
      },
    });
    if (found !== undefined) return found;
  } finally {
    await file.close();
  }
  return (await recoverSegment(path, firstSeq))[0];
}

/** A part of a file, as far as it was written when it was asked for; `gone` once it was dropped. */
export async function readPart(segment: LogSegment, from: number, most: number): Promise<Buffer | 'gone'> {
  const length = Math.min(most, segment.bytes - from);
  if (length <= 0) return Buffer.alloc(0);
  try {
    const file = await open(segment.path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
}

export function removeSegment({ path }: LogSegment): Promise<void> {
  return rm(path, { force: true });
}
