import { declaresLimits } from '../../protocol/shapes/trafficLimits.ts';
import type { Desired, Release } from '../domain.ts';
import type { AdoptionRecord, NamedSecret } from './record.ts';

export interface RecordFacts {
  readonly repositoryName: string | undefined;
  readonly hasConfig: boolean;
  /** Variables that are taken from secrets, with what the secrets are named now. */
  readonly secrets: Readonly<Record<string, NamedSecret>>;
}

/** What an instance of this release takes along in case that the state is lost. */
export function recordOf(
  { deployment, hostLabel }: Pick<Desired, 'deployment' | 'hostLabel'>,
  { source, imageTag, config }: Pick<Release, 'source' | 'imageTag' | 'config'>,
  { repositoryName, secrets, hasConfig }: RecordFacts,
): AdoptionRecord {
  return {
    regionId: deployment.regionId,
    source,
    repositoryName,
    imageTag,
    machineTypeId: config.machineTypeId,
    deployOnPush: deployment.deployOnPush,
    pushesPaused: deployment.pushesPaused,
    minScale: deployment.minScale,
    maxScale: deployment.maxScale,
    createdAt: deployment.createdAt,
    hasHostLabel: hostLabel !== undefined,
    ports: config.ports,
    startupProbe: config.startupProbe,
    livenessProbe: config.livenessProbe,
    variables: Object.entries(config.environment).flatMap(([name, value]) =>
      typeof value === 'string' ? [name] : [],
    ),
    secrets,
    hasConfig,
    ...(deployment.afterConfigChange.kind === 'nothing'
      ? {}
      : { afterConfigChange: deployment.afterConfigChange }),
    ...(declaresLimits(deployment.trafficLimits) ? { trafficLimits: deployment.trafficLimits } : {}),
    volumes: config.volumes,
  };
}
