import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, Mount } from '../../docker/engine.ts';
import { labelsOf } from '../labels.ts';

export type SharedName = 'edge' | 'registry' | 'config';

/** A folder that this process and containers both see. */
export interface SharedFolder {
  /** Path as this process sees it. */
  readonly here: string;
  /** Path on the engine's own file system, for binding folders below it. */
  readonly onEngine: string;
  /** The folder as a whole, mounted in a container. */
  mount(target: string, readOnly: boolean): Mount;
}

/** Where a control plane in a container has its shared volumes mounted. */
export const sharedRoot = '/var/lib/patr-shared';

export function sharedVolumeName(region: string, name: SharedName): string {
  return `patr-${region}-${name}`;
}

/**
 * `directory`: folders of the state directory, for a control plane that is a plain process on the engine's host.
 * `volumes`: named volumes, for one that is a container.
 */
export async function openSharedFolder(
  engine: Engine,
  region: string,
  name: SharedName,
  data: { readonly kind: 'directory'; readonly stateDir: string } | { readonly kind: 'volumes' },
): Promise<SharedFolder> {
  if (data.kind === 'directory') {
    const here = join(data.stateDir, name);
    await mkdir(here, { recursive: true });
    return {
      here,
      onEngine: here,
      mount: (target, readOnly) => ({ kind: 'bind', source: here, target, readOnly }),
    };
  }
  const volume = await engine.ensureVolume({
    name: sharedVolumeName(region, name),
    labels: labelsOf(region, 'volume'),
  });
  if (volume.mountpoint === undefined) {
    throw new Error(`The engine does not tell where the volume ${volume.name} is.`);
  }
  return {
    here: join(sharedRoot, name),
    onEngine: volume.mountpoint,
    mount: (target, readOnly) => ({ kind: 'volume', source: volume.name, target, readOnly }),
  };
}
