import type { Desired, ReconcileStore } from '../domain.ts';
import type { PortRange } from '../publicPort.ts';
import type { RegistryVault } from '../secrets/registryVault.ts';
import type { Vault } from '../secrets/vault.ts';
import type { Outcome } from './releases.ts';
import type { Store } from './store.ts';

/** Setting that says which public port was given out last. */
const lastPublicPort = 'publicPorts.last';

/** The state as the reconcile loop sees it. Outcomes for a deployment deleted in the meantime are passed over. */
export function reconcileStore(store: Store, vault: Vault, registries: RegistryVault): ReconcileStore {
  const { deployments, releases, events } = store;

  function settle(releaseId: string, from: Parameters<typeof releases.settle>[1], outcome: Outcome): void {
    store.change((publish) => {
      const release = releases.find(releaseId);
      if (release === undefined || !releases.settle(releaseId, from, outcome)) return;
      if (outcome.state === 'live') releases.retireOthers(release.deploymentId, releaseId);
      publish({ kind: 'outcome', deploymentId: release.deploymentId });
    });
  }

  return {
    deploymentIds: () => deployments.ids(),
    wasDeleted: (deploymentId) => deployments.wasDeleted(deploymentId),
    desired: (deploymentId) => desired(store, deploymentId),
    releaseRolling(releaseId) {
      settle(releaseId, ['waiting'], { state: 'rolling', finishedAt: undefined });
    },
    // A newer wish may have superseded it while the last step ran: it is what takes traffic all the same.
    releaseLive(releaseId, at, proof) {
      settle(releaseId, ['waiting', 'rolling', 'superseded'], { state: 'live', finishedAt: at, proof });
    },
    releaseProved(releaseId, proof) {
      store.change((publish) => {
        const release = releases.find(releaseId);
        if (release === undefined || !releases.prove(releaseId, proof)) return;
        publish({ kind: 'outcome', deploymentId: release.deploymentId });
      });
    },
    releaseFailed(releaseId, at, reason) {
      settle(releaseId, ['waiting', 'rolling'], { state: 'failed', finishedAt: at, reason });
    },
    releaseResolved(releaseId, digest) {
      store.change((publish) => {
        const release = releases.find(releaseId);
        if (release === undefined || !releases.resolve(releaseId, digest)) return;
        publish({ kind: 'outcome', deploymentId: release.deploymentId });
      });
    },
    setScale(deploymentId, scale) {
      store.change((publish) => {
        const found = deployments.find(deploymentId);
        if (found === undefined) return;
        const kept = Math.min(found.maxScale, Math.max(found.minScale, scale));
        if (kept === found.scale) return;
        deployments.update({ ...found, scale: kept });
        publish({ kind: 'wish', deploymentId });
      });
    },
    config: (deploymentId) => store.configMounts.current(deploymentId),
    volume: (volumeId) => store.volumes.find(volumeId),
    recordEvent(event) {
      store.change((publish) => {
        if (deployments.find(event.deploymentId) === undefined) return;
        events.append(event);
        publish({ kind: 'outcome', deploymentId: event.deploymentId });
      });
    },
    publicPort(slot, range, refused) {
      return store.change(() => {
        const kept = store.publicPorts.of(slot);
        if (kept !== undefined && kept !== refused && isWithin(kept, range)) return kept;
        // In turn, so that a port that was given back is not soon somebody else's.
        const last = Number(store.identity.setting(lastPublicPort) ?? 0);
        const found = store.publicPorts.firstFree(range, refused ?? last);
        if (found === undefined || deployments.find(slot.deploymentId) === undefined) return undefined;
        store.publicPorts.put(slot, found);
        store.identity.putSetting(lastPublicPort, String(found));
        return found;
      });
    },
    registryLogin: (workspaceId, registry) => registries.loginOf(workspaceId, registry),
    secretValue: (workspaceId, secretId) => vault.valueOf(workspaceId, secretId),
  };
}

function isWithin(port: number, { first, last }: PortRange): boolean {
  return port >= first && port <= last;
}

function desired(store: Store, deploymentId: string): Desired | 'absent' {
  const deployment = store.deployments.find(deploymentId);
  if (deployment === undefined) return 'absent';
  const target =
    deployment.targetReleaseId === undefined ? undefined : store.releases.find(deployment.targetReleaseId);
  const live = store.releases.live(deploymentId);
  const machineTypeId = target?.config.machineTypeId ?? deployment.machineTypeId;
  const machineType = store.identity.machineTypes().find((type) => type.id === machineTypeId);
  if (machineType === undefined) throw new Error(`The machine type ${machineTypeId} is not in the state.`);
  return {
    deployment,
    target,
    live: live?.id === target?.id ? undefined : live,
    machineType,
    releases: store.releases.relevant(deploymentId, deployment.targetReleaseId),
    hostLabel: store.deployments.hostLabel(deployment),
  };
}
