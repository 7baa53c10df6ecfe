import type { Clock } from '../../base/clock.ts';
import type { Probe } from '../../protocol/shapes/deployment.ts';
import type { Prober, ProbeResult } from './prober.ts';
import { startupBudgetMs, startupWait, type ProbeRules, type StartupCheck } from './rules.ts';

/**
 * What probes say of an instance. `starting` → `ready` → `failing` (liveness failed too often) or `notStarted`
 * (the startup budget is used up). Only a success makes `ready`; the last two are final for this instance.
 */
export type Health =
  | {
      readonly kind: 'starting';
      readonly last: Extract<ProbeResult, { ok: false }> | undefined;
      readonly since: number;
    }
  | { readonly kind: 'ready'; readonly at: number }
  | { readonly kind: 'failing'; readonly message: string; readonly at: number }
  | { readonly kind: 'notStarted'; readonly message: string; readonly at: number };

export interface WatchWanted {
  readonly address: string;
  readonly startedAt: number;
  readonly startup: StartupCheck;
  readonly liveness: Probe | undefined;
  readonly rules: ProbeRules;
}

/** Probes one instance until it fails for good or the signal fires; tells every change of its health. */
export async function watchInstance(
  wanted: WatchWanted,
  tell: (health: Health) => void,
  { prober, clock, signal }: { prober: Prober; clock: Clock; signal: AbortSignal },
): Promise<void> {
  if (!(await untilStarted(wanted, tell, prober, clock, signal))) return;
  tell({ kind: 'ready', at: clock.now() });
  if (wanted.liveness !== undefined) await untilFailing(wanted, wanted.liveness, tell, prober, clock, signal);
}

async function untilStarted(
  wanted: WatchWanted,
  tell: (health: Health) => void,
  prober: Prober,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const { rules, startup, address } = wanted;
  // The budget begins when it is first looked at: one that ran for hours before this process came is not late.
  const began = clock.now();
  if (startup.kind === 'settled') {
    await clock.sleep(Math.max(0, rules.settleMs - (began - wanted.startedAt)), signal);
    return true;
  }
  tell({ kind: 'starting', last: undefined, since: began });
  let before = '';
  for (;;) {
    const options = { timeoutMs: rules.startup.timeoutMs, signal };
    const result =
      startup.kind === 'http'
        ? await prober.http(address, startup.probe, options)
        : await prober.tcp(address, startup.port, options);
    signal.throwIfAborted();
    if (result.ok) return true;
    const age = clock.now() - began;
    if (age >= startupBudgetMs(rules)) {
      tell({ kind: 'notStarted', message: result.message, at: clock.now() });
      return false;
    }
    if (result.message !== before) tell({ kind: 'starting', last: result, since: began });
    before = result.message;
    await clock.sleep(startupWait(rules, age), signal);
  }
}

async function untilFailing(
  wanted: WatchWanted,
  probe: Probe,
  tell: (health: Health) => void,
  prober: Prober,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { liveness } = wanted.rules;
  let failures = 0;
  for (;;) {
    await clock.sleep(liveness.periodMs, signal);
    const result = await prober.http(wanted.address, probe, { timeoutMs: liveness.timeoutMs, signal });
    signal.throwIfAborted();
    failures = result.ok ? 0 : failures + 1;
    if (!result.ok && failures >= liveness.failures) {
      tell({ kind: 'failing', message: result.message, at: clock.now() });
      return;
    }
  }
}
