import { mkdir, open, readdir, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Emitter } from '../../base/emitter.ts';
import type { LogEntry, LogMark, LogMarks, LogStream } from './logEntry.ts';
import { moved } from './logEntry.ts';
import { endText, generationText, lineRoom, longestEnd, markText, sourceText, writeLine } from './logFile.ts';
import { counted, openFullSegment, recoverSegment, removeSegment, type LogSegment } from './logSegment.ts';

/** How much is kept of one deployment, in bytes, and how much of it goes at once when there is more. */
export interface LogRules {
  readonly mostBytes: number;
  readonly segmentBytes: number;
}

const name = /^(\d{15})\.log$/;
/** Most that is written at once. */
const batchBytes = 1024 * 1024;

/**
 * The output of one deployment in files of its own. Invariants:
 * - one writer; what is written is whole lines, in the order of `seq`, and is told of only once it is written;
 * - a file says by itself who its numbers are and how far everybody's output was stored when it began, so that the
 *   newest one is enough to read on from, whatever was dropped before it;
 * - writing the same batch again after a failure leaves it there once.
 */
export class DeploymentLog {
  readonly #folder: string;
  readonly #rules: LogRules;
  readonly #segments: LogSegment[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #instances = new Map<string, string>();
  readonly #marks = new Map<string, { [S in LogStream]?: LogMark }>();
  readonly #grown: Emitter<void>;
  #file: FileHandle | undefined;
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #closed = false;
  generation: string;

  private constructor(
    folder: string,
    rules: LogRules,
    generation: string,
    onListenerError: (error: unknown) => void,
  ) {
    this.#folder = folder;
    this.#rules = rules;
    this.generation = generation;
    this.#grown = new Emitter(onListenerError);
  }

