import type { JourneyEvent, JourneyStep } from '../../deploy/contract.ts';

export const stepLabels: Readonly<Record<JourneyStep, string>> = {
  preflight: 'Checking',
  context: 'Reading the context',
  build: 'Building',
  push: 'Pushing',
  create: 'Creating the deployment',
  rollout: 'Rolling out',
};

/** Parts of a journey by their share of the time that it usually takes; they sum to 100. */
const weights: Readonly<Record<JourneyStep, number>> = {
  preflight: 2,
  context: 3,
  build: 50,
  push: 25,
  create: 2,
  rollout: 18,
};

/** One line for the notification, and how far the bar moves; undefined for what is only for the log. */
export class ProgressWords {
  readonly #done: string[] = [];
  #step: JourneyStep | undefined;
  #share = 0;

  /** The step that was begun last. */
  get step(): JourneyStep | undefined {
    return this.#step;
  }

  next(event: JourneyEvent): { readonly message: string; readonly increment: number } | undefined {
    if (event.kind === 'started') {
      this.#step = event.step;
      this.#share = 0;
      return this.#line('', 0);
    }
    if (event.kind === 'progress') {
      const grown = Math.max(0, (event.share ?? this.#share) - this.#share);
      this.#share += grown;
      // What the builder does for itself says nothing to anybody; the output has it.
      const message = event.message.startsWith('[internal]') ? '' : event.message;
      return this.#line(message, grown * weights[event.step]);
    }
    if (event.kind === 'finished') {
      this.#done.push(`${doneWords[event.step]} ${seconds(event.ms)}`);
      return this.#line('', (1 - this.#share) * weights[event.step]);
    }
    return undefined;
  }

  /** The finished steps with their times: "built 3.2 s, pushed 0.4 s". */
  summary(): string {
    return this.#done.join(', ');
  }

  #line(detail: string, increment: number): { message: string; increment: number } {
    const before = this.#done.length === 0 ? '' : `${this.#done.at(-1)} · `;
    const label = this.#step === undefined ? '' : stepLabels[this.#step];
    return { message: `${before}${label}${detail === '' ? '…' : `: ${detail}`}`, increment };
  }
}

const doneWords: Readonly<Record<JourneyStep, string>> = {
  preflight: 'checked',
  context: 'read',
  build: 'built',
  push: 'pushed',
  create: 'created',
  rollout: 'rolled out',
};

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
