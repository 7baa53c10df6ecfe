import { rest, type Clock } from '../../base/clock.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { LiveStatus, Reconciler } from '../domain.ts';
import type { EdgeCounter, EdgeCounts } from '../edge/contract.ts';
import type { UsageTotal } from '../executors/executor.ts';
import type { Store } from '../state/store.ts';
import type { UsageMeter } from '../usage/usageMeter.ts';
import { measuresBetween, type DeploymentSample, type Sample } from './between.ts';
import type { MetricsFile } from './metricsFile.ts';
import { samplePeriodMs } from './tiers.ts';

export interface SamplerParts {
  readonly store: Pick<Store, 'deployments' | 'identity'>;
  readonly reconciler: Pick<Reconciler, 'status'>;
  readonly usage: Pick<UsageMeter, 'all'>;
  /** Absent while it is not up. */
  readonly edge: () => EdgeCounter | undefined;
  readonly file: Pick<MetricsFile, 'put'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Two samples that are further apart say nothing about when something happened in between: that time is a gap. */
const comparableMs = 60_000;
const limitMs = 9000;

/** Measures every deployment, for as long as the control plane runs. A sample that fails is a gap. */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #stop = new AbortController();
  #before: Sample | undefined;
  #loop: Promise<void> | undefined;
  #failing = false;

  constructor(parts: SamplerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /** Takes one sample, and keeps what happened since the one before. */
  async sample(signal: AbortSignal): Promise<void> {
    const now = await this.#look(signal);
    const before = this.#before;
    this.#before = now;
    const ms = before === undefined ? 0 : now.at - before.at;
    // A clock that was set back or far ahead begins anew.
    if (before === undefined || ms <= 0 || ms > comparableMs) return;
    this.#parts.file.put(now.at, ms, measuresBetween(before, now));
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#stop;
    // At full steps of the clock, so that each step has one sample.
    const untilNext = (): number => samplePeriodMs - (clock.now() % samplePeriodMs);
    while (await rest(clock, untilNext(), signal)) {
      try {
        await this.sample(signal);
        this.#failing = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!this.#failing) log.warn('Metrics could not be measured', { error: describeError(error) });
        this.#failing = true;
      }
    }
  }

  async #look(signal: AbortSignal): Promise<Sample> {
    const { usage, clock } = this.#parts;
    const at = clock.now();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    const [used, edge] = await Promise.all([usage.all({ signal: limit }), this.#counts(limit)]);
    return { at, edge, deployments: this.#deployments(used) };
  }

  /** The edge comes and goes with the region; what the engine tells is measured all the same. */
  async #counts(signal: AbortSignal): Promise<EdgeCounts | undefined> {
    try {
      return await this.#parts.edge()?.counts({ signal });
    } catch (error) {
      this.#parts.log.debug('The edge could not be asked what it counted', { error: describeError(error) });
      return undefined;
    }
  }

  #deployments(
    used: ReadonlyMap<string, ReadonlyMap<string, UsageTotal>>,
  ): ReadonlyMap<string, DeploymentSample> {
    const { store, reconciler } = this.#parts;
    const cpusOf = new Map(store.identity.machineTypes().map(({ id, cpus }) => [id, cpus]));
    const found = new Map<string, DeploymentSample>();
    for (const id of store.deployments.ids()) {
      const status = reconciler.status(id);
      const totals = used.get(id);
      // What neither runs nor shall is not measured.
      if (status.wanted === 0 && totals === undefined) continue;
      const machineType = store.deployments.find(id)?.machineTypeId ?? '';
      found.set(id, deploymentSample(status, totals ?? new Map(), cpusOf.get(machineType) ?? 0));
    }
    return found;
  }
}

function deploymentSample(
  { wanted, instances }: LiveStatus,
  totals: ReadonlyMap<string, UsageTotal>,
  cpus: number,
): DeploymentSample {
  const known = instances.map(({ id, name, restarts }) => {
    return [id, { name, restarts, usage: totals.get(id) }] as const;
  });
  return { wanted, cpus, instances: new Map(known) };
}
