import { problem } from '../../../protocol/problems.ts';
import { formatTimestamp } from '../../../protocol/wire.ts';
import { paged, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';

type Names = 'listRegistries' | 'saveRegistry' | 'deleteRegistry' | 'checkImage';

/** Other registries: what a workspace signs in with, and whether an image is there. A password comes in and is never answered. */
export function registryHandlers(parts: ApiParts): Some<Names> {
  const { store, notary, registryVault, external, reconciler } = parts;
  return {
    listRegistries: ({ params, query }) =>
      paged(store.registries.list(params.workspaceId, query), (rows) => ({
        registries: rows.map(({ id, registry, username, updatedAt }) => ({
          id,
          registry,
          username,
          updated: formatTimestamp(updatedAt),
        })),
      })),
    saveRegistry({ params, body: { registry, username, password } }) {
      const { workspaceId } = params;
      const id = store.change(() => {
        const known = store.registries.byHost(workspaceId, registry);
        const facts = { id: known?.id ?? notary.ids(), workspaceId, registry, username };
        registryVault.put({ ...facts, updatedAt: notary.now() }, password);
        return facts.id;
      });
      // What could not be pulled perhaps can be now.
      for (const one of store.deployments.ids()) reconciler.wake(one);
      return { id };
    },
    deleteRegistry({ params }) {
      store.change(() => {
        const found = store.registries.find(params.registryId);
        if (found === undefined || found.workspaceId !== params.workspaceId) {
          const says = 'There are no such credentials (any more).';
          throw problem('resourceDoesNotExist', { says });
        }
        store.registries.delete(found.id);
      });
    },
    async checkImage({ params, body, signal }) {
      const login = body.credentials ?? registryVault.loginOf(params.workspaceId, body.registry);
      const check = await external.check(body, login, { signal });
      if (check.outcome === 'found') {
        const { digest, size } = check;
        store.change(() => store.repositories.noteSize(digest, size));
      }
      return check;
    },
  };
}
