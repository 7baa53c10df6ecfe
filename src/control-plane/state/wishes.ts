import type { Deployment, Release, ReleaseConfig } from '../domain.ts';
import { nameLabel } from '../hostNames.ts';
import type { ReleaseCause } from '../../protocol/shapes/release.ts';
import type { Publish, Store } from './store.ts';

/** Where wishes are noted, and the time and ids that they get. */
export interface Notary {
  readonly store: Store;
  readonly now: () => number;
  readonly ids: () => string;
}

/** Image and configuration that a new release shall have. No digest: the loop finds it (external images). */
export interface Wanted {
  readonly digest: string | undefined;
  readonly config: ReleaseConfig;
  readonly cause: ReleaseCause;
}

/**
 * Makes the next release of a deployment and lets it be the one that shall run. The one before, if it was not
 * live yet, is superseded.
 */
export function release(notary: Notary, publish: Publish, deployment: Deployment, wanted: Wanted): Release {
  const { store } = notary;
  const at = notary.now();
  const made: Release = {
    id: notary.ids(),
    deploymentId: deployment.id,
    number: store.releases.nextNumber(deployment.id),
    digest: wanted.digest,
    source: deployment.source,
    imageTag: deployment.imageTag,
    config: wanted.config,
    configGeneration: store.configMounts.generation(deployment.id),
    configFiles: store.configMounts.list(deployment.id).length,
    cause: wanted.cause,
    state: 'waiting',
    reason: undefined,
    proof: undefined,
    createdAt: at,
    finishedAt: undefined,
  };
  store.releases.insert(made);
  if (deployment.targetReleaseId !== undefined) {
    store.releases.settle(deployment.targetReleaseId, ['waiting', 'rolling'], {
      state: 'superseded',
      finishedAt: at,
    });
  }
  note(notary, publish, { ...deployment, intent: 'running', targetReleaseId: made.id });
  return made;
}

/** Writes a changed wish. Every change counts the revision up. */
export function note(notary: Notary, publish: Publish, deployment: Deployment): void {
  notary.store.deployments.update({
    ...deployment,
    revision: deployment.revision + 1,
    updatedAt: notary.now(),
  });
  publish({ kind: 'wish', deploymentId: deployment.id });
}

/** Counts the revision up for a change that is no work for the loop. The caller publishes what it was. */
export function count({ store, now }: Notary, deployment: Deployment): void {
  store.deployments.update({ ...deployment, revision: deployment.revision + 1, updatedAt: now() });
}

/** Deletes a deployment. Another one with the same DNS label may get the name then, so the loop looks at it. */
export function forget(notary: Notary, publish: Publish, deployment: Deployment): void {
  notary.store.deployments.delete(deployment.id, notary.now());
  publish({ kind: 'deleted', deploymentId: deployment.id });
  wakeLabel(notary, publish, deployment.name);
}

/** Lets the loop look at every deployment whose name makes the same DNS label. */
export function wakeLabel(notary: Notary, publish: Publish, name: string): void {
  const label = nameLabel(name);
  if (label === undefined) return;
  for (const deploymentId of notary.store.deployments.withLabel(label)) {
    publish({ kind: 'wish', deploymentId });
  }
}
