import type { Disposable } from '../../base/disposable.ts';
import { DisposableStore } from '../../base/disposable.ts';
import type { Reconciler } from '../domain.ts';
import type { Store } from '../state/store.ts';
import type { UrlKeeper } from '../urls/urlKeeper.ts';
import type { ChangeFeed } from './changeFeed.ts';

/** Carries what was committed to those it concerns: wishes to the loop, URLs to the edge, everything to whoever follows. */
export function spread(
  store: Store,
  reconciler: Reconciler,
  urlKeeper: Pick<UrlKeeper, 'wake'>,
  feed: ChangeFeed,
): Disposable {
  const held = new DisposableStore();
  held.add(
    store.onChange((change) => {
      switch (change.kind) {
        case 'wish':
          reconciler.wake(change.deploymentId);
          feed.publish({ kind: 'deployment', id: change.deploymentId });
          break;
        case 'outcome':
          feed.publish({ kind: 'deployment', id: change.deploymentId });
          break;
        case 'deleted':
          reconciler.wake(change.deploymentId);
          feed.publish({ kind: 'deploymentDeleted', id: change.deploymentId });
          break;
        case 'repository':
          feed.publish({ kind: 'repository', id: change.repositoryId });
          break;
        case 'secret':
          feed.publish({ kind: 'secret', id: change.secretId });
          break;
        case 'domain':
          urlKeeper.wake();
          feed.publish({ kind: 'domain', id: change.domainId });
          break;
        case 'managedUrl':
          urlKeeper.wake();
          feed.publish({ kind: 'managedUrl', id: change.managedUrlId });
          break;
        case 'apiToken':
          // Whoever came with it hears of it by the end of its streams; nobody else is concerned.
          break;
      }
    }),
  );
  held.add(
    reconciler.onChange((id) => {
      if (store.deployments.find(id) !== undefined) feed.publish({ kind: 'deployment', id });
    }),
  );
  return held;
}
