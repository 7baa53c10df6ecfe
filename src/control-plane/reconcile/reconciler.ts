import { rest } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import { Lanes } from '../../base/lanes.ts';
import { describeError } from '../../base/log.ts';
import { isEngineError } from '../../docker/engine.ts';
import type { LiveStatus, Reconciler, RegionFacts } from '../domain.ts';
import type { LoopParts } from './parts.ts';
import { Worker } from './worker.ts';

/** Of this many looks one is at everything, changed or not. */
const looksPerFullLook = 20;

export interface ReconcilerOptions extends LoopParts {
  readonly facts: () => RegionFacts;
  /** Why nothing may be done right now. */
  readonly refusal: () => string | undefined;
  /** Everything is looked at this often without a reason, in milliseconds. */
  readonly lookEveryMs: number;
  /** Takes a deployment over that the state does not know. Returns whether it did. */
  readonly adopt: (deploymentId: string, options: { signal: AbortSignal }) => Promise<boolean>;
}

/**
 * The loop. Invariants:
 * - all work on a deployment runs in its lane, one piece at a time;
 * - a wake while a lane is at work makes it look once more, however many wakes came;
 * - what failed is tried again after its back-off, or when somebody changed something, but not because the engine tells
 *   what the failure itself did;
 * - a deployment that is at rest costs nothing but the periodic look.
 */
