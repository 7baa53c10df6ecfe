import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { describeError, type Log } from '../../base/log.ts';
import { DeploymentLog, type LogRules } from './deploymentLog.ts';
import { LogIntake } from './logIntake.ts';

export interface LogStoreOptions {
  /** One folder for each deployment is made in it. */
  readonly folder: string;
  readonly rules: LogRules;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: () => string;
}

/** A sixteenth of what is kept goes at once. */
export function logRules(megabytes: number): LogRules {
  const mostBytes = megabytes * 1024 * 1024;
  return { mostBytes, segmentBytes: Math.min(4 * 1024 * 1024, mostBytes / 16) };
}

/** What deployments printed, by deployment. Each one has room of its own: nobody pushes out another one's lines. */
export class LogStore {
  readonly #options: LogStoreOptions;
  readonly #open = new Map<string, Promise<LogIntake>>();
  readonly #forgotten = new Set<string>();
  #closed = false;

  constructor(options: LogStoreOptions) {
    this.#options = options;
  }

  /** Opens what there is of a deployment. `gone` for one that was deleted. */
  async of(deploymentId: string): Promise<LogIntake | 'gone'> {
    if (this.#closed || this.#forgotten.has(deploymentId)) return 'gone';
    const there = this.#open.get(deploymentId);
    if (there !== undefined) return there;
    const opening = this.#openLog(deploymentId);
    this.#open.set(deploymentId, opening);
    // What failed to open is tried again by whoever asks next.
    opening.catch(() => this.#open.delete(deploymentId));
    return opening;
  }

  /** Removes all that a deployment printed; what it prints from now on is not stored. */
  async forget(deploymentId: string): Promise<void> {
    this.#forgotten.add(deploymentId);
    const intake = await this.#openLog(deploymentId, this.#open.get(deploymentId));
    this.#open.delete(deploymentId);
    await intake.stored.remove();
    await intake.end();
  }

  /** Deployments that something is stored of. */
  async deploymentIds(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#options.folder)).filter((name) => /^[0-9a-f]{32}$/.test(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const opening of this.#open.values()) {
      const intake = await opening.catch(() => undefined);
      await intake?.end();
      await intake?.stored.close();
    }
  }

  async #openLog(deploymentId: string, there?: Promise<LogIntake>): Promise<LogIntake> {
    const { folder, rules, clock, log, ids } = this.#options;
    const open = await there?.catch(() => undefined);
    if (open !== undefined) return open;
    const stored = await DeploymentLog.open(join(folder, deploymentId), rules, {
      newGeneration: () => ids().slice(0, 8),
      onListenerError: (error) => log.error('A listener failed', { error: describeError(error) }),
    });
    return new LogIntake(stored, { clock, log });
  }
}
