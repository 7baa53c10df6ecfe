import type { WireAnswerOf } from '../../protocol/endpoint.ts';
import type { Endpoints } from '../../protocol/endpoints.ts';
import type { ConfigMount } from '../../protocol/shapes/configMount.ts';
import type { Deployment as WireDeployment, MachineType } from '../../protocol/shapes/deployment.ts';
import type { EventInfo, InstanceInfo, InstanceUsage, ReleaseInfo } from '../../protocol/shapes/release.ts';
import type { Repository, Runner } from '../../protocol/shapes/workspace.ts';
import { formatTimestamp } from '../../protocol/wire.ts';
import type {
  Deployment,
  LiveInstance,
  MachineTypeRow,
  RegionFacts,
  Release,
  ReleaseConfig,
  RepositoryRow,
} from '../domain.ts';
import { addressesOf } from '../hostNames.ts';
import type { Usage } from '../usage/usageMeter.ts';
import type { ConfigVersion } from '../state/configMounts.ts';
import type { StoredEvent } from '../state/events.ts';
import type { RegionRow } from '../state/identity.ts';
import { imageWasCollected } from './collected.ts';
import type { ApiParts } from './parts.ts';

/** A deployment in a list. */
export function deploymentView(parts: ApiParts, deployment: Deployment): WireDeployment {
  const live = parts.store.releases.live(deployment.id);
  const status = parts.reconciler.status(deployment.id);
  const addresses = addressesOf(
    {
      deploymentId: deployment.id,
      hostLabel: parts.store.deployments.hostLabel(deployment),
      ports: deployment.config.ports,
      domain: parts.domain,
    },
    parts.reconciler.region().edge,
    status.published,
    parts.publicHost,
  );
  return {
    ...deployment.source,
    id: deployment.id,
    name: deployment.name,
    imageTag: deployment.imageTag,
    status: status.status,
    runner: deployment.regionId,
    machineType: deployment.machineTypeId,
    currentLiveDigest: live?.digest ?? null,
    ...given('reason', status.reason),
    addresses: [...addresses],
    ...given('certificate', parts.certificateState(deployment.id)),
    // While a release takes over there are more for a moment, which is nothing to tell anybody.
    instances: { ready: Math.min(status.ready, status.wanted), wanted: status.wanted },
    ...given('liveRelease', status.liveReleaseNumber),
    ...given('rollingRelease', status.rollingReleaseNumber),
    revision: deployment.revision,
    ...given('pushesPaused', pushesPaused(deployment)),
    ...given('newerImage', newerImage(parts, deployment)),
  };
}

/** Pushes come to images of the own registry only. */
function pushesPaused({ source, deployOnPush, pushesPaused: paused }: Deployment): true | undefined {
  return 'repositoryId' in source && deployOnPush && paused ? true : undefined;
}

/**
 * What was pushed to its tag after the image that is wanted now became the wanted one. What a revert left behind is
 * older than the revert, and not offered.
 */
function newerImage({ store }: ApiParts, { id, source, imageTag, targetReleaseId }: Deployment) {
  if (!('repositoryId' in source) || targetReleaseId === undefined) return undefined;
  const seen = store.repositories.seenTag(source.repositoryId, imageTag);
  if (seen === undefined || seen.digest === store.releases.find(targetReleaseId)?.digest) return undefined;
  if (seen.changedAt <= (store.releases.imageSince(id) ?? 0)) return undefined;
  return { digest: seen.digest, pushedAt: formatTimestamp(seen.changedAt) };
}

/** A deployment by itself: with its configuration. Empty maps and absent probes are left out. */
export function deploymentInfoView(
  parts: ApiParts,
  deployment: Deployment,
): WireAnswerOf<Endpoints['getDeployment']> {
  return {
    ...deploymentView(parts, deployment),
    deployOnPush: deployment.deployOnPush,
    minHorizontalScale: deployment.minScale,
    maxHorizontalScale: deployment.maxScale,
    ...configView(deployment.config, parts.store.configMounts.current(deployment.id).files),
    ...(deployment.afterConfigChange.kind === 'nothing'
      ? {}
      : { afterConfigChange: deployment.afterConfigChange }),
    ...filled('trafficLimits', deployment.trafficLimits),
  };
}

function configView(config: ReleaseConfig, files: ReadonlyMap<string, Buffer>) {
  const mounts = Array.from(files, ([name, content]) => [name, content.toString('base64')]);
  return {
    ...filled('ports', config.ports),
    ...filled('environmentVariables', config.environment),
    ...given('startupProbe', config.startupProbe),
    ...given('livenessProbe', config.livenessProbe),
    ...filled('configMounts', Object.fromEntries(mounts) as Readonly<Record<string, string>>),
    ...filled('volumes', config.volumes),
  };
}