export class ReconcileLoop implements Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #held = new DisposableStore();
  readonly #signal = this.#held.signal();
  readonly #lanes = new Lanes();
  readonly #workers = new Map<string, Worker>();
  readonly #asked = new Set<string>();
  /** Those of whom somebody said that something has changed. */
  readonly #changedFor = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #changed: Emitter<string>;
  /** Unknown deployments that could not be taken over, and have been told of. */
  readonly #foreign = new Set<string>();
  #summary: ReadonlyMap<string, string> = new Map();
  #watching: Promise<void>[] = [];
  #started = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#changed = new Emitter((error) =>
      options.log.error('A listener failed', { error: describeError(error) }),
    );
  }

  /** Begins to look after every deployment there is. */
  start(): void {
    this.#started = true;
    this.#watching = [this.#watchEngine(), this.#lookNowAndThen()];
    for (const id of this.#options.store.deploymentIds()) this.wake(id);
  }

  /** Ends at a step boundary; what runs goes on running. */
  async stop(): Promise<void> {
    this.#held.dispose();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await this.idle();
    await Promise.all(this.#watching);
    for (const worker of this.#workers.values()) worker.dispose();
    this.#changed.dispose();
  }

  /** Resolves when all lanes are empty; who is woken afterwards is not waited for. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  wake(deploymentId: string): void {
    this.#changedFor.add(deploymentId);
    this.#lookAt(deploymentId);
  }

  /** Looks whether there is something to do. */
  #lookAt(deploymentId: string): void {
    if (!this.#started || this.#signal.aborted || this.#asked.has(deploymentId)) return;
    this.#asked.add(deploymentId);
    void this.#lanes.run(deploymentId, () => this.#reconcile(deploymentId));
  }

  status(deploymentId: string): LiveStatus {
    return this.#worker(deploymentId).status() ?? nothing;
  }

  onChange(listener: (deploymentId: string) => void): Disposable {
    return this.#changed.event(listener);
  }

  region(): RegionFacts {
    return this.#options.facts();
  }

  #worker(deploymentId: string): Worker {
    const there = this.#workers.get(deploymentId);
    if (there !== undefined) return there;
    const worker = new Worker(deploymentId, this.#options, {
      tell: () => this.#changed.fire(deploymentId),
      wake: () => this.#lookAt(deploymentId),
    });
    this.#workers.set(deploymentId, worker);
    return worker;
  }

  async #reconcile(deploymentId: string): Promise<void> {
    this.#asked.delete(deploymentId);
    clearTimeout(this.#timers.get(deploymentId));
    this.#timers.delete(deploymentId);
    if (!this.#isOurs(deploymentId)) return;
    const worker = this.#worker(deploymentId);
    if (this.#changedFor.delete(deploymentId)) worker.beginAnew();
    const refusal = this.#options.refusal();
    if (refusal !== undefined) return this.#wakeAt(deploymentId, worker.unreachable(refusal));
    try {
      const outcome = await worker.settle(this.#signal);
      if (outcome.kind === 'gone') this.#forget(deploymentId, worker);
      else if (outcome.again !== undefined) this.#wakeAt(deploymentId, outcome.again);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#options.log.warn('A deployment could not be looked at', {
        deployment: deploymentId,
        error: describeError(error),
      });
      const what = isEngineError(error)
        ? 'The container engine cannot be looked at'
        : 'It cannot be looked after';
      const why = `${what}: ${describeError(error)}`;
      this.#wakeAt(deploymentId, worker.unreachable(why));
    }
  }

  #forget(deploymentId: string, worker: Worker): void {
    worker.dispose();
    this.#workers.delete(deploymentId);
  }

  #wakeAt(deploymentId: string, at: number): void {
    if (this.#signal.aborted) return;
    const wait = Math.max(0, at - this.#options.clock.now());
    const timer = setTimeout(() => this.#lookAt(deploymentId), wait);
    this.#timers.set(deploymentId, timer);
  }

  async #watchEngine(): Promise<void> {
    const { executor, clock, log } = this.#options;
    while (!this.#signal.aborted) {
      try {
        await executor.watch((id) => this.#lookAt(id), { signal: this.#signal });
      } catch (error) {
        if (!this.#signal.aborted) log.debug('The engine tells no events', { error: describeError(error) });
      }
      await rest(clock, 1000, this.#signal);
      for (const id of this.#options.store.deploymentIds()) this.wake(id);
    }
  }

  /** Looks at what differs from the last time, and now and then at everything. */
  async #lookNowAndThen(): Promise<void> {
    const { clock, lookEveryMs, log } = this.#options;
    for (let round = 1; !this.#signal.aborted; round += 1) {
      try {
        await this.#lookAtChanged();
        await this.#lookAtStrays();
        if (round % looksPerFullLook === 0) this.#lookAtAll();
      } catch (error) {
        if (!this.#signal.aborted)
          log.debug('The engine cannot be looked at', { error: describeError(error) });
        this.#lookAtAll();
      }
      await rest(clock, lookEveryMs, this.#signal);
    }
  }

  async #lookAtChanged(): Promise<void> {
    const { executor, store } = this.#options;
    const now = await executor.summary({ signal: this.#signal });
    for (const id of store.deploymentIds()) {
      if (now.get(id) !== this.#summary.get(id)) this.#lookAt(id);
    }
    this.#summary = now;
  }

  #lookAtAll(): void {
    for (const id of this.#options.store.deploymentIds()) this.#lookAt(id);
  }

  /**
   * What runs of deployments that were deleted is taken down by their own lanes. Deployments that the state never knew
   * are taken over: the state was lost, and what runs is all that is left of them. What does not say enough is kept, and
   * so is everything that another control plane looks after.
   */
  async #lookAtStrays(): Promise<void> {
    const { store, executor, adopt, refusal, log } = this.#options;
    if (refusal() !== undefined) return;
    const known = new Set(store.deploymentIds());
    for (const id of await executor.strays(known, { signal: this.#signal })) {
      if (store.wasDeleted(id) || (await adopt(id, { signal: this.#signal }))) this.#lookAt(id);
      else if (!this.#foreign.has(id)) {
        this.#foreign.add(id);
        log.warn('Something is left of a deployment that is not known; it is kept', { id });
      }
    }
  }

  #isOurs(id: string): boolean {
    const { store } = this.#options;
    return store.desired(id) !== 'absent' || store.wasDeleted(id);
  }
}

const nothing: LiveStatus = {
  status: 'stopped',
  reason: undefined,
  instances: [],
  ready: 0,
  wanted: 0,
  liveReleaseNumber: undefined,
  rollingReleaseNumber: undefined,
};

export function createReconciler(options: ReconcilerOptions): ReconcileLoop {
  return new ReconcileLoop(options);
}
