import type { UrlRoute } from '../edge/contract.ts';
import type { Notary } from '../state/wishes.ts';

/** Setting that says of which workspace the edge's URLs were taken over. */
const doneFor = 'urls.takenOverOf';

/**
 * Takes domains and managed URLs over that the edge has and the state does not know: the state was lost, and only what
 * was in force is left. Once for a state: later on a URL that is not known is one that was deleted.
 */
export function adoptUrls({ store, now }: Notary, routes: () => readonly UrlRoute[]): void {
  const workspaceId = store.identity.workspaces()[0]?.id;
  if (workspaceId === undefined || store.identity.setting(doneFor) === workspaceId) return;
  const found = routes();
  store.change((publish) => {
    for (const { id, domain, subDomain, path, target } of found) {
      if (store.domains.find(domain.id) === undefined) {
        // Somebody added it anew in the meantime, under another id.
        if (store.domains.byName(domain.name) !== undefined) continue;
        store.domains.put({
          ...domain,
          workspaceId,
          isVerified: true,
          lastUnverifiedAt: undefined,
          looked: undefined,
          createdAt: now(),
        });
        publish({ kind: 'domain', domainId: domain.id });
      }
      if (store.managedUrls.find(id) !== undefined) continue;
      const row = { id, workspaceId, domainId: domain.id, subDomain, path, target };
      if (store.managedUrls.placeTaken(row)) continue;
      store.managedUrls.put({ ...row, isConfigured: false, looked: undefined, createdAt: now() });
      publish({ kind: 'managedUrl', managedUrlId: id });
    }
    store.identity.putSetting(doneFor, workspaceId);
  });
}
