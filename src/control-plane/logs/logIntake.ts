import { nextWait, type Backoff } from '../../base/backoff.ts';
import { rest, type Clock } from '../../base/clock.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { DeploymentLog } from './deploymentLog.ts';
import type { LogEntry } from './logEntry.ts';
import { lineRoom } from './logFile.ts';
import { mergeEntries } from './mergeEntries.ts';

/** Lines wait this long for others to be written with, in milliseconds. */
const gatherMs = 10;
/** More than so much waits in the engine and not here, in bytes. */
const mostWaiting = 4 * 1024 * 1024;
const backoff: Backoff = { first: 250, most: 10_000, jitter: 0 };

export interface IntakeParts {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes lines of all containers of a deployment and has them written, some at a time. While they cannot be written, as on
 * a full disk, nobody's output is read: the engine keeps it.
 */
export class LogIntake {
  readonly stored: DeploymentLog;
  readonly #parts: IntakeParts;
  readonly #ending = new AbortController();
  #waiting = new Map<string, LogEntry[]>();
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #room = Promise.withResolvers<void>();

  constructor(stored: DeploymentLog, parts: IntakeParts) {
    this.stored = stored;
    this.#parts = parts;
  }

  /** What was offered and is not stored yet, with what it takes in a file. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  offer(containerId: string, entries: readonly LogEntry[]): void {
    if (entries.length === 0 || this.#ending.signal.aborted) return;
    const queue = this.#waiting.get(containerId) ?? [];
    for (const entry of entries) queue.push(entry);
    this.#waiting.set(containerId, queue);
    this.#bytes += entries.reduce((sum, entry) => sum + lineRoom(entry), 0);
    this.#writing ??= this.#write();
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    while (this.#bytes > mostWaiting && !this.#ending.signal.aborted) await this.#room.promise;
  }

  /** Resolves when all that was offered by now is stored, or was given up at the end. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Takes nothing more; what waits is tried once more. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#makeRoom();
    await this.settled();
  }

  async #write(): Promise<void> {
    const { signal } = this.#ending;
    try {
      while (this.#waiting.size > 0) {
        await rest(this.#parts.clock, gatherMs, signal);
        const queues = Array.from(this.#waiting.values());
        this.#waiting = new Map();
        await this.#store(mergeEntries(queues));
        this.#bytes = Array.from(this.#waiting.values(), (queue) =>
          queue.reduce((sum, entry) => sum + lineRoom(entry), 0),
        ).reduce((sum, bytes) => sum + bytes, 0);
        this.#makeRoom();
      }
    } finally {
      this.#writing = undefined;
    }
  }

  async #store(entries: readonly LogEntry[]): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#ending;
    for (let [done, failures] = [0, 0]; done < entries.length && !this.stored.closed;) {
      try {
        done += await this.stored.append(entries, done);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1)
          log.warn('Output of a deployment cannot be stored; it is tried again', {
            error: describeError(error),
          });
        // The engine still has it: the next control plane reads on from what is stored.
        if (signal.aborted) return;
        await rest(
          clock,
          nextWait(failures, backoff, () => 0),
          signal,
        );
      }
    }
  }

  #makeRoom(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}
