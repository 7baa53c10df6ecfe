import type { ConfigGeneration } from '../domain.ts';
import type { Waiting } from './executor.ts';

/**
 * Where the config mounts of deployments lie, for instances to have as /etc/config: a folder for each, in the layout
 * of `configLayout.ts`. Callers write one at a time for each deployment.
 */
export interface ConfigStorage {
  /** Path of a deployment's folder on the engine's own file system; it is made when it is not there. */
  folder(deploymentId: string, options?: Waiting): Promise<string>;
  /** Lets these be the files, all at once. Doing it twice is harmless, and so is being cut off. */
  put(deploymentId: string, config: ConfigGeneration, options?: Waiting): Promise<void>;
  /** The generation that readers see; undefined when there is none, or one of no number. */
  generation(deploymentId: string, options?: Waiting): Promise<number | undefined>;
  /** What is in force, generation 0 where its folder has no number; undefined when there is nothing. */
  read(deploymentId: string, options?: Waiting): Promise<ConfigGeneration | undefined>;
  remove(deploymentId: string, options?: Waiting): Promise<void>;
}