  /** `newGeneration` names a store that begins anew; texts of eight characters. */
  static async open(
    folder: string,
    rules: LogRules,
    options: { newGeneration: () => string; onListenerError: (error: unknown) => void },
  ): Promise<DeploymentLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const log = new DeploymentLog(folder, rules, options.newGeneration(), options.onListenerError);
    await log.#load();
    return log;
  }

  /** The next line's `seq`. */
  get end(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 1 : last.firstSeq + last.lines;
  }

  /** Oldest first; the last one grows. */
  get segments(): readonly LogSegment[] {
    return this.#segments;
  }

  /** Lines were stored, or there is nothing more to come. */
  get onGrown(): Emitter<void>['event'] {
    return this.#grown.event;
  }

  get closed(): boolean {
    return this.#closed;
  }

  marksOf(containerId: string): LogMarks {
    return this.#marks.get(containerId) ?? {};
  }

  /** Whoever is not among these prints nothing any more: nobody will ask how far it was stored. */
  retain(containerIds: ReadonlySet<string>): void {
    for (const id of this.#marks.keys()) if (!containerIds.has(id)) this.forget(id);
  }

  /** It prints nothing any more. */
  forget(containerId: string): void {
    this.#marks.delete(containerId);
  }

  /**
   * Stores lines from the given one on. Returns how many: at least one, none once it is closed. @throws when they cannot
   * be written; the same ones may be given again then.
   */
  async append(entries: readonly LogEntry[], from = 0): Promise<number> {
    if (this.#closed || from >= entries.length) return 0;
    return this.#appendSome(entries, from);
  }

  /** Ends what follows it, and closes its files. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#grown.fire();
    this.#grown.dispose();
    await this.#file?.close();
    this.#file = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #load(): Promise<void> {
    const seqs = (await readdir(this.#folder)).flatMap((file) => {
      const match = name.exec(file);
      return match?.[1] === undefined ? [] : [Number(match[1])];
    });
    const ordered = seqs.toSorted((a, b) => a - b);
    const last = ordered.pop();
    for (const seq of ordered) this.#segments.push(await openFullSegment(this.#path(seq), seq));
    if (last === undefined) return;
    const [segment, sources] = await recoverSegment(this.#path(last), last);
    this.#segments.push(segment);
    this.generation = sources.generation ?? this.generation;
    for (const [index, { containerId, instanceId }] of sources.byIndex) {
      this.#indexes.set(containerId, index);
      this.#instances.set(containerId, instanceId);
    }
    for (const [id, marks] of sources.marks) this.#marks.set(id, marks);
  }

  async #appendSome(entries: readonly LogEntry[], from: number): Promise<number> {
    const segment = await this.#growing();
    let [size, next] = [0, from];
    for (let entry = entries[next]; entry !== undefined; entry = entries[next]) {
      if (size >= batchBytes || segment.bytes + size >= this.#rules.segmentBytes) break;
      size = this.#encode(size, entry);
      next += 1;
    }
    await this.#write(segment, size);
    for (const { containerId, stream, at } of entries.slice(from, next)) {
      counted(segment, at);
      const marks = this.#marks.get(containerId) ?? {};
      marks[stream] = moved(marks[stream], at);
      this.#marks.set(containerId, marks);
    }
    this.#grown.fire();
    return next - from;
  }

  #encode(size: number, entry: LogEntry): number {
    const index = this.#indexes.get(entry.containerId);
    if (index !== undefined) {
      this.#room(size + lineRoom(entry));
      return writeLine(this.#buffer, size, index, entry);
    }
    // A number is never used for another container while its file is written, so giving it out twice is harmless.
    const made = Math.max(-1, ...this.#indexes.values()) + 1;
    this.#indexes.set(entry.containerId, made);
    this.#instances.set(entry.containerId, entry.instanceId);
    const text = sourceText(made, entry);
    this.#room(size + text.length + lineRoom(entry));
    return writeLine(this.#buffer, size + this.#buffer.write(text, size, 'latin1'), made, entry);
  }

  #room(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(bytes, this.#buffer.length * 2));
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }

  async #write(segment: LogSegment, size: number): Promise<void> {
    try {
      this.#file ??= await open(segment.path, 'r+');
      let written = 0;
      while (written < size) {
        const at = segment.bytes + written;
        written += (await this.#file.write(this.#buffer, written, size - written, at)).bytesWritten;
      }
    } catch (error) {
      // Whoever was named in what was not written is named again.
      await this.#forgetUnwritten(segment);
      throw error;
    }
    segment.bytes += size;
  }

  async #forgetUnwritten(segment: LogSegment): Promise<void> {
    this.#indexes.clear();
    await this.#file?.truncate(segment.bytes);
    const [, sources] = await recoverSegment(segment.path, segment.firstSeq);
    for (const [index, { containerId }] of sources.byIndex) this.#indexes.set(containerId, index);
  }

  /** The file that has room; a new one where the last is full. */
  async #growing(): Promise<LogSegment> {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.bytes < this.#rules.segmentBytes) return last;
    if (last !== undefined) await this.#seal(last);
    const made = await this.#begin(this.end);
    this.#segments.push(made);
    await this.#dropOldest();
    return made;
  }

  async #seal(segment: LogSegment): Promise<void> {
    const size = this.#buffer.write(endText(segment), 0, 'latin1');
    await this.#write(segment, size);
    await this.#file?.close();
    this.#file = undefined;
  }

  async #begin(firstSeq: number): Promise<LogSegment> {
    this.#indexes.clear();
    let text = generationText(this.generation);
    for (const [containerId, marks] of this.#marks) {
      const index = this.#indexes.size;
      this.#indexes.set(containerId, index);
      text += sourceText(index, { containerId, instanceId: this.#instances.get(containerId) ?? '' });
      for (const stream of ['stdout', 'stderr'] as const) {
        const mark = marks[stream];
        if (mark !== undefined) text += markText(index, stream, mark);
      }
    }
    for (const id of this.#instances.keys()) if (!this.#marks.has(id)) this.#instances.delete(id);
    const path = this.#path(firstSeq);
    // Under its name it is whole: what it says of the marks is nowhere else.
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
    return { path, firstSeq, lines: 0, bytes: Buffer.byteLength(text), oldest: undefined, newest: undefined };
  }

  async #dropOldest(): Promise<void> {
    const total = (): number =>
      this.#segments.reduce((sum, { bytes }) => sum + bytes, this.#rules.segmentBytes + longestEnd);
    while (this.#segments.length > 1 && total() > this.#rules.mostBytes) {
      const [oldest] = this.#segments.splice(0, 1);
      if (oldest !== undefined) await removeSegment(oldest);
    }
  }

  #path(seq: number): string {
    return join(this.#folder, `${String(seq).padStart(15, '0')}.log`);
  }
}
