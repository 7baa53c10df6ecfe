import type { EnvValue } from '../../protocol/shapes/deployment.ts';
import type { ReleaseState } from '../../protocol/shapes/release.ts';
import type { ConfigGeneration, Deployment, Release, ReleaseConfig, RepositoryRow } from '../domain.ts';
import { identitiesOf } from '../executors/remains.ts';
import type { RemainingInstance, Remains } from '../executors/executor.ts';
import type { SlotPort } from '../publicPort.ts';
import type { VolumeRow } from '../state/volumes.ts';

/** Where a deployment is taken over to, and when. */
export interface Ground {
  readonly workspaceId: string;
  readonly regionId: string;
  readonly now: number;
}

/** A repository without its times, which are lost. */
export type FoundRepository = Pick<RepositoryRow, 'id' | 'workspaceId' | 'name'>;

/** A secret as the newest instance that has its value shows it. */
export interface FoundSecret {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  /** When that instance was made. */
  readonly givenAt: number;
}

/** All that a state has to have for a deployment to go on. Names may collide with others: that is the writer's to mend. */
export interface Adopted {
  readonly deployment: Deployment;
  /** Whether it had the DNS label of its name. */
  readonly hasHostLabel: boolean;
  /** Oldest first; the last one is the target. */
  readonly releases: readonly Release[];
  readonly repository: FoundRepository | undefined;
  readonly volumes: readonly VolumeRow[];
  /** Ports of the machine that its slots have. */
  readonly publicPorts: readonly (SlotPort & { readonly publicPort: number })[];
  readonly secrets: readonly FoundSecret[];
  readonly config: ConfigGeneration | undefined;
  /** It had config mounts, and they cannot be read any more. */
  readonly configLost: boolean;
}

/** What becomes of a deployment out of what is left of it; undefined when nothing of it says enough. Pure. */
export function decideAdoption(remains: Remains, ground: Ground): Adopted | undefined {
  const newestFirst = remains.instances.toSorted(
    (one, other) => other.releaseNumber - one.releaseNumber || other.createdAt - one.createdAt,
  );
  const [newest] = newestFirst;
  if (newest === undefined) return undefined;
  const releases = releasesOf(newestFirst, remains, ground);
  const target = releases.at(-1);
  if (target === undefined) return undefined;
  return {
    deployment: deploymentOf(newest, target, scaleOf(remains), ground),
    hasHostLabel: newest.record.hasHostLabel,
    releases,
    repository: repositoryOf(newest),
    volumes: volumesOf(remains, target, ground),
    publicPorts: publicPortsOf(newestFirst),
    secrets: secretsOf(newestFirst),
    config: remains.config,
    configLost: newest.record.hasConfig && remains.config === undefined,
  };
}

function deploymentOf(
  { deploymentId, deploymentName, record }: RemainingInstance,
  target: Release,
  scale: number,
  { workspaceId, regionId, now }: Ground,
): Deployment {
  const minScale = Math.min(record.minScale, scale);
  return {
    id: deploymentId,
    workspaceId,
    name: deploymentName,
    source: target.source,
    imageTag: target.imageTag,
    regionId,
    machineTypeId: target.config.machineTypeId,
    deployOnPush: record.deployOnPush,
    minScale,
    maxScale: Math.max(minScale, record.maxScale, scale),
    intent: 'running',
    config: target.config,
    afterConfigChange: record.afterConfigChange ?? { kind: 'nothing' },
    trafficLimits: record.trafficLimits ?? {},
    targetReleaseId: target.id,
    scale,
    pushesPaused: record.pushesPaused,
    revision: 1,
    createdAt: record.createdAt,
    updatedAt: now,
  };
}

/**
 * Slots are counted from 0, and the highest ones go first: so there are as many as the highest slot says that runs or
 * has data, and never fewer than the minimum. Fewer would delete data.
 */
function scaleOf({ instances, volumes }: Remains): number {
  const slots = [...instances, ...volumes].map(({ ordinal }) => ordinal + 1);
  const minimum = instances.toSorted((a, b) => b.createdAt - a.createdAt)[0]?.record.minScale ?? 1;
  return Math.max(minimum, ...slots);
}

/**
 * One release for each that instances are of. The newest is the one that shall run. When an older one runs beside it,
 * a rollout was under way: that one has the traffic until the newest is ready.
 */
