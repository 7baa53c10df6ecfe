import { setImmediate } from 'node:timers/promises';
import type { Engine, StatsSample } from '../../docker/engine.ts';
import type { Waiting } from './executor.ts';
import { findContainer, kernelSample, type KernelContainer, type KernelFolders } from './kernelUsage.ts';

export interface ContainerUsageParts {
  readonly engine: Pick<Engine, 'inspectContainer' | 'stats'>;
  readonly kernel: KernelFolders;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Containers that are measured side by side: older engines take a second for each answer. */
const atOnce = 100;

/**
 * What containers have used since they started: as the kernel tells it where its files are seen, which costs next to
 * nothing, and as the engine does elsewhere.
 */
export class ContainerUsage {
  readonly #parts: ContainerUsageParts;
  /** Of those that were measured before: the files, or that there are none. */
  readonly #found = new Map<string, KernelContainer | 'unseen'>();

  constructor(parts: ContainerUsageParts) {
    this.#parts = parts;
  }

  /** A sample of each that runs, by its id. @throws when the engine has to be asked and cannot be. */
  async of(ids: readonly string[], options: Waiting): Promise<ReadonlyMap<string, StatsSample>> {
    const samples = new Map<string, StatsSample>();
    for (let from = 0; from < ids.length; from += atOnce) {
      const some = ids.slice(from, from + atOnce);
      await Promise.all(
        some.map(async (id) => {
          const sample = await this.#sample(id, options);
          if (sample !== 'absent') samples.set(id, sample);
        }),
      );
      // What the kernel tells is read at once: others have their turn in between.
      await setImmediate();
    }
    return samples;
  }

  /** Forgets all but these. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#found.keys()) if (!ids.has(id)) this.#found.delete(id);
  }

  async #sample(id: string, options: Waiting): Promise<StatsSample | 'absent'> {
    const { engine, kernel, now } = this.#parts;
    const found = this.#found.get(id) ?? (await this.#find(id, options));
    if (found !== 'unseen') {
      const sample = kernelSample(kernel, found, now());
      if (sample !== undefined) return sample;
      // It has ended, or was started anew as another process.
      this.#found.delete(id);
    }
    return engine.stats(id, options);
  }

  async #find(id: string, options: Waiting): Promise<KernelContainer | 'unseen'> {
    const { engine, kernel } = this.#parts;
    const record = await engine.inspectContainer(id, options);
    // It has ended, or is only about to begin.
    if (record === 'absent' || record.pid === undefined || record.pid === 0) return 'unseen';
    const found = findContainer(kernel, id, record.pid) ?? 'unseen';
    this.#found.set(id, found);
    return found;
  }
}
