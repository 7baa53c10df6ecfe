import { describeError } from '../../base/log.ts';
import { memoryBytesOf } from '../capacity.ts';
import type { Desired, LiveStatus, Release } from '../domain.ts';
import type { InstanceVolume, ObservedInstance } from '../executors/executor.ts';
import { httpPorts } from '../hostNames.ts';
import { startupBudgetMs, startupCheckOf } from '../probes/rules.ts';
import { watchInstance, type Health } from '../probes/watchInstance.ts';
import { Apply, NoRoom } from './apply.ts';
import { explain } from './explain.ts';
import { beginDrainsBy, emptyMemory, forgetGone, protocolsOf, type Memory, type Watch } from './memory.ts';
import type { LoopParts } from './parts.ts';
import { isBroken, plan, serves } from './plan/plan.ts';
import type { Scene, Step } from './plan/model.ts';
import { drainOf, proofOf } from './proof.ts';
import { Retries } from './retries.ts';
import { isRoomShort, roomReason } from './room.ts';
import { routesOf } from './routes.ts';
import { dependencyDown, sceneOf, wishOf } from './scene.ts';
import { statusOf } from './status.ts';

/** After this long without an answer on its port it is looked which ports are open instead. */
const lookAtPortsAfterMs = 3000;
const lookAtPortsEveryMs = 5000;
/** An instance that listens elsewhere for this long will not listen where it shall. */
const elsewhereForMs = 20_000;
const shownLines = 20;
/** Passes in a row without a wait between them; more would be a plan that never settles. */
const mostPasses = 200;
const configRetryMs = 5000;

/** What one pass saw. */
interface Look {
  readonly desired: Desired | 'absent';
  readonly observed: readonly ObservedInstance[];
  readonly volumes: readonly InstanceVolume[];
  readonly freeBytes: number | undefined;
  readonly scene: Scene;
}

/**
 * Brings one deployment to what is wanted of it. Only its lane calls `settle`; everything else may ask for the
 * status at any time.
 */
export class Worker {
  readonly #id: string;
  readonly #parts: LoopParts;
  readonly #memory: Memory = emptyMemory();
  readonly #apply: Apply;
  readonly #retries: Retries;
  readonly #tell: () => void;
  readonly #wake: () => void;
  #look: Look | undefined;
  #unreachable: string | undefined;
  #told = '';

  constructor(id: string, parts: LoopParts, hooks: { tell: () => void; wake: () => void }) {
    this.#id = id;
    this.#parts = parts;
    this.#tell = hooks.tell;
    this.#wake = hooks.wake;
    this.#retries = new Retries(parts);
    this.#apply = new Apply(id, parts, this.#memory, hooks.wake);
  }

