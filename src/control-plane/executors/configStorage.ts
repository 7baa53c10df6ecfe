import type { ConfigGeneration } from '../domain.ts';
import type { Waiting } from './executor.ts';

/**
 * A folder to mount. `path` is on the engine's own file system. `key` tells it from one that was at this path before or
 * comes after it: who mounted that one sees nothing of what is written to this one.
 */
export interface ConfigFolder {
  readonly path: string;
  readonly key: string;
}

export interface ConfigShown {
  readonly key: string;
  readonly generation: number | undefined;
}

/**
 * Where the config mounts of deployments lie, for instances to have as /etc/config: a folder for each, in the layout
 * of `configLayout.ts`. Callers write one at a time for each deployment.
 */
export interface ConfigStorage {
  /** A deployment's folder; it is made when it is not there. */
  folder(deploymentId: string, options?: Waiting): Promise<ConfigFolder>;
  /** Lets these be the files, all at once. Doing it twice is harmless, and so is being cut off. */
  put(deploymentId: string, config: ConfigGeneration, options?: Waiting): Promise<void>;
  /** What readers of the folder see; undefined when there is none. `generation` is absent when it has no number. */
  shown(deploymentId: string, options?: Waiting): Promise<ConfigShown | undefined>;
  /** What is in force, generation 0 where its folder has no number; undefined when there is nothing. */
  read(deploymentId: string, options?: Waiting): Promise<ConfigGeneration | undefined>;
  remove(deploymentId: string, options?: Waiting): Promise<void>;
}
