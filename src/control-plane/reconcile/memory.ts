import type { Reason } from '../../protocol/shapes/deployment.ts';
import type { TrafficTotals } from '../edge/contract.ts';
import type { Health, Protocols } from '../probes/watchInstance.ts';

/**
 * What the loop knows of a deployment beyond state and engine. All of it can be lost: probes answer again, and what
 * was draining is drained again.
 */
export interface Memory {
  /** Probes under way, by instance. */
  readonly watches: Map<string, Watch>;
  /** When an instance was told to finish what it has. */
  readonly draining: Map<string, number>;
  /** Instances that were told to end and have their grace. */
  readonly leaving: Set<string>;
  /** Why an instance is not well, found out once. */
  readonly reasons: Map<string, Reason>;
  /** Why an instance of a release last broke; it outlives the instance. */
  readonly lastReason: Map<string, Reason>;
  /** Why a release cannot be started at all. */
  readonly impossible: Map<string, Reason>;
  /** Why a release cannot be started right now, through no fault of its own: it is tried again and again. */
  readonly hindered: Map<string, Reason>;
  /** Instances of a release that broke, so that each counts once. */
  readonly broken: Map<string, Set<string>>;
  /** Routes as they were last put into force. */
  routes: string | undefined;
  rollout: Rollout | undefined;
  /** When config mounts that could not be put in force are tried again. */
  configAgain: number | undefined;
  /** Why nothing is started for the moment: the disk is all but full. */
  noRoom: Reason | undefined;
}

export interface Watch {
  readonly stop: () => void;
  /**
   * It served when this process began, as far as the state tells: it goes on until its first probe says otherwise, so
   * that a control plane that comes back takes nothing out of the traffic.
   */
  readonly servedBefore?: boolean;
  health: Health;
  /** When the ports were last looked at, and which other ones were open then. */
  looked: { readonly at: number; readonly listening: readonly number[] } | undefined;
}

/** A rollout that this process saw the beginning of, until the last instance before it is gone. */
export interface Rollout {
  readonly releaseId: string;
  /** Absent until the edge has told. */
  readonly trafficBefore: TrafficTotals | undefined;
  /** When the first instance of the release took traffic. */
  firstReadyAt: number | undefined;
  /** When it was live: all new traffic on it. */
  liveAt: number | undefined;
  /** When the first instance was told to finish what it has. */
  drainedFrom: number | undefined;
  /** When the last one had nothing open any more, or no more time. */
  drainedAt: number | undefined;
}

export function emptyMemory(): Memory {
  return {
    watches: new Map(),
    draining: new Map(),
    leaving: new Set(),
    reasons: new Map(),
    lastReason: new Map(),
    impossible: new Map(),
    hindered: new Map(),
    broken: new Map(),
    routes: undefined,
    rollout: undefined,
    configAgain: undefined,
    noRoom: undefined,
  };
}

/** Forgets what belongs to instances that are not there any more. */
export function forgetGone(memory: Memory, present: ReadonlySet<string>): void {
  for (const [id, watch] of memory.watches) {
    if (present.has(id)) continue;
    watch.stop();
    memory.watches.delete(id);
  }
  for (const map of [memory.draining, memory.reasons]) {
    for (const id of map.keys()) if (!present.has(id)) map.delete(id);
  }
}

/** Drains that began in the future begin now: the clock was set back, and nobody shall wait for it to catch up. */
export function beginDrainsBy({ draining }: Memory, now: number): void {
  for (const [id, since] of draining) if (since > now) draining.set(id, now);
}

/** What the instances that are ready want to be spoken to in, by instance and port. */
export function protocolsOf({ watches }: Memory): ReadonlyMap<string, Protocols> {
  return new Map(
    Array.from(watches).flatMap(([id, { health }]) =>
      health.kind === 'ready' ? [[id, health.protocols] as const] : [],
    ),
  );
}
