import type { Clock } from '../base/clock.ts';
import type { JourneyEvent, JourneyStep } from './contract.ts';

/** Reports a journey's steps with their times. */
export class Steps {
  readonly #tell: (event: JourneyEvent) => void;
  readonly #clock: Clock;

  constructor(tell: (event: JourneyEvent) => void, clock: Clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  /** Does the work as one step. A step that fails is not reported as finished. */
  async run<T>(step: JourneyStep, work: (report: StepReport) => Promise<T>): Promise<T> {
    const at = this.#clock.now();
    this.#tell({ kind: 'started', step, at });
    const result = await work({
      progress: (message, share) =>
        this.#tell({ kind: 'progress', step, message, ...(share === undefined ? {} : { share }) }),
      output: (text) => this.#tell({ kind: 'output', step, text }),
    });
    const now = this.#clock.now();
    this.#tell({ kind: 'finished', step, at: now, ms: now - at });
    return result;
  }

  tell(event: JourneyEvent): void {
    this.#tell(event);
  }
}

export interface StepReport {
  progress(message: string, share?: number): void;
  output(text: string): void;
}
