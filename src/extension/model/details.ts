import type { Target } from '../../deploy/target.ts';
import type { Deployment, DeploymentInfo } from '../../protocol/shapes/deployment.ts';

/** A volume as a deployment mounts it. Name and size are absent where the server's list has no such volume. */
export interface MountedVolume {
  readonly id: string;
  readonly name: string | undefined;
  /** In gigabytes. */
  readonly size: number | undefined;
  readonly path: string;
}

/** What is known of a deployment beyond its place in the list. */
export interface DeploymentDetails {
  readonly info: DeploymentInfo;
  /** By path. */
  readonly volumes: readonly MountedVolume[];
}

/** Reads a deployment with its configuration. Volumes are asked for only where it mounts any. */
export async function readDetails(
  { api, workspaceId }: Target,
  deploymentId: string,
): Promise<DeploymentDetails> {
  const info = await api.getDeployment({ params: { workspaceId, deploymentId } });
  return { info, volumes: await volumesOf({ api, workspaceId }, info) };
}

async function volumesOf(
  { api, workspaceId }: Pick<Target, 'api' | 'workspaceId'>,
  { volumes }: DeploymentInfo,
): Promise<readonly MountedVolume[]> {
  const mounted = Object.entries(volumes);
  if (mounted.length === 0) return [];
  const rows = api.pages('listVolumes', { params: { workspaceId } }, (answer) => answer.volumes);
  const known = new Map((await Array.fromAsync(rows)).map((volume) => [volume.id, volume]));
  return mounted
    .map(([id, path]) => ({ id, path, name: known.get(id)?.name, size: known.get(id)?.size }))
    .toSorted((a, b) => a.path.localeCompare(b.path));
}

/** A deployment as lists have it, so that it can be compared with what a list says. */
export function inList(info: DeploymentInfo): Deployment {
  const {
    deployOnPush: _deployOnPush,
    minHorizontalScale: _min,
    maxHorizontalScale: _max,
    ports: _ports,
    environmentVariables: _environment,
    startupProbe: _startup,
    livenessProbe: _liveness,
    configMounts: _mounts,
    volumes: _volumes,
    ...rest
  } = info;
  return rest;
}
