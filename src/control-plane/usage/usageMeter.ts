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
  readonly executor: Pick<Executor, 'usageTotals'>;
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
  readonly usage: ReadonlyMap<string, Usage>;
}

/** Measures what instances use when somebody asks, and never otherwise; many who ask at once cost one sample. */
export class UsageMeter {
  readonly #parts: UsageMeterParts;
  readonly #samples = new Map<string, Sample>();
  readonly #measuring = new Map<string, Promise<Sample>>();

  constructor(parts: UsageMeterParts) {
    this.#parts = parts;
  }

  /** By instance id. @throws when the engine cannot be asked. */
  async of(deploymentId: string): Promise<ReadonlyMap<string, Usage>> {
    const { clock } = this.#parts;
    const last = this.#samples.get(deploymentId);
    if (last !== undefined && youngerThan(freshMs, last.at, clock.now())) return last.usage;
    const running = this.#measuring.get(deploymentId);
    if (running !== undefined) return (await running).usage;
    // Whoever gives up does not take the sample away from the others, so its own limit ends it.
    const measuring = this.#measure(deploymentId, last).finally(() => this.#measuring.delete(deploymentId));
    this.#measuring.set(deploymentId, measuring);
    return (await measuring).usage;
  }

  async #measure(deploymentId: string, last: Sample | undefined): Promise<Sample> {
    const { executor, clock } = this.#parts;
    const signal = withTimeout(limitMs);
    this.#forgetOld();
    let before =
      last !== undefined && youngerThan(comparableMs, last.at, clock.now()) ? last.totals : undefined;
    if (before === undefined) {
      before = await executor.usageTotals(deploymentId, { signal });
      await clock.sleep(apartMs, signal);
    }
    const totals = await executor.usageTotals(deploymentId, { signal });
    const sample = { at: clock.now(), totals, usage: usageBetween(before, totals) };
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
