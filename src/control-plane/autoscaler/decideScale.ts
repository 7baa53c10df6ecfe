/** CPU of a deployment's ready instances at one moment, as a share of what is allocated to them: 1 is all of it. */
export interface LoadSample {
  readonly at: number;
  readonly cpu: number;
}

/** When to scale. Shares of the allocated CPU; times in milliseconds. */
export interface ScaleRules {
  readonly scaleOutAbove: number;
  readonly scaleInBelow: number;
  readonly windowMs: number;
  readonly samplePeriodMs: number;
  /** Share of a window's samples that must be there for it to count. */
  readonly coverage: number;
}

/** What Patr's page promises: above 80 % for 5 minutes adds instances. */
export const defaultScaleRules: ScaleRules = {
  scaleOutAbove: 0.8,
  scaleInBelow: 0.6,
  windowMs: 5 * 60_000,
  samplePeriodMs: 15_000,
  coverage: 0.9,
};

/** The same rules over a window of another length, with as many samples in it, and above another line. */
export function scaleRules(windowSeconds: number, abovePercent: number): ScaleRules {
  const windowMs = windowSeconds * 1000;
  const samples = defaultScaleRules.windowMs / defaultScaleRules.samplePeriodMs;
  const scaleOutAbove = abovePercent / 100;
  return { ...defaultScaleRules, scaleOutAbove, windowMs, samplePeriodMs: windowMs / samples };
}

export interface ScaleQuestion {
  readonly current: number;
  readonly min: number;
  readonly max: number;
  /** How many there is memory for; absent while the machine is not known. */
  readonly room: number | undefined;
  /** Each instance has data of its own: how many there are is the person's decision alone. */
  readonly hasVolumes: boolean;
  /** Load during a rollout says nothing about the load after it. */
  readonly rolling: boolean;
  /** When the number of instances or the release last changed: a window never reaches back beyond it. */
  readonly steadySince: number;
  /** Oldest first. */
  readonly samples: readonly LoadSample[];
  readonly now: number;
}

export type ScaleDecision =
  | { readonly kind: 'keep' }
  | { readonly kind: 'scale'; readonly to: number; readonly because: string }
  /** The load asks for more than there is memory for. */
  | { readonly kind: 'noRoom'; readonly wanted: number; readonly because: string };

const keep: ScaleDecision = { kind: 'keep' };

/**
 * How many instances a deployment should have. Out: every sample of a full window is above the line, then the
 * horizontal autoscaler's formula on the window's mean, at most doubling. In: one at a time, when the load spread
 * over one instance fewer stays under the lower line for a full window. Bounds win over both, and more than there is
 * memory for are never added.
 */
export function decideScale(question: ScaleQuestion, rules: ScaleRules): ScaleDecision {
  const { current, min, max } = question;
  if (question.rolling || question.hasVolumes) return keep;
  if (current < min) return { kind: 'scale', to: min, because: `${current} is below the minimum of ${min}` };
  if (current > max) return { kind: 'scale', to: max, because: `${current} is above the maximum of ${max}` };
  const window = fullWindow(question, rules);
  if (window === undefined) return keep;
  return scaleOut(question, rules, window) ?? scaleIn(question, rules, window) ?? keep;
}

/** The samples of the last window, if the deployment was steady through all of it and enough of them are there. */
function fullWindow(question: ScaleQuestion, rules: ScaleRules): readonly LoadSample[] | undefined {
  const from = question.now - rules.windowMs;
  if (question.steadySince > from) return undefined;
  const samples = question.samples.filter(({ at }) => at > from && at <= question.now);
  const expected = Math.floor(rules.windowMs / rules.samplePeriodMs);
  return samples.length >= Math.ceil(expected * rules.coverage) ? samples : undefined;
}

function scaleOut(
  { current, max, room = max }: ScaleQuestion,
  rules: ScaleRules,
  window: readonly LoadSample[],
): ScaleDecision | undefined {
  if (current >= max || !window.every(({ cpu }) => cpu > rules.scaleOutAbove)) return undefined;
  const wanted = Math.ceil((current * mean(window)) / rules.scaleOutAbove);
  const to = Math.min(max, current * 2, Math.max(current + 1, wanted));
  const because = `CPU was above ${percent(rules.scaleOutAbove)} of the allocated for ${minutes(rules.windowMs)}: ${summary(window)}`;
  if (to <= room) return { kind: 'scale', to, because };
  return room > current ? { kind: 'scale', to: room, because } : { kind: 'noRoom', wanted: to, because };
}

function scaleIn(
  { current, min }: ScaleQuestion,
  rules: ScaleRules,
  window: readonly LoadSample[],
): ScaleDecision | undefined {
  if (current <= min || current <= 1) return undefined;
  const projected = window.map(({ at, cpu }) => ({ at, cpu: (cpu * current) / (current - 1) }));
  if (!projected.every(({ cpu }) => cpu < rules.scaleInBelow)) return undefined;
  const because = `with one instance fewer CPU would stay under ${percent(rules.scaleInBelow)} of the allocated, as it did for ${minutes(rules.windowMs)}: ${summary(projected)}`;
  return { kind: 'scale', to: current - 1, because };
}

function mean(samples: readonly LoadSample[]): number {
  return samples.reduce((sum, { cpu }) => sum + cpu, 0) / samples.length;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

function summary(samples: readonly LoadSample[]): string {
  const shares = samples.map(({ cpu }) => cpu);
  const range = `${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}`;
  return `${range}, mean ${percent(mean(samples))}, over ${samples.length} samples`;
}
