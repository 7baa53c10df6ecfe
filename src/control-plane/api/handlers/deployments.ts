import { formatTimestamp } from '../../../protocol/wire.ts';
import { forget, note } from '../../state/wishes.ts';
import { deploymentOf, releaseOf } from '../find.ts';
import { paged, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import {
  deploymentInfoView,
  deploymentView,
  eventView,
  instanceView,
  machineTypeView,
  releaseDetailsView,
  releaseView,
} from '../views.ts';
import { createDeployment } from './create.ts';
import { refuseWhileRouted } from './managedUrls.ts';
import { revertDeployment } from './revert.ts';
import { rollOutNewest, startDeployment } from './start.ts';
import { updateDeployment } from './update.ts';

type Names =
  | 'listDeployments'
  | 'createDeployment'
  | 'listMachineTypes'
  | 'getDeployment'
  | 'updateDeployment'
  | 'deleteDeployment'
  | 'startDeployment'
  | 'stopDeployment'
  | 'listDeployHistory'
  | 'revertDeployment'
  | 'rollOutNewest'
  | 'listReleases'
  | 'getRelease'
  | 'listInstances'
  | 'listEvents';

export function deploymentHandlers(parts: ApiParts): Some<Names> {
  const { store, notary, reconciler } = parts;
  return {
    listDeployments: ({ params, query }) =>
      paged(store.deployments.list(params.workspaceId, query), (rows) => ({
        deployments: rows.map((row) => deploymentView(parts, row)),
      })),
    createDeployment: ({ params, body, caller, signal }) =>
      createDeployment(parts, params.workspaceId, body, { caller, signal }),
    listMachineTypes: () => ({ machineTypes: store.identity.machineTypes().map(machineTypeView) }),
    getDeployment: ({ params }) => deploymentInfoView(parts, deploymentOf(store, params)),
    updateDeployment: ({ params, body, caller }) => updateDeployment(parts, params, body, caller),
    deleteDeployment({ params }) {
      store.change((publish) => {
        const found = deploymentOf(store, params);
        refuseWhileRouted(store, found.id);
        forget(notary, publish, found);
      });
    },
    startDeployment: ({ params, query, signal }) =>
      startDeployment(parts, params, query.forceRestart, signal),
    stopDeployment({ params }) {
      store.change((publish) => {
        const found = deploymentOf(store, params);
        if (found.intent !== 'stopped') note(notary, publish, { ...found, intent: 'stopped' });
      });
    },
    listDeployHistory({ params, query }) {
      const found = deploymentOf(store, params);
      return paged(store.releases.history(found.id, query), (rows) => ({
        deploys: rows.map(({ digest, createdAt }) => ({
          imageDigest: digest,
          created: formatTimestamp(createdAt),
        })),
      }));
    },
    revertDeployment: ({ params, query, caller }) =>
      revertDeployment(parts, params, { ...query, digest: params.digest }, caller),
    rollOutNewest: ({ params, signal }) => rollOutNewest(parts, params, signal),
    listReleases({ params, query }) {
      const found = deploymentOf(store, params);
      return paged(store.releases.list(found.id, query), (rows) => ({
        releases: rows.map((row) => releaseView(parts, row)),
      }));
    },
    getRelease: ({ params }) => releaseDetailsView(parts, releaseOf(store, params)),
    async listInstances({ params, query }) {
      const found = deploymentOf(store, params);
      const used = query.usage ? await parts.usage.of(found.id) : undefined;
      const { instances } = reconciler.status(found.id);
      return { instances: instances.map((one) => instanceView(one, used?.get(one.id))) };
    },
    listEvents({ params, query }) {
      const found = deploymentOf(store, params);
      return paged(store.events.list(found.id, query), (rows) => ({ events: rows.map(eventView) }));
    },
  };
}
