import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ContainerSpec, Engine } from '../../docker/engine.ts';
import { labelsOf } from '../labels.ts';
import type { ArchivedVolume, Waiting } from './executor.ts';
import { helperContainer } from './helperContainer.ts';

export interface VolumeArchivesParts {
  readonly engine: Pick<Engine, 'createContainer' | 'listContainers' | 'removeContainer' | 'archive'>;
  readonly region: string;
  /** Image that is on the machine; nothing of it is run. */
  readonly helperImage: string;
}

const folder = '/volumes';

/**
 * Reads volumes through a container that has them mounted and is never started: so it works on every engine, whether
 * their instances run or not. While it is there the engine lets nobody remove them.
 */
export class VolumeArchives {
  readonly #parts: VolumeArchivesParts;
  /** Names of containers that are read from. Others with their label were left by a control plane that was killed. */
  readonly #open = new Set<string>();

  constructor(parts: VolumeArchivesParts) {
    this.#parts = parts;
  }

  /** As the executor's method of this name. */
  async read(volumes: readonly ArchivedVolume[], options: Waiting): Promise<Readable> {
    const { engine, helperImage } = this.#parts;
    const name = `patr-${this.#parts.region}-archive-${randomUUID()}`;
    // Before it is there: whoever clears meanwhile sees it as soon as the engine has made it.
    this.#open.add(name);
    try {
      const made = await engine.createContainer(this.#spec(name, volumes), options);
      if (typeof made === 'string')
        throw new Error(
          `The volumes cannot be read: the image ${helperImage} is not on the machine any more.`,
        );
      const archive = await engine.archive(made.id, folder, options);
      archive.once('close', () => void this.#close(name));
      return archive;
    } catch (error) {
      await this.#close(name);
      throw error;
    }
  }

  /** Removes what a control plane that was killed has left, which holds volumes that shall go. */
  async clear(options: Waiting): Promise<void> {
    const { engine, region } = this.#parts;
    const labels = labelsOf(region, 'archive');
    for (const { id, name } of await engine.listContainers({ labels }, options))
      if (!this.#open.has(name)) await engine.removeContainer(id, options);
  }

  /** Without a signal: who gave up must not leave it behind. What fails is cleared with the rest later. */
  async #close(name: string): Promise<void> {
    await this.#parts.engine.removeContainer(name).catch(() => undefined);
    this.#open.delete(name);
  }

  #spec(name: string, volumes: readonly ArchivedVolume[]): ContainerSpec {
    const { region, helperImage } = this.#parts;
    return helperContainer({
      region,
      role: 'archive',
      name,
      image: helperImage,
      entrypoint: ['never-started'],
      network: 'none',
      mounts: volumes.map(({ volume, folder: part }) => ({
        kind: 'volume',
        source: volume.name,
        target: `${folder}/${part}`,
        readOnly: true,
      })),
    });
  }
}
