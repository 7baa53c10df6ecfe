/**
 * What the planner sees and says. Plain values: it is given what is wanted, what is there and the time, and answers
 * with small steps. Every step may be cut in half or run twice; the next look repairs it.
 */
export interface Wish {
  /** Instances that there shall be; 0 when it is stopped, was never started, or is deleted. */
  readonly instances: number;
  /** The release that shall run; absent when nothing shall. */
  readonly target: WantedRelease | undefined;
  /** The release that took traffic before the target; kept up until the target can take over. */
  readonly fallback: WantedRelease | undefined;
  /** Deleted: volumes, network and configuration go too. */
  readonly gone: boolean;
}

export interface WantedRelease {
  readonly id: string;
  readonly number: number;
  /** `failed`: it will not be tried again. */
  readonly state: 'new' | 'rolling' | 'live' | 'failed';
  /** Each of its instances has what has one user, data or a port of the machine, so one slot never has two instances. */
  readonly exclusive: boolean;
}

/** An instance with all that is known of it. */
export interface Seen {
  readonly id: string;
  readonly releaseId: string;
  readonly ordinal: number;
  readonly restarts: number;
  readonly health:
    | 'created'
    | 'starting'
    | 'ready'
    /** Ran and ended, whatever the code. */
    | 'exited'
    /** Runs, and nobody reaches it: it is in no network any more. */
    | 'cutOff'
    /** Did not come up within its startup budget. */
    | 'notStarted'
    /** Its liveness probe failed too often. */
    | 'failing';
  /** When it ended or failed; for back-off. */
  readonly endedAt: number | undefined;
  /** How long it was well before it ended, in milliseconds. */
  readonly ranForMs: number;
  /** When it was told to finish what it has; absent while it may get new requests. */
  readonly drainingSince: number | undefined;
  /** Requests it is serving; absent when the edge does not know it. */
  readonly inFlight: number | undefined;
  /** It was told to end, and has its grace: it counts for nothing but for the data that it still uses. */
  readonly leaving: boolean;
}

export interface Volume {
  readonly name: string;
  readonly ordinal: number;
  /** It was deleted as a resource, and no instance that is there mounts it. */
  readonly abandoned: boolean;
}

export interface Scene {
  readonly wish: Wish;
  readonly seen: readonly Seen[];
  readonly volumes: readonly Volume[];
  /** Failures of the target's instances since its rollout began. */
  readonly targetFailures: number;
  /** A reason why the target cannot run at all, such as an image that does not exist. */
  readonly targetImpossible: boolean;
  /** Whether network or configuration are left when nothing else is. */
  readonly surroundings: boolean;
  /** The engine's disk is all but full: nothing is started, and nothing that serves makes way for what would be. */
  readonly roomShort: boolean;
  readonly now: number;
}

/** Numbers that the planner goes by; times in milliseconds. */
export interface PlanRules {
  /** Instances are created this many at a time. */
  readonly atOnce: number;
  readonly drainMs: number;
  /** Failures after which a release that was never live is given up. */
  readonly failuresAllowed: number;
  readonly restartFirstMs: number;
  readonly restartMostMs: number;
  /** An instance that was well for this long starts its back-off anew. */
  readonly healthyResetMs: number;
  /** How often it is looked whether there is room again. */
  readonly roomLookMs: number;
}

export const defaultPlanRules: PlanRules = {
  atOnce: 4,
  drainMs: 30_000,
  failuresAllowed: 3,
  restartFirstMs: 10_000,
  restartMostMs: 300_000,
  healthyResetMs: 600_000,
  roomLookMs: 1000,
};

export type Step =
  | {
      readonly kind: 'run';
      readonly releaseId: string;
      readonly ordinal: number;
      readonly restarts: number;
      readonly because: string;
    }
  | { readonly kind: 'drain'; readonly instanceId: string; readonly because: string }
  | { readonly kind: 'remove'; readonly instanceId: string; readonly because: string }
  | { readonly kind: 'removeVolume'; readonly volume: string; readonly because: string }
  | { readonly kind: 'removeSurroundings'; readonly because: string }
  | { readonly kind: 'releaseLive'; readonly releaseId: string; readonly because: string }
  | { readonly kind: 'releaseFailed'; readonly releaseId: string; readonly because: string }
  /** Nothing to do before this time, unless something happens. `forRoom`: it waits for room on the disk. */
  | { readonly kind: 'wait'; readonly until: number; readonly because: string; readonly forRoom?: true };

export type StepKind = Step['kind'];

export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;
