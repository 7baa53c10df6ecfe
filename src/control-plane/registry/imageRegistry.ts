import type { Content } from '../state/contents.ts';
import type { PortType } from '../../protocol/shapes/deployment.ts';

/** Path of a repository in the registry: `<workspaceId>/<name>`. */
export function repositoryPath(repository: { workspaceId: string; name: string }): string {
  return `${repository.workspaceId}/${repository.name}`;
}

/** An image as the registry keeps it. `size`: bytes of its layers and configuration, of one platform. */
export interface RegistryImage {
  readonly digest: string;
  readonly size: number;
  /** Milliseconds since the epoch; absent when the image does not tell. */
  readonly createdAt: number | undefined;
  /** Ports that it declares: TCP reads as `http`, which is what nearly all of them are. */
  readonly exposedPorts: Readonly<Record<string, PortType>>;
}

/**
 * Questions about the region's own registry. Every call: @throws ProblemError `registryUnreachable` when it
 * does not answer, or not as a registry does. `absent`: there is no such repository, tag or image.
 */
export interface ImageRegistry {
  /** Paths of all repositories that something was ever pushed to, sorted. */
  paths(options?: Waiting): Promise<readonly string[]>;
  /** The digest that pulling this tag would give; undefined when there is none. */
  digestOf(path: string, tag: string, options?: Waiting): Promise<string | undefined>;
  /** All tags of a repository, sorted. A repository that nothing was pushed to has none. */
  tags(path: string, options?: Waiting): Promise<readonly string[]>;
  image(path: string, reference: string, options?: Waiting): Promise<RegistryImage | 'absent'>;
  /** All that a manifest needs: itself, its blobs, and for an index its manifests and theirs. */
  contents(path: string, digest: string, options?: Waiting): Promise<readonly Content[] | 'absent'>;
  /** Removes a manifest and with it every tag that points to it. */
  remove(path: string, digest: string, options?: Waiting): Promise<'removed' | 'absent'>;
}

export interface Waiting {
  readonly signal?: AbortSignal;
}
