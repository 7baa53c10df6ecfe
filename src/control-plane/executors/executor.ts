import type { Readable } from 'node:stream';
import type { ConfigSignal } from '../../protocol/shapes/configMount.ts';
import type { Reason } from '../../protocol/shapes/deployment.ts';
import type { AdoptionRecord } from '../adoption/record.ts';
import type { ConfigGeneration } from '../domain.ts';
import type { PublishedAt } from '../publicPort.ts';

/**
 * What rollouts need of whatever runs containers. Everything about rollout, scale and health is above it; everything
 * about containers is below. One contract suite runs over each implementation.
 */
export interface Executor {
  /** Every instance of the region, or of one deployment, as the engine shows it now. @throws when it cannot look. */
  observe(deploymentId: string | undefined, options?: Waiting): Promise<readonly ObservedInstance[]>;
  /** What there is of each deployment, as texts to compare: one question, however many deployments there are. */
  summary(options?: Waiting): Promise<ReadonlyMap<string, string>>;
  /** Tells whenever something may have happened to a deployment's instances; ends with the signal. */
  watch(tell: (deploymentId: string) => void, options: { signal: AbortSignal }): Promise<void>;
  /** Makes the image be on the machine. Resolves with the digest that runs. */
  ensureImage(image: ImageWanted, options?: Waiting): Promise<ImageOutcome>;
  /**
   * Lets these be the files under /etc/config of a deployment's instances, all at once. Doing it twice is harmless.
   * One at a time of each deployment. @throws while there is no place for them.
   */
  putConfig(deploymentId: string, config: ConfigGeneration, options?: Waiting): Promise<void>;
  /** Which generation /etc/config of each running instance shows, by instance id; undefined: it shows none. */
  configSeen(deploymentId: string, options?: Waiting): Promise<ReadonlyMap<string, number | undefined>>;
  /** Sends a signal to the first process of an instance. */
  signal(instanceId: string, signal: ConfigSignal, options?: Waiting): Promise<'sent' | 'absent'>;
  /** Creates and starts an instance. Doing it twice leaves one. */
  run(spec: InstanceSpec, options?: Waiting): Promise<RunOutcome>;
  /** SIGTERM, the grace, SIGKILL, then gone. */
  remove(instanceId: string, graceSeconds: number, options?: Waiting): Promise<void>;
  /** Network and configuration of a deployment that has no instance any more. Its volumes stay. */
  removeSurroundings(deploymentId: string, options?: Waiting): Promise<void>;
  listVolumes(deploymentId: string, options?: Waiting): Promise<readonly InstanceVolume[]>;
  removeVolume(volume: InstanceVolume, options?: Waiting): Promise<void>;
  /** Bytes in each of these volumes, by name, as far as the engine can tell. */
  volumeSizes(volumes: readonly InstanceVolume[], options?: Waiting): Promise<ReadonlyMap<string, number>>;
  /**
   * Volumes as one tar archive, each under a folder of its own, no faster than it is read. None of them can be removed
   * meanwhile. Destroying it gives up; the signal does so as well.
   */
  archiveVolumes(volumes: readonly ArchivedVolume[], options?: Waiting): Promise<Readable>;
  /** The last lines that an instance printed, oldest first. */
  lastLines(instanceId: string, count: number, options?: Waiting): Promise<readonly string[]>;
  /** What each running instance has used since it started, by instance id. */
  usageTotals(deploymentId: string, options?: Waiting): Promise<ReadonlyMap<string, UsageTotal>>;
  /** The same of every deployment that runs something, by deployment id: one list, however many there are. */
  allUsageTotals(options?: Waiting): Promise<ReadonlyMap<string, ReadonlyMap<string, UsageTotal>>>;
  /** TCP ports that processes of the instance listen on; empty when it cannot be told. */
  listening(instanceId: string, options?: Waiting): Promise<readonly number[]>;
  /** What runs of deployments that are not in this list. */
  strays(known: ReadonlySet<string>, options?: Waiting): Promise<readonly string[]>;
  /** What can be told of a deployment without the state. */
  remains(deploymentId: string, options?: Waiting): Promise<Remains>;
  /** What the instances say they belong to, each answer once. */
  identities(options?: Waiting): Promise<readonly Identities[]>;
}

