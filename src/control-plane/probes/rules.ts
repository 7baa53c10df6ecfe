import type { Probe } from '../../protocol/shapes/deployment.ts';

/** Kubelet's meaning of the numbers; times in milliseconds. */
export interface ProbeTiming {
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly failures: number;
}

export interface ProbeRules {
  readonly startup: ProbeTiming;
  readonly liveness: ProbeTiming;
  /** While an instance is young it is asked more often, so that a quick application is quick. By age, youngest first. */
  readonly young: readonly { readonly untilMs: number; readonly periodMs: number }[];
  /** Without an http port an instance counts as started when it has run this long. */
  readonly settleMs: number;
}

/** Patr's numbers. */
export const defaultProbeRules: ProbeRules = {
  startup: { periodMs: 10_000, timeoutMs: 3000, failures: 15 },
  liveness: { periodMs: 10_000, timeoutMs: 3000, failures: 15 },
  young: [
    { untilMs: 3000, periodMs: 25 },
    { untilMs: 20_000, periodMs: 250 },
  ],
  settleMs: 1000,
};

/** What has to happen before an instance takes traffic. */
export type StartupCheck =
  | { readonly kind: 'http'; readonly probe: Probe }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'settled' };

/** The declared probe, else a connection to the first http port, else having run for a moment. */
export function startupCheckOf(probe: Probe | undefined, httpPorts: readonly number[]): StartupCheck {
  if (probe !== undefined) return { kind: 'http', probe };
  const [port] = httpPorts;
  return port === undefined ? { kind: 'settled' } : { kind: 'tcp', port };
}

/** How long to wait until the next startup check of an instance that has run for `ageMs`. */
export function startupWait(rules: ProbeRules, ageMs: number): number {
  return rules.young.find(({ untilMs }) => ageMs < untilMs)?.periodMs ?? rules.startup.periodMs;
}

/** An instance that has not started by then has failed. */
export function startupBudgetMs(rules: ProbeRules): number {
  return rules.startup.periodMs * rules.startup.failures;
}
