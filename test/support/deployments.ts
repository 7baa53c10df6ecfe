import type { Deployment } from '../../src/control-plane/domain.ts';
import { machineTypes } from '../../src/control-plane/state/seed.ts';
import { release, type Wanted } from '../../src/control-plane/state/wishes.ts';
import type { TestNotary } from './controlPlane.ts';

/** A deployment with an http port, in the state, with what matters to the test changed. */
export function addDeployment(notary: TestNotary, changes: Partial<Deployment> = {}): Deployment {
  const machineTypeId = machineTypes[0]!.id;
  const id = notary.ids();
  const deployment: Deployment = {
    id,
    workspaceId: notary.workspaceId,
    name: `app ${id.slice(-4)}`,
    source: { registry: 'docker.io', imageName: 'library/nginx' },
    imageTag: 'latest',
    regionId: notary.regionId,
    machineTypeId,
    deployOnPush: true,
    minScale: 1,
    maxScale: 3,
    intent: 'created',
    config: {
      ports: { 80: 'http' },
      environment: {},
      startupProbe: undefined,
      livenessProbe: undefined,
      volumes: {},
      machineTypeId,
    },
    afterConfigChange: { kind: 'nothing' },
    trafficLimits: {},
    targetReleaseId: undefined,
    scale: 1,
    pushesPaused: false,
    revision: 1,
    createdAt: notary.now(),
    updatedAt: 1,
    ...changes,
  };
  notary.store.change(() => notary.store.deployments.insert(deployment));
  return deployment;
}

/** Lets a deployment have another release, as it is in the state now. */
export function addRelease(notary: TestNotary, id: string, wanted: Partial<Wanted> = {}) {
  return notary.store.change((publish) => {
    const deployment = notary.store.deployments.find(id)!;
    return release(notary, publish, deployment, {
      digest: undefined,
      config: deployment.config,
      cause: 'create',
      ...wanted,
    });
  });
}

/** A repository of the test's workspace. */
export function addRepository(notary: TestNotary, name = 'shop'): string {
  const id = notary.ids();
  const { workspaceId } = notary;
  notary.store.change(() =>
    notary.store.repositories.insert({ id, workspaceId, name, createdAt: 1, updatedAt: 1 }),
  );
  return id;
}
