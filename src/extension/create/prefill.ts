import { Uri } from 'vscode';
import { portsOf, readDockerfile } from '../../deploy/check.ts';
import { freeName } from '../../deploy/freeName.ts';
import type { Target } from '../../deploy/target.ts';
import type { PrefillInput } from '../../protocol/panelCreate.ts';
import type { DeploymentInfo } from '../../protocol/shapes/deployment.ts';
import type { Volume } from '../../protocol/shapes/volume.ts';
import { sourceOf } from '../deploy/dockerfiles.ts';
import { suggestedName } from '../deploy/suggestedName.ts';

/** What is known of a Dockerfile: a name, and the ports that it exposes. */
export async function prefillFromDockerfile(uri: string, taken: readonly string[]): Promise<PrefillInput> {
  const source = await sourceOf(Uri.parse(uri));
  const text = await readDockerfile(source);
  const ports = typeof text === 'string' ? portsOf(text) : [];
  return {
    name: suggestedName(source.folder, taken),
    ports: Object.fromEntries(ports.map((port) => [String(port), 'http' as const])),
  };
}

/** Everything of another deployment that can be had twice. Volumes are made anew: no two deployments share data. */
export async function prefillFromDeployment(
  { api, workspaceId }: Target,
  deploymentId: string,
  taken: readonly string[],
  waiting: { readonly signal?: AbortSignal },
): Promise<PrefillInput> {
  const deployment = await api.getDeployment({ params: { workspaceId, deploymentId } }, waiting);
  const mounted = await Promise.all(
    Object.entries(deployment.volumes).map(async ([volumeId, path]) => ({
      volume: await api.getVolume({ params: { workspaceId, volumeId } }, waiting),
      path,
    })),
  );
  return copyOf(deployment, mounted, taken);
}

/** The values of a copy, under a name that is free. */
export function copyOf(
  deployment: DeploymentInfo,
  mounted: readonly { readonly volume: Pick<Volume, 'name' | 'size'>; readonly path: string }[],
  taken: readonly string[],
): PrefillInput {
  const { startupProbe, livenessProbe } = deployment;
  const name = freeName(`${deployment.name}-copy`, taken);
  return {
    name,
    ...('repositoryId' in deployment
      ? { repositoryId: deployment.repositoryId }
      : { registry: deployment.registry, imageName: deployment.imageName }),
    imageTag: deployment.imageTag,
    runner: deployment.runner,
    machineType: deployment.machineType,
    ports: deployment.ports,
    environmentVariables: deployment.environmentVariables,
    configMounts: deployment.configMounts,
    newVolumes: mounted.map(({ volume, path }) => ({ name: `${volume.name}-copy`, size: volume.size, path })),
    ...(startupProbe === null || startupProbe === undefined ? {} : { startupProbe }),
    ...(livenessProbe === null || livenessProbe === undefined ? {} : { livenessProbe }),
    ...(deployment.afterConfigChange === undefined
      ? {}
      : { afterConfigChange: deployment.afterConfigChange }),
    ...(deployment.trafficLimits === undefined ? {} : { trafficLimits: deployment.trafficLimits }),
    deployOnPush: deployment.deployOnPush,
    minHorizontalScale: deployment.minHorizontalScale,
    maxHorizontalScale: deployment.maxHorizontalScale,
  };
}