export interface Identities {
  readonly workspaceId: string;
  readonly regionId: string;
  /** Of the region's own registry, where the image is of one. */
  readonly repository: { readonly id: string; readonly name: string } | undefined;
}

/** What is left of a deployment that the state does not know. */
export interface Remains {
  /** Those that carry enough to be taken over, in no order. */
  readonly instances: readonly RemainingInstance[];
  /** Config mounts as they are in force; absent when there are none to read. */
  readonly config: ConfigGeneration | undefined;
  readonly volumes: readonly InstanceVolume[];
}

/** An instance as it can be told without the state. `createdAt` in milliseconds since the epoch. */
export interface RemainingInstance {
  readonly workspaceId: string;
  readonly deploymentId: string;
  readonly deploymentName: string;
  readonly releaseId: string;
  readonly releaseNumber: number;
  readonly ordinal: number;
  readonly digest: string | undefined;
  readonly running: boolean;
  readonly createdAt: number;
  /** All variables, those of the image among them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly record: AdoptionRecord;
}

/** CPU time and bytes of the network since the instance started, and memory now. `at` in milliseconds since the epoch, as of the engine. */
export interface UsageTotal {
  readonly at: number;
  readonly nanoseconds: number;
  readonly memoryBytes?: number | undefined;
  readonly memoryLimitBytes?: number | undefined;
  readonly receivedBytes?: number | undefined;
  readonly sentBytes?: number | undefined;
}

export interface Waiting {
  readonly signal?: AbortSignal;
}

export interface ObservedInstance {
  readonly id: string;
  readonly name: string;
  readonly deploymentId: string;
  readonly releaseId: string;
  readonly releaseNumber: number;
  readonly ordinal: number;
  /** How often this slot was started anew after a failure, before this instance. */
  readonly restarts: number;
  readonly state: 'created' | 'running' | 'exited';
  /** Where the control plane and the edge reach it, while it runs. */
  readonly address: string | undefined;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly exitCode: number | undefined;
  readonly outOfMemory: boolean;
  readonly node: string;
  /** Where its tcp and udp ports are reached. */
  readonly published: readonly PublishedAt[];
}

export interface ImageWanted {
  /** Without tag or digest, such as `127.0.0.1:7050/<workspace>/<name>` or `docker.io/library/nginx`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | undefined;
  readonly own: boolean;
  /** What to sign in to another registry with. */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

export type ImageOutcome =
  | { readonly kind: 'present'; readonly reference: string; readonly digest: string | undefined }
  | { readonly kind: 'failed'; readonly reason: Reason };

export type RunOutcome =
  | { readonly kind: 'running' }
  /** It will not start as it is; trying again changes nothing. */
  | { readonly kind: 'failed'; readonly reason: Reason };

/** Everything about one instance, as values. */
export interface InstanceSpec {
  readonly instanceId: string;
  readonly deploymentId: string;
  readonly deploymentName: string;
  readonly workspaceId: string;
  readonly releaseId: string;
  readonly releaseNumber: number;
  readonly ordinal: number;
  readonly restarts: number;
  readonly image: string;
  /** Merged and final, `NAME` to value, secrets included. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** It has /etc/config, with what `putConfig` put there. */
  readonly hasConfig: boolean;
  /** Volume id to path. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Its tcp and udp ports. `hostPort` 0: any free one. */
  readonly published: readonly (PublishedAt & { readonly protocol: 'tcp' | 'udp' })[];
  /** What these volumes are as resources, by id. */
  readonly volumeFacts: Readonly<Record<string, VolumeFacts>>;
  /** What it takes along in case that the state is lost. */
  readonly record: AdoptionRecord;
}

/** `size` in gigabytes. */
export interface VolumeFacts {
  readonly name: string;
  readonly size: number;
}

/** A volume, and the folder of the archive that it stands under. */
export interface ArchivedVolume {
  readonly volume: InstanceVolume;
  /** One file name: letters, digits, dots, hyphens and underscores. */
  readonly folder: string;
}

/** A volume of one instance: data stays with the slot, not with the container. */
export interface InstanceVolume {
  readonly name: string;
  readonly deploymentId: string;
  readonly volumeId: string;
  readonly ordinal: number;
  /** The resource as it was when the data was first made; absent where it does not say. */
  readonly facts: VolumeFacts | undefined;
}
