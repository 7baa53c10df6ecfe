import type { Release } from '../domain.ts';
import { repositoryPath } from '../registry/imageRegistry.ts';
import type { Store } from '../state/store.ts';

/** Whether a release's image was removed from the registry, because nobody needed it any more. */
export function imageWasCollected(store: Store, { source, digest }: Release): boolean {
  if (digest === undefined || !('repositoryId' in source)) return false;
  const repository = store.repositories.find(source.repositoryId);
  return (
    repository !== undefined && store.contents.wasCollected({ path: repositoryPath(repository), digest })
  );
}