export function machineTypeView(type: MachineTypeRow): MachineType {
  return { id: type.id, cpu_count: type.cpus, memory_count: type.memoryCount };
}

/** Releases that were tried to the end; one that was superseded before tells no time. */
const tried: ReadonlySet<Release['state']> = new Set(['live', 'retired', 'failed']);

export function releaseView({ store }: ApiParts, release: Release): ReleaseInfo {
  const took =
    release.finishedAt === undefined || !tried.has(release.state)
      ? undefined
      : release.finishedAt - release.createdAt;
  const size = release.digest === undefined ? undefined : store.releases.sizeOf(release.digest);
  return {
    id: release.id,
    number: release.number,
    digest: release.digest ?? null,
    imageTag: release.imageTag,
    ...given('size', size),
    ...(imageWasCollected(store, release) ? { imageRemoved: true } : {}),
    ...(release.configGeneration === 0 ? {} : { configGeneration: release.configGeneration }),
    cause: release.cause,
    state: release.state,
    created: formatTimestamp(release.createdAt),
    ...given('finished', release.finishedAt === undefined ? undefined : formatTimestamp(release.finishedAt)),
    ...given('tookMs', took),
    ...given('reason', release.reason),
    ...given('proof', release.proof),
  };
}

export function releaseDetailsView(parts: ApiParts, release: Release): WireAnswerOf<Endpoints['getRelease']> {
  return {
    ...release.source,
    ...releaseView(parts, release),
    machineType: release.config.machineTypeId,
    ...configView(
      release.config,
      parts.store.configMounts.at(release.deploymentId, release.configGeneration),
    ),
  };
}

export function instanceView(instance: LiveInstance, used: Usage | undefined): InstanceInfo {
  return {
    id: instance.id,
    name: instance.name,
    release: instance.releaseNumber,
    state: instance.state,
    node: instance.node,
    ...given('startedAt', instance.startedAt === undefined ? undefined : formatTimestamp(instance.startedAt)),
    restarts: instance.restarts,
    ...given('reason', instance.reason),
    ...given('usage', used === undefined ? undefined : usageView(used)),
  };
}

function usageView({ cpus, memoryBytes, memoryLimitBytes }: Usage): InstanceUsage {
  return {
    ...given('cpus', cpus),
    ...given('memoryBytes', memoryBytes),
    ...given('memoryLimitBytes', memoryLimitBytes),
  };
}

export function eventView(event: StoredEvent): EventInfo {
  return {
    id: event.id,
    at: formatTimestamp(event.at),
    kind: event.kind,
    message: event.message,
    ...given('release', event.releaseNumber),
  };
}

export function repositoryView(repository: RepositoryRow, size: number): Repository {
  return {
    name: repository.name,
    size,
    lastUpdated: formatTimestamp(repository.updatedAt),
    created: formatTimestamp(repository.createdAt),
  };
}

export function runnerView(region: RegionRow, facts: RegionFacts, allocatedBytes: number): Runner {
  return {
    id: region.id,
    name: region.name,
    connected: facts.connected,
    lastSeen: facts.lastSeen === undefined ? null : formatTimestamp(facts.lastSeen),
    ...given('platform', facts.platform),
    ...given('freeBytes', facts.freeBytes),
    ...given('cpus', facts.capacity?.cpus),
    ...given('memoryBytes', facts.capacity?.memoryBytes),
    allocatedBytes,
    ...given('edge', facts.edge),
    ...given('message', facts.message),
  };
}

type Given<K extends string, T> = { readonly [P in K]?: T };

/** The property when there is a value, nothing when there is none. */
function given<const K extends string, T>(name: K, value: T | undefined): Given<K, T> {
  return value === undefined ? {} : ({ [name]: value } as Given<K, T>);
}

/** The map when anything is in it. */
function filled<const K extends string, T extends object>(name: K, map: T): Given<K, T> {
  return Object.keys(map).length === 0 ? {} : ({ [name]: map } as Given<K, T>);
}

export function configMountView(version: ConfigVersion): ConfigMount {
  const { name, size, changedAt, changedBy, digest = '' } = version;
  return {
    name,
    size,
    version: version.version,
    changedAt: formatTimestamp(changedAt),
    ...given('changedBy', changedBy),
    digest,
  };
}

export function configVersionView({ version, size, changedAt, changedBy, digest }: ConfigVersion) {
  return {
    version,
    changedAt: formatTimestamp(changedAt),
    ...given('changedBy', changedBy),
    removed: digest === undefined,
    size,
    ...given('digest', digest),
  };
}
