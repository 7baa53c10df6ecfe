import type { InstanceConfig } from '../protocol/consequences.ts';
import type { AfterConfigChange } from '../protocol/shapes/configMount.ts';
import type { ImageSource, Reason } from '../protocol/shapes/deployment.ts';
import type { TrafficLimits } from '../protocol/shapes/trafficLimits.ts';
import type { DnsRecord } from '../protocol/shapes/domain.ts';
import type { ManagedUrlTarget } from '../protocol/shapes/managedUrl.ts';
import type { Capacity } from './capacity.ts';
import type { VolumeFacts } from './executors/executor.ts';
import type { PortRange, PublishedAt, SlotPort } from './publicPort.ts';
import type { ReleaseCause, ReleaseState, RolloutProof } from '../protocol/shapes/release.ts';

/**
 * The nouns of the control plane. State keeps what people want; the engine keeps what is; nothing that the
 * engine can tell is stored. Times are milliseconds since the epoch, sizes are bytes, ids are wire UUIDs.
 */
export interface Deployment {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly source: ImageSource;
  readonly imageTag: string;
  readonly regionId: string;
  readonly machineTypeId: string;
  readonly deployOnPush: boolean;
  readonly minScale: number;
  readonly maxScale: number;
  /** What the person wants. `created`: not started yet, a push or a start begins it. */
  readonly intent: 'created' | 'running' | 'stopped';
  /** Configuration that the next release takes over. */
  readonly config: ReleaseConfig;
  /** What happens in instances after their config mounts have changed. */
  readonly afterConfigChange: AfterConfigChange;
  /** What was declared of what the edge holds clients and instances to. */
  readonly trafficLimits: TrafficLimits;
  /** The release that shall run; absent until there is one. */
  readonly targetReleaseId: string | undefined;
  /** Instances wanted now, within min and max. */
  readonly scale: number;
  /** Set by a revert: pushes are recorded, but not rolled out, until it is resumed. */
  readonly pushesPaused: boolean;
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The part of a deployment that is frozen into each release. */
export type ReleaseConfig = InstanceConfig;

/** Image digest and configuration, numbered; never changed but for how its rollout went. */
export interface Release {
  readonly id: string;
  readonly deploymentId: string;
  readonly number: number;
  /** `sha256:…` once resolved. Absent only while the first look at an external registry has not succeeded. */
  readonly digest: string | undefined;
  readonly source: ImageSource;
  readonly imageTag: string;
  readonly config: ReleaseConfig;
  /** The generation of config mounts that it had last. */
  readonly configGeneration: number;
  /** How many files that were; fewer are kept when it was long ago. */
  readonly configFiles: number;
  readonly cause: ReleaseCause;
  readonly state: ReleaseState;
  readonly reason: Reason | undefined;
  readonly proof: RolloutProof | undefined;
  readonly createdAt: number;
  readonly finishedAt: number | undefined;
}

/** All config mounts of a deployment as they are together. `generation` 0: there never was one. */
export interface ConfigGeneration {
  readonly generation: number;
  /** Content by name under /etc/config. */
  readonly files: ReadonlyMap<string, Buffer>;
}

export interface MachineTypeRow {
  readonly id: string;
  readonly cpus: number;
  /** Quarters of 10⁹ bytes. */
  readonly memoryCount: number;
}

export interface RepositoryRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What name servers answered at the last look, and the whole of it in words when something is missing. */
export interface DnsLook {
  readonly at: number;
  readonly records: readonly DnsRecord[];
  readonly message: string | undefined;
  /** A record was there and is not found this once: it counts when it is missed again. */
  readonly missedOnce?: true;
}

export interface DomainRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly isVerified: boolean;
  /** When its record was last missed. */
  readonly lastUnverifiedAt: number | undefined;
  readonly looked: DnsLook | undefined;
  readonly createdAt: number;
}

/** Where a managed URL of this server can lead. */
export type UrlTarget = Exclude<ManagedUrlTarget, { type: 'proxyStaticSite' }>;

export interface ManagedUrlRow {
  readonly id: string;
  readonly workspaceId: string;
  /** `@`: the domain itself. */
  readonly subDomain: string;
  readonly domainId: string;
  /** Begins with a slash and ends with none, but for `/` itself. */
  readonly path: string;
  readonly target: UrlTarget;
  /** Its name led to the region at the last look. */
  readonly isConfigured: boolean;
  readonly looked: DnsLook | undefined;
  readonly createdAt: number;
}

/** A decision and its inputs, in words. Appended, never changed; old ones are dropped beyond a bound. */
export interface DecisionEvent {
  readonly deploymentId: string;
  readonly at: number;
  readonly kind: string;
  readonly message: string;
  readonly releaseNumber: number | undefined;
}