  /**
   * Looks, plans, acts, and looks again until there is nothing to do now. Returns when to come back at the latest,
   * or `gone` when nothing is left of a deleted deployment.
   */
  async settle(
    signal: AbortSignal,
  ): Promise<{ kind: 'gone' } | { kind: 'settled'; again: number | undefined }> {
    for (let pass = 0; pass < mostPasses; pass += 1) {
      if (signal.aborted) return { kind: 'settled', again: undefined };
      const look = await this.#lookAgain(signal);
      await this.#route(look, signal);
      await this.#completeProof(look, signal);
      if (pass === 0 && look.desired !== 'absent') await this.#finishConfig(signal);
      const steps = plan(look.scene, this.#parts.planRules);
      this.#noteRoom(look, steps);
      this.#publish();
      const due = steps.filter((step) => step.kind !== 'wait');
      if (due.length === 0) {
        const nothingLeft = steps.length === 0 && look.scene.seen.length === 0;
        if (look.desired === 'absent' && nothingLeft) return { kind: 'gone' };
        this.#retries.beginAnew();
        return { kind: 'settled', again: this.#nextLook(steps) };
      }
      const again = this.#retries.heldUntil(due) ?? (await this.#act(due, look, signal));
      if (again !== undefined) {
        this.#publish();
        return { kind: 'settled', again: Math.min(again, this.#nextLook(steps) ?? again) };
      }
    }
    this.#parts.log.error('A deployment does not settle', { deployment: this.#id });
    return { kind: 'settled', again: this.#retries.lookFailed() };
  }

  /** Somebody changed something: what failed is not held back any longer. */
  beginAnew(): void {
    this.#retries.beginAnew();
  }

  /** Nothing could be looked at, for this reason; what is known stays, and is said to be old. When to try again. */
  unreachable(why: string): number {
    this.#unreachable = why;
    this.#publish();
    return this.#retries.lookFailed();
  }

  /** As of the last look; wishes are read anew. */
  status(): LiveStatus | undefined {
    const desired = this.#parts.store.desired(this.#id);
    if (desired === 'absent') return undefined;
    const seen = this.#look?.scene.seen ?? [];
    return statusOf({
      desired,
      observed: this.#look?.observed ?? [],
      seen,
      memory: this.#memory,
      unreachable: this.#unreachable,
      dependencyDown: dependencyDown(this.#rawSeen(), wishOf(desired, this.#parts.publishing !== undefined)),
    });
  }

  dispose(): void {
    for (const watch of this.#memory.watches.values()) watch.stop();
    this.#memory.watches.clear();
  }

  /** Health as the probes say it, before instances that fail together are spared. */
  #rawSeen(): Scene['seen'] {
    return (this.#look?.scene.seen ?? []).map((one) =>
      this.#memory.watches.get(one.id)?.health.kind === 'failing' ? { ...one, health: 'failing' } : one,
    );
  }

  async #lookAgain(signal: AbortSignal): Promise<Look> {
    const { store, executor, edge, clock } = this.#parts;
    const desired = store.desired(this.#id);
    const observed = await executor.observe(this.#id, { signal });
    const present = new Set(observed.map(({ id }) => id));
    forgetGone(this.#memory, present);
    beginDrainsBy(this.#memory, clock.now());
    if (desired !== 'absent') this.#watch(observed, desired);
    const draining = observed.some(({ id }) => this.#memory.draining.has(id));
    const inFlight = draining ? await edge.inFlight(this.#id, { signal }) : new Map<string, number>();
    const volumes = await executor.listVolumes(this.#id, { signal });
    const freeBytes = await this.#parts.freeBytes({ signal });
    const isAbandoned = (volumeId: string): boolean =>
      store.volume(volumeId) === undefined && !mountedBySome(volumeId, observed, desired);
    const surroundings = desired === 'absent' && !this.#apply.surroundingsRemoved;
    const scene = sceneOf(desired, observed, volumes, inFlight, this.#memory, {
      surroundings,
      roomShort: isRoomShort(freeBytes),
      now: clock.now(),
      isAbandoned,
      portsAreFixed: this.#parts.publishing !== undefined,
    });
    this.#unreachable = undefined;
    this.#look = { desired, observed, volumes, freeBytes, scene };
    if (desired !== 'absent') {
      await this.#findReasons(this.#look, desired, signal);
      this.#noteProgress(desired, scene);
    }
    return this.#look;
  }

  /** Every running instance is probed by its own release's rules, from when it is first seen. */
  #watch(observed: readonly ObservedInstance[], desired: Desired): void {
    for (const instance of observed) {
      const { id, state, address, startedAt, releaseId } = instance;
      const release = desired.releases.find((one) => one.id === releaseId);
      const there = this.#memory.watches.get(id);
      if (state !== 'running') {
        there?.stop();
        continue;
      }
      if (there !== undefined || address === undefined || release === undefined) continue;
      this.#beginWatch(id, address, startedAt ?? this.#parts.clock.now(), release);
    }
  }

  #beginWatch(id: string, address: string, startedAt: number, release: Release): void {
    const { prober, clock, probeRules, log } = this.#parts;
    const controller = new AbortController();
    const watch: Watch = {
      stop: () => controller.abort(),
      servedBefore: this.#look === undefined && release.state === 'live',
      health: { kind: 'starting', last: undefined, since: clock.now() },
      looked: undefined,
    };
    this.#memory.watches.set(id, watch);
    const tell = (health: Health): void => {
      watch.health = health;
      this.#wake();
    };
    const wanted = {
      address,
      startedAt,
      startup: startupCheckOf(release.config.startupProbe, httpPorts(release.config.ports)),
      httpPorts: httpPorts(release.config.ports),
      liveness: release.config.livenessProbe,
      rules: probeRules,
    };
    watchInstance(wanted, tell, { prober, clock, signal: controller.signal }).catch((error: unknown) => {
      if (!controller.signal.aborted) log.error('A probe broke', { error: describeError(error) });
    });
  }

  /** Finds out, once each, why instances are not well, and counts what broke. */
  async #findReasons(look: Look, desired: Desired, signal: AbortSignal): Promise<void> {
    for (const seen of look.scene.seen) {
      const instance = look.observed.find(({ id }) => id === seen.id);
      if (instance === undefined) continue;
      if (isBroken(seen)) {
        this.#countBroken(seen.releaseId, seen.id);
        await this.#findReason(instance, desired, signal);
      } else if (seen.health === 'starting') {
        await this.#lookElsewhere(instance, desired, signal);
      } else if (serves(seen)) {
        this.#memory.reasons.delete(seen.id);
      }
    }
  }

  #countBroken(releaseId: string, instanceId: string): void {
    const broken = this.#memory.broken.get(releaseId) ?? new Set<string>();
    broken.add(instanceId);
    this.#memory.broken.set(releaseId, broken);
  }

  async #findReason(instance: ObservedInstance, desired: Desired, signal: AbortSignal): Promise<void> {
    const known = this.#memory.reasons.get(instance.id);
    const watch = this.#memory.watches.get(instance.id);
    const settled = instance.state === 'exited' || watch?.health.kind !== 'starting';
    if (known !== undefined && (known.exitCode !== undefined || !settled)) return;
    const release = desired.releases.find(({ id }) => id === instance.releaseId);
    if (release === undefined) return;
    const { executor } = this.#parts;
    const running = instance.state === 'running';
    const listening = running ? await executor.listening(instance.id, { signal }) : [];
    const lines = await executor.lastLines(instance.id, shownLines, { signal });
    const reason = explain({
      instance,
      health: watch?.health,
      startup: startupCheckOf(release.config.startupProbe, httpPorts(release.config.ports)),
      listening,
      lines,
      memoryBytes: memoryBytesOf(desired.machineType),
    });
    this.#memory.reasons.set(instance.id, reason);
    this.#memory.lastReason.set(instance.releaseId, reason);
  }

  /** A young instance whose port is silent may listen elsewhere: that is said early, and ends the waiting sooner. */
  async #lookElsewhere(instance: ObservedInstance, desired: Desired, signal: AbortSignal): Promise<void> {
    const watch = this.#memory.watches.get(instance.id);
    if (watch === undefined || watch.health.kind !== 'starting' || watch.health.last?.kind !== 'connect')
      return;
    const { clock, executor } = this.#parts;
    const age = clock.now() - watch.health.since;
    const due = watch.looked === undefined || clock.now() - watch.looked.at >= lookAtPortsEveryMs;
    if (age < lookAtPortsAfterMs || !due) return;
    watch.looked = { at: clock.now(), listening: await executor.listening(instance.id, { signal }) };
    if (watch.looked.listening.length === 0) return;
    this.#memory.reasons.delete(instance.id);
    await this.#findReason(instance, desired, signal);
    if (age < Math.min(elsewhereForMs, startupBudgetMs(this.#parts.probeRules))) return;
    watch.stop();
    watch.health = { kind: 'notStarted', message: watch.health.last.message, at: clock.now() };
    this.#wake();
  }

  /** Remembers when the rollout of a release began and when its first instance served. */
  #noteProgress(desired: Desired, scene: Scene): void {
    const { target } = desired;
    const rollout = this.#memory.rollout;
    if (target === undefined || rollout?.releaseId !== target.id) return;
    const serving = scene.seen.some((seen) => seen.releaseId === target.id && serves(seen));
    if (serving) rollout.firstReadyAt ??= this.#parts.clock.now();
  }

  /** What the edge counted while the instances before drained and ended belongs to the proof as well. */
  async #completeProof({ scene }: Look, signal: AbortSignal): Promise<void> {
    const { rollout } = this.#memory;
    if (rollout?.liveAt === undefined) return;
    const drain = drainOf(rollout, scene.seen);
    if (drain === 'draining') return;
    rollout.drainedAt ??= this.#parts.clock.now();
    if (drain === 'leaving') return;
    const proof = proofOf(rollout, await this.#parts.edge.traffic(this.#id, { signal }));
    this.#memory.rollout = undefined;
    if (proof !== undefined) this.#parts.store.releaseProved(rollout.releaseId, proof);
  }

  /** Puts the routes in force that follow from what was seen, if they are not yet. */
  async #route({ desired, observed, scene }: Look, signal: AbortSignal): Promise<void> {
    if (desired === 'absent') return;
    const { edge, domain } = this.#parts;
    const byId = new Map(observed.map((instance) => [instance.id, instance]));
    const routes = routesOf(desired, scene.seen, byId, protocolsOf(this.#memory), domain);
    const key = JSON.stringify(routes);
    if (key === this.#memory.routes) return;
    await edge.apply(routes, { signal });
    this.#memory.routes = key;
  }

  /** What was cut off of a change of config mounts is done now. What cannot be done holds nothing else up. */
  async #finishConfig(signal: AbortSignal): Promise<void> {
    const { config, log, clock } = this.#parts;
    try {
      await config.finish(this.#id, { signal });
      this.#memory.configAgain = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.#memory.configAgain = clock.now() + configRetryMs;
      log.warn('Config mounts could not be put in force', {
        deployment: this.#id,
        error: describeError(error),
      });
    }
  }

  /** Says why nothing is started while that waits for room. */
  #noteRoom({ freeBytes }: Look, steps: readonly Step[]): void {
    const waits = steps.some((step) => step.kind === 'wait' && step.forRoom);
    this.#memory.noRoom = waits && freeBytes !== undefined ? roomReason(freeBytes) : undefined;
  }

  /** Runs the steps. Returns when to try again if one failed. */
  async #act(steps: readonly Step[], look: Look, signal: AbortSignal): Promise<number | undefined> {
    try {
      await this.#apply.run(steps, look.desired, look.observed, look.volumes, signal);
      return undefined;
    } catch (error) {
      if (signal.aborted) return this.#parts.clock.now();
      this.#parts.log.warn('A step failed', { deployment: this.#id, error: describeError(error) });
      return this.#retries.stepsFailed(steps, error instanceof NoRoom ? 'noRoom' : 'other');
    }
  }

  /** The next moment at which something may have to be done without anything having happened. */
  #nextLook(steps: readonly Step[]): number | undefined {
    const times = steps.flatMap((step) => (step.kind === 'wait' ? [step.until] : []));
    const starting = Array.from(this.#memory.watches.values()).some(
      ({ health }) => health.kind === 'starting',
    );
    if (starting) times.push(this.#parts.clock.now() + 1000);
    if (this.#memory.configAgain !== undefined) times.push(this.#memory.configAgain);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Tells those who look on, when there is something new to see. */
  #publish(): void {
    const status = this.status();
    const text = JSON.stringify(status, (_, value: unknown) =>
      value instanceof Map ? Array.from(value) : value,
    );
    if (text === this.#told) return;
    this.#told = text ?? '';
    this.#tell();
  }
}

function mountedBySome(
  volumeId: string,
  observed: readonly ObservedInstance[],
  desired: Desired | 'absent',
): boolean {
  // Of a deployment that is gone the configuration is not known any more; its volumes go with its instances.
  if (desired === 'absent') return observed.length > 0;
  const running = new Set(observed.map(({ releaseId }) => releaseId));
  return desired.releases.some(({ id, config }) => running.has(id) && config.volumes[volumeId] !== undefined);
}
