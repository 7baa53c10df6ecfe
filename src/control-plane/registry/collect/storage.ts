import type { Waiting } from '../imageRegistry.ts';
import type { ManifestAt } from '../../state/contents.ts';
import type { Survey } from './survey.ts';

/** Where the registry keeps its blobs, beneath its API. The region implements it with the registry's own program. */
export interface RegistryStorage {
  /** Looks, and changes nothing. */
  survey(options?: Waiting): Promise<Survey>;
  /**
   * Lets the registry answer reads alone for the time of `work`, and then removes the blobs that no manifest needs.
   * `work` gets the address of an entrance of its own, through which manifests can be removed. Whatever happens,
   * the registry takes pushes again afterwards; a control plane that is killed meanwhile sees to that when it is
   * back. Returns how many blobs were removed.
   */
  sweep(work: (url: string) => Promise<void>, options?: Waiting): Promise<number>;
  /** Images of this registry that the engine has. */
  images(options?: Waiting): Promise<readonly ManifestAt[]>;
  /** Removes one from the engine, unless something runs it. */
  forgetImage(image: ManifestAt, options?: Waiting): Promise<'removed' | 'absent' | 'inUse'>;
}
