import { problem } from '../../../protocol/problems.ts';
import type { CreateDeployment, ImageSource } from '../../../protocol/shapes/deployment.ts';
import type { Deployment } from '../../domain.ts';
import { repositoryPath } from '../../registry/imageRegistry.ts';
import { release } from '../../state/wishes.ts';
import { checkSecrets } from './secrets.ts';
import { checkVolumes } from './volumes.ts';
import { afterConfigBreaches, whoIs, writesOf } from '../config.ts';
import { noteOvercommit, refuseMisfit } from '../fit.ts';
import type { Caller } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import { breaches, type Known } from '../rules.ts';

/** Creates a deployment, and its first release when it shall be deployed and there is an image. */
export async function createDeployment(
  parts: ApiParts,
  workspaceId: string,
  body: CreateDeployment,
  { caller, signal }: { readonly caller: Caller | undefined; readonly signal: AbortSignal },
): Promise<{ id: string }> {
  // What can be refused is refused before the registry is asked.
  check(parts, workspaceId, body);
  const image: FoundImage = body.deployOnCreate
    ? await findImage(parts, body, body.imageTag, signal)
    : { kind: 'none' };
  const { store, notary } = parts;
  return store.change((publish) => {
    check(parts, workspaceId, body);
    const made = deploymentFrom(parts, workspaceId, body);
    store.deployments.insert(made);
    const writes = writesOf(body.configMounts);
    if (writes.length > 0) {
      store.configMounts.write(made.id, writes, { at: notary.now(), who: whoIs(store, caller) });
    }
    publish({ kind: 'wish', deploymentId: made.id });
    if (image.kind === 'none') return { id: made.id };
    const digest = image.kind === 'external' ? undefined : image.digest;
    if (digest !== undefined && 'repositoryId' in body) {
      store.repositories.see(body.repositoryId, body.imageTag, digest, notary.now());
    }
    release(notary, publish, made, { digest, config: made.config, cause: 'create' });
    noteOvercommit(parts, publish, made.id);
    return { id: made.id };
  });
}

/** What is behind a tag. `external`: in another registry, where the engine looks it up when it pulls. */
export type FoundImage =
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'external' }
  | { readonly kind: 'none' };

/** Looks a tag up. @throws ProblemError `registryUnreachable`. */
export async function findImage(
  { store, registry }: ApiParts,
  source: ImageSource,
  tag: string,
  signal: AbortSignal,
): Promise<FoundImage> {
  if (!('repositoryId' in source)) return { kind: 'external' };
  const repository = store.repositories.find(source.repositoryId);
  if (repository === undefined) return { kind: 'none' };
  const digest = await registry.digestOf(repositoryPath(repository), tag, { signal });
  return digest === undefined ? { kind: 'none' } : { kind: 'digest', digest };
}

/** @throws ProblemError `resourceAlreadyExists`, `resourceDoesNotExist`, `wrongParameters`, `insufficientCapacity`. */
function check(parts: ApiParts, workspaceId: string, body: CreateDeployment): void {
  const { store } = parts;
  const known: Known = {
    runner: store.identity
      .regions()
      .some(({ id, workspaceId: of }) => id === body.runner && of === workspaceId),
    machineType: store.identity.machineTypes().some(({ id }) => id === body.machineType),
    repository:
      !('repositoryId' in body) || store.repositories.find(body.repositoryId)?.workspaceId === workspaceId,
  };
  const broken = breaches(
    {
      minScale: body.minHorizontalScale,
      maxScale: body.maxHorizontalScale,
      ports: body.ports,
      startupProbe: body.startupProbe,
      livenessProbe: body.livenessProbe,
    },
    known,
  );
  const fields = [...broken, ...afterConfigBreaches(body.afterConfigChange, body.ports)];
  if (fields.length > 0) throw problem('wrongParameters', { fields });
  refuseMisfit(parts, { machineTypeId: body.machineType, minScale: body.minHorizontalScale });
  checkSecrets(store, workspaceId, body.environmentVariables);
  checkVolumes(store, workspaceId, body.volumes);
  if (store.deployments.nameTaken(workspaceId, body.name)) throw nameTaken(body.name);
}

export function nameTaken(name: string) {
  return problem('resourceAlreadyExists', {
    says: `There is already a deployment named ${name}. Choose another name.`,
    fields: [{ field: 'name', message: 'is already taken' }],
  });
}

function deploymentFrom({ notary }: ApiParts, workspaceId: string, body: CreateDeployment): Deployment {
  const at = notary.now();
  return {
    id: notary.ids(),
    workspaceId,
    name: body.name,
    source: sourceFrom(body),
    imageTag: body.imageTag,
    regionId: body.runner,
    machineTypeId: body.machineType,
    deployOnPush: body.deployOnPush,
    minScale: body.minHorizontalScale,
    maxScale: body.maxHorizontalScale,
    intent: 'created',
    config: {
      ports: body.ports,
      environment: body.environmentVariables,
      startupProbe: body.startupProbe,
      livenessProbe: body.livenessProbe,
      volumes: body.volumes,
      machineTypeId: body.machineType,
    },
    afterConfigChange: body.afterConfigChange ?? { kind: 'nothing' },
    trafficLimits: body.trafficLimits ?? {},
    targetReleaseId: undefined,
    scale: body.minHorizontalScale,
    pushesPaused: false,
    revision: 1,
    createdAt: at,
    updatedAt: at,
  };
}

function sourceFrom(body: ImageSource): ImageSource {
  return 'repositoryId' in body
    ? { registry: body.registry, repositoryId: body.repositoryId }
    : { registry: body.registry, imageName: body.imageName };
}
