import { withTimeout } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Executor, UsageTotal } from '../executors/executor.ts';

/** What an instance uses now. `cpus` counts whole ones: 0.5 is half of one. Absent: the engine does not tell. */
export interface Usage {
  readonly cpus: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryLimitBytes: number | undefined;
}

export interface UsageMeterParts {
  readonly executor: Pick<Executor, 'usageTotals' | 'allUsageTotals'>;
  readonly clock: Clock;
}

/** A sample answers everybody who asks within this time. */
const freshMs = 2000;
/** A share is the difference of two samples; an older one than this says nothing about now. */
const comparableMs = 60_000;
/** Where there is no earlier sample a second one is taken after this time. */
const apartMs = 500;
const limitMs = 10_000;

interface Sample {
  readonly at: number;
  readonly totals: ReadonlyMap<string, UsageTotal>;
  /** Absent where there was nothing to compare with. */
  readonly usage: ReadonlyMap<string, Usage> | undefined;
}

/**
 * The one place where it is measured what instances use: for those who look at them, for the autoscaler and for the
 * metrics. Many who ask at once cost one sample, and each sample is what the next is compared with, whoever asked.
 */
export class UsageMeter {
  readonly #parts: UsageMeterParts;
  readonly #samples = new Map<string, Sample>();
  readonly #measuring = new Map<string, Promise<Sample>>();
  readonly #stop = new AbortController();

  constructor(parts: UsageMeterParts) {
    this.#parts = parts;
  }

  /** Gives up what is being measured. */
  stop(): void {
    this.#stop.abort();
  }

  /** What each instance of a deployment uses now, by its id. @throws when the engine cannot be asked. */
  async of(deploymentId: string): Promise<ReadonlyMap<string, Usage>> {
    const { clock } = this.#parts;
    const last = this.#samples.get(deploymentId);
    if (last?.usage !== undefined && youngerThan(freshMs, last.at, clock.now())) return last.usage;
    if (last === undefined || !youngerThan(comparableMs, last.at, clock.now())) {
      const before = await this.#measured(deploymentId);
      if (before.usage !== undefined) return before.usage;
      await clock.sleep(apartMs, this.#stop.signal);
    }
    return (await this.#measured(deploymentId)).usage ?? new Map();
  }

  /**
   * What each instance of a deployment has used since it started, by its id, as of `youngerThanMs` ago at the most.
   * @throws when the engine cannot be asked.
   */
  async totals(deploymentId: string, youngerThanMs: number): Promise<ReadonlyMap<string, UsageTotal>> {
    const last = this.#samples.get(deploymentId);
    if (last !== undefined && youngerThan(youngerThanMs, last.at, this.#parts.clock.now()))
      return last.totals;
    return (await this.#measured(deploymentId)).totals;
  }

  /** The same of every deployment that runs something, by its id, measured now. @throws as above. */
  async all({
    signal,
  }: {
    signal: AbortSignal;
  }): Promise<ReadonlyMap<string, ReadonlyMap<string, UsageTotal>>> {
    const { executor } = this.#parts;
    const all = await executor.allUsageTotals({ signal: withTimeout(limitMs, signal) });
    this.#forgetOld();
    for (const [id, totals] of all) this.#keep(id, totals);
    return all;
  }

  /** Whoever gives up does not take the sample away from the others who wait for it, so its own limit ends it. */
  #measured(deploymentId: string): Promise<Sample> {
    const running = this.#measuring.get(deploymentId);
    if (running !== undefined) return running;
    const measuring = this.#measure(deploymentId).finally(() => this.#measuring.delete(deploymentId));
    this.#measuring.set(deploymentId, measuring);
    return measuring;
  }

  async #measure(deploymentId: string): Promise<Sample> {
    this.#forgetOld();
    const signal = withTimeout(limitMs, this.#stop.signal);
    return this.#keep(deploymentId, await this.#parts.executor.usageTotals(deploymentId, { signal }));
  }

  #keep(deploymentId: string, totals: ReadonlyMap<string, UsageTotal>): Sample {
    const at = this.#parts.clock.now();
    const last = this.#samples.get(deploymentId);
    const comparable = last !== undefined && youngerThan(comparableMs, last.at, at);
    const sample = { at, totals, usage: comparable ? usageBetween(last.totals, totals) : undefined };
    this.#samples.set(deploymentId, sample);
    return sample;
  }

  #forgetOld(): void {
    const now = this.#parts.clock.now();
    for (const [id, { at }] of this.#samples)
      if (!youngerThan(comparableMs, at, now)) this.#samples.delete(id);
  }
}

/** A sample out of the future is one before the clock was set back: nobody knows how old it is. */
function youngerThan(ageMs: number, at: number, now: number): boolean {
  return now >= at && now - at < ageMs;
}

function usageBetween(
  before: ReadonlyMap<string, UsageTotal>,
  now: ReadonlyMap<string, UsageTotal>,
): ReadonlyMap<string, Usage> {
  return new Map(
    Array.from(now, ([id, total]) => {
      const { memoryBytes, memoryLimitBytes } = total;
      return [id, { cpus: cpusBetween(before.get(id), total), memoryBytes, memoryLimitBytes }];
    }),
  );
}

function cpusBetween(before: UsageTotal | undefined, now: UsageTotal): number | undefined {
  if (before === undefined || now.at <= before.at || now.nanoseconds < before.nanoseconds) return undefined;
  return (now.nanoseconds - before.nanoseconds) / ((now.at - before.at) * 1_000_000);
}