function releasesOf(
  newestFirst: readonly RemainingInstance[],
  { config }: Pick<Remains, 'config'>,
  { now }: Ground,
): readonly Release[] {
  const byRelease = Map.groupBy(newestFirst, ({ releaseId }) => releaseId);
  const [target, ...older] = Array.from(byRelease.values());
  if (target === undefined) return [];
  const serving = older.find((instances) => instances.some(({ running }) => running));
  const stateOf = (instances: readonly RemainingInstance[]): ReleaseState => {
    if (instances === target) return serving === undefined ? 'live' : 'rolling';
    return instances === serving ? 'live' : 'retired';
  };
  return Array.from(byRelease.values())
    .toReversed()
    .flatMap((instances) => {
      const [newest] = instances;
      return newest === undefined ? [] : [releaseOf(newest, stateOf(instances), config, now)];
    });
}

function releaseOf(
  instance: RemainingInstance,
  state: ReleaseState,
  mounted: ConfigGeneration | undefined,
  now: number,
): Release {
  const { record } = instance;
  return {
    id: instance.releaseId,
    deploymentId: instance.deploymentId,
    number: instance.releaseNumber,
    digest: instance.digest,
    source: record.source,
    imageTag: record.imageTag,
    config: configOf(instance),
    configGeneration: record.hasConfig ? (mounted?.generation ?? 0) : 0,
    configFiles: record.hasConfig ? (mounted?.files.size ?? 0) : 0,
    cause: 'adopt',
    state,
    reason: undefined,
    proof: undefined,
    createdAt: instance.createdAt,
    finishedAt: state === 'rolling' ? undefined : now,
  };
}

/** The configuration that made this instance, as far as the engine shows it. */
export function configOf({ record, environment }: RemainingInstance): ReleaseConfig {
  const raw = record.variables.map((name): [string, EnvValue] => [name, environment[name] ?? '']);
  const secret = Object.entries(record.secrets).map(([name, { id }]): [string, EnvValue] => [
    name,
    { fromSecret: id },
  ]);
  return {
    ports: record.ports,
    environment: Object.fromEntries([...raw, ...secret]),
    startupProbe: record.startupProbe,
    livenessProbe: record.livenessProbe,
    volumes: record.volumes,
    machineTypeId: record.machineTypeId,
  };
}

function repositoryOf(instance: RemainingInstance): FoundRepository | undefined {
  const { workspaceId, repository } = identitiesOf(instance);
  return repository === undefined ? undefined : { ...repository, workspaceId };
}

/** Every volume that is mounted or has data: one that is not known as a resource would be taken for deleted. */
function volumesOf(
  { volumes }: Remains,
  target: Release,
  { workspaceId, now }: Ground,
): readonly VolumeRow[] {
  const ids = new Set([...Object.keys(target.config.volumes), ...volumes.map(({ volumeId }) => volumeId)]);
  return Array.from(ids).map((id) => {
    const facts = volumes.find((volume) => volume.volumeId === id && volume.facts !== undefined)?.facts;
    const { name, size } = facts ?? { name: `volume-${id.slice(0, 6)}`, size: 1 };
    return { id, workspaceId, name, size, createdAt: now };
  });
}

/** Of two instances of a slot the newer one is believed. */
function publicPortsOf(newestFirst: readonly RemainingInstance[]): Adopted['publicPorts'] {
  return newestFirst.toReversed().flatMap(({ deploymentId, ordinal, record }) =>
    Object.entries(record.publicPorts ?? {}).map(([port, publicPort]) => ({
      deploymentId,
      port: Number(port),
      ordinal,
      publicPort,
    })),
  );
}

/** The value of each secret from the instance that was made last: it has the newest one. */
function secretsOf(newestFirst: readonly RemainingInstance[]): readonly FoundSecret[] {
  const found = new Map<string, FoundSecret>();
  for (const { record, environment, createdAt: givenAt } of newestFirst.toSorted(
    (a, b) => b.createdAt - a.createdAt,
  )) {
    for (const [variable, { id, name }] of Object.entries(record.secrets)) {
      const value = environment[variable];
      if (value !== undefined && !found.has(id)) found.set(id, { id, name, value, givenAt });
    }
  }
  return Array.from(found.values());
}