/** All that the planner needs to know of what people want of one deployment, read in one transaction. */
export interface Desired {
  readonly deployment: Deployment;
  readonly target: Release | undefined;
  /** The release that last became live, if its rollout has not been replaced by the target's yet. */
  readonly live: Release | undefined;
  readonly machineType: MachineTypeRow;
  /** Every release that an observed instance may belong to. */
  readonly releases: readonly Release[];
  /** DNS label of the deployment's name, if it is the oldest one with that label (see `hostNames.ts`). */
  readonly hostLabel: string | undefined;
}

/** What the reconcile loop reads of state, and the few outcomes that it writes. `state/` implements it. */
export interface ReconcileStore {
  /** Ids of all deployments, deleted ones not among them. */
  deploymentIds(): readonly string[];
  /** Whether it was there and was deleted: then whatever runs of it shall go. What was never there is left alone. */
  wasDeleted(deploymentId: string): boolean;
  /** `absent` when there is no such deployment (any more). */
  desired(deploymentId: string): Desired | 'absent';
  /** The rollout of a release began. */
  releaseRolling(releaseId: string, at: number): void;
  /** Every wanted instance of it takes traffic: it is live, and the one before is retired. */
  releaseLive(releaseId: string, at: number, proof: RolloutProof | undefined): void;
  /** Nothing is left of what ran before it: this is what its rollout did in the end. */
  releaseProved(releaseId: string, proof: RolloutProof): void;
  /** It will not become ready. The one before goes on. */
  releaseFailed(releaseId: string, at: number, reason: Reason): void;
  /** An external image's tag was resolved. */
  releaseResolved(releaseId: string, digest: string): void;
  /** The autoscaler's wish; kept within min and max. */
  setScale(deploymentId: string, scale: number): void;
  recordEvent(event: DecisionEvent): void;
  /** Config mounts as they shall be now. */
  config(deploymentId: string): ConfigGeneration;
  /** A volume as a resource of its workspace; absent when it is none (any more). */
  volume(volumeId: string): VolumeFacts | undefined;
  /**
   * The port of the machine that a slot's port is reached at: the same one at every call, unless it is `refused`
   * because something else has it. Undefined: the range has none left, or the deployment is gone.
   */
  publicPort(slot: SlotPort, range: PortRange, refused?: number): number | undefined;
  /** What the workspace signs in to another registry with, if it has something for it. */
  registryLogin(workspaceId: string, registry: string): RegistryLogin | undefined;
  /** Value of a secret of the workspace. */
  secretValue(workspaceId: string, secretId: string): SecretValue;
}

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

export type SecretValue =
  | { readonly kind: 'value'; readonly name: string; readonly text: string }
  | { readonly kind: 'absent' }
  /** The key that it was sealed with is lost, or it was changed in the database. */
  | { readonly kind: 'unreadable'; readonly name: string };

/** What the loop knows about a deployment right now, derived from the last look at the engine. */
export interface LiveStatus {
  readonly status: 'created' | 'deploying' | 'running' | 'stopped' | 'errored' | 'unreachable';
  readonly reason: Reason | undefined;
  readonly instances: readonly LiveInstance[];
  readonly ready: number;
  readonly wanted: number;
  readonly liveReleaseNumber: number | undefined;
  readonly rollingReleaseNumber: number | undefined;
  /** Where tcp and udp ports of its instances are reached, by slot; absent: nowhere. */
  readonly published?: readonly PublishedAt[];
}

export interface LiveInstance {
  readonly id: string;
  readonly name: string;
  readonly releaseNumber: number;
  readonly state: 'starting' | 'ready' | 'unready' | 'draining' | 'backingOff' | 'stopped';
  readonly node: string;
  readonly startedAt: number | undefined;
  readonly restarts: number;
  readonly reason: Reason | undefined;
}

/** The reconcile loop as the API sees it. */
export interface Reconciler {
  /** What is wanted of it changed (after the commit). A newer wish aborts waiting on an older one. */
  wake(deploymentId: string): void;
  /** Derived from the last look; never blocks on the engine. */
  status(deploymentId: string): LiveStatus;
  /** Fires with the id whenever `status` of a deployment would answer differently. */
  onChange(listener: (deploymentId: string) => void): { dispose(): void };
  region(): RegionFacts;
}

export interface RegionFacts {
  readonly connected: boolean;
  /** Why not. */
  readonly message: string | undefined;
  readonly platform: string | undefined;
  readonly freeBytes: number | undefined;
  /** As it was last seen. */
  readonly capacity: Capacity | undefined;
  readonly lastSeen: number | undefined;
  readonly edge:
    | { readonly httpPort: number; readonly httpsPort: number; readonly certificateAuthority: string }
    | undefined;
  /** Host and port of the registry as image references name it, such as `127.0.0.1:7050`. */
  readonly registryHost: string | undefined;
}
