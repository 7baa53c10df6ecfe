import type { EnvValue, PortType, Probe } from './shapes/deployment.ts';
import type { TrafficLimits } from './shapes/trafficLimits.ts';

/** What instances are made from. Config mounts are not among it: they are synced into instances that run. */
export interface InstanceConfig {
  readonly ports: Readonly<Record<string, PortType>>;
  readonly environment: Readonly<Record<string, EnvValue>>;
  readonly startupProbe: Probe | undefined;
  readonly livenessProbe: Probe | undefined;
  /** Volume id to mount path. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly machineTypeId: string;
}

/** What is wanted of a deployment, as far as a change of it has consequences. */
export interface Wanted {
  readonly name: string;
  /** Instances that there shall be. */
  readonly scale: number;
  readonly config: InstanceConfig;
  /** Name under /etc/config to Base64 content. */
  readonly configMounts: Readonly<Record<string, string>>;
  readonly limits: TrafficLimits;
}

/** What a change does to a deployment, besides being noted. */
export type Consequence =
  /** New instances take over from those that run. `slotBySlot`: each goes before its successor comes. */
  | { readonly kind: 'rollOut'; readonly slotBySlot: boolean }
  /** It does not run: what is new is taken up when it is started. */
  | { readonly kind: 'nextStart' }
  /** So many files under /etc/config change in the instances that run, which go on running. */
  | { readonly kind: 'syncConfig'; readonly files: number }
  | { readonly kind: 'scale'; readonly from: number; readonly to: number }
  /** What the edge holds clients and instances to is another; instances go on running. */
  | { readonly kind: 'limits' }
  /** Addresses that are made of its name are others. */
  | { readonly kind: 'rename' }
  | ({ readonly kind: 'dataLoss' } & DataLoss);

/** Volumes that go, each with the data that one instance has in it. */
export interface DataLoss {
  /** Number of the first instance that goes, counted from 0. */
  readonly from: number;
  readonly instances: number;
  readonly volumes: number;
}

/**
 * What comes of a change; nothing when nothing restarts. The server acts by the same rules. `portsAreFixed`: tcp and udp
 * ports are ports of the machine that stay the same, as in a public region.
 */
export function consequencesOf(
  before: Wanted,
  after: Wanted,
  runs: boolean,
  portsAreFixed = false,
): readonly Consequence[] {
  const files = filesChanged(before.configMounts, after.configMounts);
  const fresh =
    !sameConfig(before.config, after.config) || mountsDirectory(before.configMounts, after.configMounts);
  const lost = dataLost(before, after);
  const slotBySlot = [before, after].some(
    ({ config }) => hasVolumes(config) || (portsAreFixed && publishes(config)),
  );
  return [
    ...(fresh && runs ? [{ kind: 'rollOut' as const, slotBySlot }] : []),
    ...((fresh || files > 0) && !runs ? [{ kind: 'nextStart' as const }] : []),
    ...(files > 0 && !fresh && runs ? [{ kind: 'syncConfig' as const, files }] : []),
    ...(runs && before.scale !== after.scale
      ? [{ kind: 'scale' as const, from: before.scale, to: after.scale }]
      : []),
    ...(runs && canonical(before.limits) !== canonical(after.limits) ? [{ kind: 'limits' as const }] : []),
    ...(before.name === after.name ? [] : [{ kind: 'rename' as const }]),
    ...(lost === undefined ? [] : [{ kind: 'dataLoss' as const, ...lost }]),
  ];
}

/**
 * The first config mounts of a deployment: instances that run have no /etc/config that they could be synced to, so
 * new ones have to take over. Each argument names what there is by its names.
 */
export function mountsDirectory(before: object, after: object): boolean {
  return Object.keys(before).length === 0 && Object.keys(after).length > 0;
}

function filesChanged(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): number {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Array.from(names).filter((name) => before[name] !== after[name]).length;
}

/** True when instances made from either configuration would be the same. */
export function sameConfig(one: InstanceConfig, other: InstanceConfig): boolean {
  return canonical(one) === canonical(other);
}

/** The number of instances nearest to the present one that the bounds allow. */
export function scaleWithin(scale: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, scale));
}

/** What a change of scale deletes; undefined when nothing. Only slots that are not wanted any more lose data. */
export function dataLost(
  before: { readonly scale: number; readonly config: Pick<InstanceConfig, 'volumes'> },
  after: { readonly scale: number },
): DataLoss | undefined {
  const instances = before.scale - after.scale;
  const volumes = Object.keys(before.config.volumes).length;
  return instances <= 0 || volumes === 0 ? undefined : { from: after.scale, instances, volumes };
}

/** `the 2 volumes of 3 instances`. */
export function dataLossWords({ instances, volumes }: Omit<DataLoss, 'from'>): string {
  const each = volumes === 1 ? 'the volume' : `the ${volumes} volumes`;
  return `${each} of ${instances === 1 ? '1 instance' : `${instances} instances`}`;
}

function hasVolumes({ volumes }: InstanceConfig): boolean {
  return Object.keys(volumes).length > 0;
}

/** Whether it has ports that the edge does not serve. */
function publishes({ ports }: InstanceConfig): boolean {
  return Object.values(ports).some((type) => type !== 'http');
}

/** JSON whose keys are in order, so that it can be compared. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
