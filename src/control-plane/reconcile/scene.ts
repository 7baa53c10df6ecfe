import type { Desired, Release } from '../domain.ts';
import type { InstanceVolume, ObservedInstance } from '../executors/executor.ts';
import type { Memory } from './memory.ts';
import type { Scene, Seen, WantedRelease, Wish } from './plan/model.ts';

/** What the planner is asked, out of what is wanted, what is there, and what the loop remembers. */
export function sceneOf(
  desired: Desired | 'absent',
  observed: readonly ObservedInstance[],
  volumes: readonly InstanceVolume[],
  inFlight: ReadonlyMap<string, number>,
  memory: Memory,
  facts: {
    readonly surroundings: boolean;
    readonly roomShort: boolean;
    readonly now: number;
    readonly isAbandoned: (volumeId: string) => boolean;
    /** Tcp and udp ports are ports of the machine that stay the same. */
    readonly portsAreFixed: boolean;
  },
): Scene {
  const seen = observed.map((instance) => seenOf(instance, inFlight, memory));
  const wish = wishOf(desired, facts.portsAreFixed);
  return {
    wish,
    seen: spareTogether(seen, wish),
    volumes: volumes.map(({ name, ordinal, volumeId }) => ({
      name,
      ordinal,
      abandoned: facts.isAbandoned(volumeId),
    })),
    targetFailures: wish.target === undefined ? 0 : (memory.broken.get(wish.target.id)?.size ?? 0),
    targetImpossible: wish.target !== undefined && memory.impossible.has(wish.target.id),
    surroundings: facts.surroundings,
    roomShort: facts.roomShort,
    now: facts.now,
  };
}

export function wishOf(desired: Desired | 'absent', portsAreFixed: boolean): Wish {
  if (desired === 'absent') return { instances: 0, target: undefined, fallback: undefined, gone: true };
  const { deployment, target, live } = desired;
  const runs = deployment.intent === 'running' && target !== undefined;
  return {
    instances: runs ? deployment.scale : 0,
    target: runs ? wanted(target, portsAreFixed) : undefined,
    fallback: live === undefined || live.id === target?.id ? undefined : wanted(live, portsAreFixed),
    gone: false,
  };
}

const states: Readonly<Record<Release['state'], WantedRelease['state']>> = {
  waiting: 'new',
  rolling: 'rolling',
  live: 'live',
  retired: 'new',
  failed: 'failed',
  superseded: 'new',
};

function wanted(release: Release, portsAreFixed: boolean): WantedRelease {
  const { volumes, ports } = release.config;
  const hasVolumes = Object.keys(volumes).length > 0;
  return {
    id: release.id,
    number: release.number,
    state: states[release.state],
    exclusive: hasVolumes || (portsAreFixed && Object.values(ports).some((type) => type !== 'http')),
  };
}

function seenOf(instance: ObservedInstance, inFlight: ReadonlyMap<string, number>, memory: Memory): Seen {
  const { id, releaseId, ordinal, restarts, startedAt } = instance;
  const health = healthOf(instance, memory);
  const probed = memory.watches.get(id)?.health;
  const endedAt =
    probed?.kind === 'failing' || probed?.kind === 'notStarted' ? probed.at : instance.finishedAt;
  return {
    id,
    releaseId,
    ordinal,
    restarts,
    health,
    endedAt,
    ranForMs: startedAt === undefined || endedAt === undefined ? 0 : Math.max(0, endedAt - startedAt),
    drainingSince: memory.draining.get(id),
    inFlight: inFlight.get(id),
    leaving: memory.leaving.has(id),
  };
}

function healthOf(instance: ObservedInstance, memory: Memory): Seen['health'] {
  if (instance.state !== 'running') return instance.state;
  if (instance.address === undefined) return 'cutOff';
  const watch = memory.watches.get(instance.id);
  if (watch === undefined) return 'starting';
  const { health, servedBefore } = watch;
  return health.kind === 'starting' && health.last === undefined && servedBefore === true
    ? 'ready'
    : health.kind;
}

/**
 * When half or more of the instances fail their liveness together, something that they depend on is down, and
 * starting them anew would help nobody: they are left as they are.
 */
export function spareTogether(seen: readonly Seen[], wish: Wish): readonly Seen[] {
  if (!dependencyDown(seen, wish)) return seen;
  return seen.map((one) => (one.health === 'failing' ? { ...one, health: 'ready' } : one));
}

export function dependencyDown(seen: readonly Seen[], wish: Wish): boolean {
  const failing = seen.filter(({ health }) => health === 'failing').length;
  return wish.instances >= 2 && failing * 2 >= wish.instances;
}
