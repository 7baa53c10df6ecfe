/** What `npm start` gets done. */
export type StepName =
  | 'engine'
  | 'images'
  | 'control-plane'
  | 'created'
  | 'built'
  | 'pushed'
  | 'rolled-out'
  | 'served';

type Fact = string | number | boolean;
export type Facts = Readonly<Record<string, Fact>>;

export interface Reporter {
  /** A line for people, about what is going on. */
  readonly say: (line: string) => void;
  /** A step is done; it took `ms` milliseconds. */
  done(step: StepName, ms: number, facts?: Facts): void;
  /** Does the work of a step and reports it with the facts that it gives. */
  during<T>(step: StepName, work: () => Promise<T>, facts: (outcome: T) => Facts): Promise<T>;
}

const words: Readonly<Record<StepName, string>> = {
  engine: 'Docker engine answers',
  images: 'Base images are there',
  'control-plane': 'Control plane answers',
  created: 'Deployment created',
  built: 'Image built',
  pushed: 'Image pushed',
  'rolled-out': 'Rolled out, and healthy',
  served: 'Address answers',
};

/** `people` gets words, `machines` one JSON line for each step that is done. */
export function makeReporter(
  people: (line: string) => void,
  machines: ((line: string) => void) | undefined,
): Reporter {
  const done: Reporter['done'] = (step, ms, facts = {}) => {
    const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
    people(`${words[step]} (${[`${(ms / 1000).toFixed(1)} s`, ...told].join(', ')})`);
    machines?.(JSON.stringify({ step, ms: Math.round(ms), ...facts }));
  };
  return {
    say: people,
    done,
    async during(step, work, facts) {
      const started = performance.now();
      const outcome = await work();
      done(step, performance.now() - started, facts(outcome));
      return outcome;
    },
  };
}
