import { repositoryPath, type ImageRegistry } from '../registry/imageRegistry.ts';
import type { Notary } from '../state/wishes.ts';

/** Setting that says of which workspace the registry's catalogue was taken over. */
const doneFor = 'registry.catalogueOf';

/**
 * Takes repositories over that the registry has images of and the state does not know. Once for a state: later on a
 * repository that is not known is one that was deleted. @throws ProblemError `registryUnreachable`.
 */
export async function adoptCatalogue(
  { store, now, ids }: Notary,
  registry: Pick<ImageRegistry, 'paths' | 'tags'>,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const workspaceId = store.identity.workspaces()[0]?.id;
  if (workspaceId === undefined || store.identity.setting(doneFor) === workspaceId) return;
  const prefix = repositoryPath({ workspaceId, name: '' });
  const paths = (await registry.paths(options)).filter((path) => path.startsWith(prefix));
  const filled: string[] = [];
  for (const path of paths) if ((await registry.tags(path, options)).length > 0) filled.push(path);
  store.change((publish) => {
    for (const path of filled) {
      const name = path.slice(prefix.length);
      if (store.repositories.byName(workspaceId, name) !== undefined) continue;
      const [id, at] = [ids(), now()];
      store.repositories.insert({ id, workspaceId, name, createdAt: at, updatedAt: at });
      store.repositories.markAdopted(id);
      publish({ kind: 'repository', repositoryId: id });
    }
    store.identity.putSetting(doneFor, workspaceId);
  });
}
