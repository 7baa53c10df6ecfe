import { isAbort } from '../../../src/base/abort.ts';
import { describeError } from '../../../src/base/log.ts';
import { readFigures, type ReadMetrics } from '../../../src/protocol/metricFigures.ts';
import type { Metrics } from '../../../src/protocol/shapes/metrics.ts';
import type { MetricsChoice } from '../state.ts';

export const usualChoice: MetricsChoice = { seconds: 3600, shown: { kind: 'whole' }, tables: [] };

/** `none`: the server has no metrics. `empty`: nothing was measured in this time. */
export type MetricsView =
  | { readonly kind: 'asking' }
  | { readonly kind: 'none' }
  | { readonly kind: 'empty' }
  /** What was read before stays, and `problem` says why it may be old. */
  | { readonly kind: 'there'; readonly read: ReadMetrics; readonly problem: string | undefined }
  | { readonly kind: 'failed'; readonly message: string };

export interface MetricsFollowerParts {
  readonly ask: (seconds: number, signal: AbortSignal) => Promise<Metrics | null>;
  readonly onChange: () => void;
}

/** Steps of an hour are 10 s long; longer times change more slowly, and at a glance nobody sees the difference. */
export const liveMs = 10_000;
export const slowMs = 60_000;

/** Reads what was measured, again and again, for as long as somebody looks at it. */
export class MetricsFollower {
  readonly #parts: MetricsFollowerParts;
  #following: { readonly what: string; readonly end: AbortController } | undefined;
  #view: MetricsView = { kind: 'asking' };

  constructor(parts: MetricsFollowerParts) {
    this.#parts = parts;
  }

  get view(): MetricsView {
    return this.#view;
  }

  /** Follows the last seconds; another length, or another pace in milliseconds, begins anew. */
  follow(seconds: number, everyMs: number): void {
    const what = `${seconds} ${everyMs}`;
    if (this.#following?.what === what) return;
    this.rest();
    const end = new AbortController();
    this.#following = { what, end };
    this.#see({ kind: 'asking' });
    void this.#run(seconds, everyMs, end.signal);
  }

  rest(): void {
    this.#following?.end.abort();
    this.#following = undefined;
  }

  async #run(seconds: number, everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const answer = await this.#parts.ask(seconds, signal);
        if (signal.aborted) return;
        const view = viewOf(answer);
        this.#see(view);
        // A server that has none now will have none in a while.
        if (view.kind === 'none') return;
      } catch (error) {
        if (signal.aborted || isAbort(error)) return;
        this.#fail(describeError(error));
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  #fail(message: string): void {
    const before = this.#view;
    this.#see(before.kind === 'there' ? { ...before, problem: message } : { kind: 'failed', message });
  }

  #see(view: MetricsView): void {
    this.#view = view;
    this.#parts.onChange();
  }
}

/** A server whose answer holds no figure at all, and that is not one of ours, has none to give. */
export function viewOf(answer: Metrics | null): MetricsView {
  if (answer === null) return { kind: 'none' };
  const read = readFigures(answer);
  if (read !== undefined) return { kind: 'there', read, problem: undefined };
  return { kind: answer.total === undefined ? 'none' : 'empty' };
}
