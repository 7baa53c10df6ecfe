import { endpoints } from '../../../protocol/endpoints.ts';
import { problem } from '../../../protocol/problems.ts';
import { formatTimestamp } from '../../../protocol/wire.ts';
import { memoryBytesOf } from '../../capacity.ts';
import { workspaceOf } from '../find.ts';
import { paged, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import { runnerView } from '../views.ts';

type Names =
  | 'getServerInfo'
  | 'getCurrentUser'
  | 'listWorkspaces'
  | 'getWorkspace'
  | 'listRunners'
  | 'getRunner'
  | 'followChanges';

/** What Patr's own endpoints answer more of here. */
const more = ['logs', 'trafficLimits'];

/** What this server offers beyond Patr's own API, each once. */
export const capabilities: readonly string[] = Array.from(
  new Set([
    ...Object.values(endpoints).flatMap(({ capability }) => (capability === undefined ? [] : [capability])),
    ...more,
  ]),
);

export function peopleHandlers(parts: ApiParts): Some<Names> {
  const { store, reconciler, feed } = parts;
  const allocated = () => memoryBytesOf({ memoryCount: store.deployments.allocatedMemoryCount() });
  const regions = (workspaceId: string) =>
    store.identity.regions().filter((region) => region.workspaceId === workspaceId);
  return {
    getServerInfo() {
      const host = reconciler.region().registryHost;
      return {
        product: 'patr-deployments',
        version: parts.version,
        capabilities: [...capabilities],
        ...(host === undefined ? {} : { registry: { host, username: 'patr' } }),
      };
    },
    getCurrentUser() {
      const user = store.identity.user();
      if (user === undefined) throw new Error('The state has no user.');
      const { createdAt, ...rest } = user;
      return {
        ...rest,
        created: formatTimestamp(createdAt),
        recoveryEmail: null,
        recoveryPhoneNumber: null,
        isMfaEnabled: false,
      };
    },
    listWorkspaces: () => ({ workspaces: [...store.identity.workspaces()] }),
    getWorkspace: ({ params }) => workspaceOf(store, params.workspaceId),
    listRunners({ params, query }) {
      const all = regions(params.workspaceId);
      const from = query.count * query.page;
      const facts = reconciler.region();
      return paged({ rows: all.slice(from, from + query.count), total: all.length }, (rows) => ({
        runners: rows.map((region) => runnerView(region, facts, allocated())),
      }));
    },
    getRunner({ params }) {
      const region = regions(params.workspaceId).find(({ id }) => id === params.runnerId);
      if (region === undefined) {
        throw problem('resourceDoesNotExist', { says: 'There is no such region.' });
      }
      return { runner: runnerView(region, reconciler.region(), allocated()) };
    },
    followChanges: ({ signal }) => feed.follow(signal),
  };
}
