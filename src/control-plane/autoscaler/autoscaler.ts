import { describeError, type Log } from '../../base/log.ts';
import { rest, type Clock } from '../../base/clock.ts';
import type { Desired, ReconcileStore, Reconciler } from '../domain.ts';
import type { UsageTotal } from '../executors/executor.ts';
import type { UsageMeter } from '../usage/usageMeter.ts';
import { gigabytes, memoryBytesOf, mostInstances, type Capacity } from '../capacity.ts';
import { decideScale, type LoadSample, type ScaleDecision, type ScaleRules } from './decideScale.ts';

export interface AutoscalerParts {
  readonly store: Pick<ReconcileStore, 'deploymentIds' | 'desired' | 'setScale' | 'recordEvent'>;
  readonly reconciler: Pick<Reconciler, 'status' | 'region'>;
  readonly usage: Pick<UsageMeter, 'totals'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: ScaleRules;
}

/** What is kept of one deployment between two samples. */
interface Track {
  /** What must stay the same for a window to go on: release, scale, and what is ready. */
  readonly signature: string;
  readonly steadySince: number;
  readonly totals: ReadonlyMap<string, UsageTotal>;
  readonly samples: readonly LoadSample[];
  /** It was told that there is no room for more; once is enough while nothing changes. */
  readonly toldNoRoom: boolean;
}

/**
 * Watches the CPU of deployments that may have more instances than they need at least, and scales them. Nothing is
 * kept beyond a window; after a restart a new window begins.
 */
export class Autoscaler {
  readonly #parts: AutoscalerParts;
  readonly #tracks = new Map<string, Track>();
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(parts: AutoscalerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /** One round: a sample of every deployment that may scale, and what follows from it. */
  async sample(signal: AbortSignal): Promise<void> {
    const ids = this.#parts.store.deploymentIds();
    const known = new Set(ids);
    for (const id of this.#tracks.keys()) if (!known.has(id)) this.#tracks.delete(id);
    for (const id of ids) await this.#sampleOne(id, signal);
  }

  async #run(): Promise<void> {
    const { clock, log, rules } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const began = clock.now();
      try {
        await this.sample(signal);
      } catch (error) {
        if (!signal.aborted) log.warn('The load could not be measured', { error: describeError(error) });
      }
      // From begin to begin: what a sample takes must not make a window poor in them.
      await rest(clock, Math.max(0, began + rules.samplePeriodMs - clock.now()), signal);
    }
  }

  async #sampleOne(id: string, signal: AbortSignal): Promise<void> {
    const { store, usage, clock, rules } = this.#parts;
    const desired = store.desired(id);
    if (desired === 'absent' || !mayScale(desired)) {
      this.#tracks.delete(id);
      return;
    }
    const totals = await usage.totals(id, rules.samplePeriodMs / 2);
    if (signal.aborted) return;
    const before = this.#tracks.get(id);
    const now = clock.now();
    const track = this.#next(desired, before, totals, now);
    const toldNoRoom = this.#decide(desired, track, now);
    this.#tracks.set(id, { ...track, toldNoRoom });
  }

  #next(
    desired: Desired,
    before: Track | undefined,
    totals: ReadonlyMap<string, UsageTotal>,
    now: number,
  ): Track {
    const { rules, reconciler } = this.#parts;
    const { ready, rollingReleaseNumber, liveReleaseNumber } = reconciler.status(desired.deployment.id);
    const signature = [desired.deployment.scale, ready, liveReleaseNumber, rollingReleaseNumber].join('/');
    // A window that begins in the future is one before the clock was set back: it is begun anew.
    const same = before?.signature === signature && before.steadySince <= now;
    const cpu = same ? cpuShare(before.totals, totals, desired.machineType.cpus) : undefined;
    const kept = (same ? before.samples : []).filter(({ at }) => at > now - rules.windowMs);
    return {
      signature,
      steadySince: same ? before.steadySince : now,
      totals,
      samples: cpu === undefined ? kept : [...kept, { at: now, cpu }],
      toldNoRoom: same && before.toldNoRoom,
    };
  }

  /** Scales where that is due. Returns whether it has been told that there is no room for more. */
  #decide(desired: Desired, track: Track, now: number): boolean {
    const { deployment, machineType } = desired;
    const { store, reconciler, rules } = this.#parts;
    const { capacity } = reconciler.region();
    const status = reconciler.status(deployment.id);
    const decision = decideScale(
      {
        current: deployment.scale,
        min: deployment.minScale,
        max: deployment.maxScale,
        room: capacity === undefined ? undefined : mostInstances(machineType, capacity),
        hasVolumes: Object.keys(deployment.config.volumes).length > 0,
        rolling: status.rollingReleaseNumber !== undefined || status.ready < deployment.scale,
        steadySince: track.steadySince,
        samples: track.samples,
        now,
      },
      rules,
    );
    if (decision.kind === 'keep') return track.toldNoRoom;
    if (decision.kind === 'scale') {
      const message = `Scaled from ${deployment.scale} to ${decision.to} instances: ${decision.because}.`;
      this.#record(desired, 'scale', message, now);
      store.setScale(deployment.id, decision.to);
      return false;
    }
    if (capacity !== undefined && !track.toldNoRoom) {
      this.#record(desired, 'noRoom', noRoom(desired, decision, capacity), now);
    }
    return true;
  }

  #record({ deployment, target }: Desired, kind: string, message: string, at: number): void {
    const releaseNumber = target?.number;
    this.#parts.store.recordEvent({ deploymentId: deployment.id, at, kind, message, releaseNumber });
  }
}

function noRoom(
  { deployment, machineType }: Desired,
  { wanted, because }: Extract<ScaleDecision, { kind: 'noRoom' }>,
  capacity: Capacity,
): string {
  const [each, has] = [gigabytes(memoryBytesOf(machineType)), gigabytes(capacity.memoryBytes)];
  return `Kept at ${deployment.scale} instances although ${wanted} would be due: the ${has} of memory of the region's machine have no room for more of ${each} each. ${because}.`;
}

function mayScale({ deployment, target }: Desired): boolean {
  return (
    deployment.intent === 'running' &&
    target?.state === 'live' &&
    deployment.maxScale > deployment.minScale &&
    Object.keys(deployment.config.volumes).length === 0
  );
}

/**
 * CPU between two totals as a share of what is allocated, averaged over the instances that are in both. Absent when
 * there is none: an average over nothing is no measurement.
 */
export function cpuShare(
  before: ReadonlyMap<string, UsageTotal>,
  now: ReadonlyMap<string, UsageTotal>,
  cpus: number,
): number | undefined {
  const shares: number[] = [];
  for (const [id, total] of now) {
    const earlier = before.get(id);
    const elapsed = earlier === undefined ? 0 : total.at - earlier.at;
    const used = earlier === undefined ? -1 : total.nanoseconds - earlier.nanoseconds;
    // A counter that fell is one that began anew.
    if (elapsed > 0 && used >= 0) shares.push(used / (elapsed * 1e6 * cpus));
  }
  return shares.length === 0 ? undefined : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
