import { rest, type Clock } from '../../base/clock.ts';
import type { Probe } from '../../protocol/shapes/deployment.ts';
import type { AppProtocol } from '../edge/contract.ts';
import type { Prober, ProbeResult } from './prober.ts';
import { startupBudgetMs, startupWait, type ProbeRules, type StartupCheck } from './rules.ts';

/**
 * What probes say of an instance. `starting` → `ready` ⇄ `failing` (liveness failed too often), or `notStarted` (the
 * startup budget is used up), which is final. Only a success makes `ready`, also again: one that was left alone
 * because others failed with it may get well by itself.
 */
export type Health =
  | {
      readonly kind: 'starting';
      readonly last: Extract<ProbeResult, { ok: false }> | undefined;
      readonly since: number;
    }
  | Ready
  | { readonly kind: 'failing'; readonly message: string; readonly at: number }
  | { readonly kind: 'notStarted'; readonly message: string; readonly at: number };

/** What the http ports of an instance want to be spoken to in, as far as somebody listens on them. */
export type Protocols = ReadonlyMap<number, AppProtocol>;

interface Ready {
  readonly kind: 'ready';
  readonly at: number;
  readonly protocols: Protocols;
}

export interface WatchWanted {
  readonly address: string;
  readonly startedAt: number;
  readonly startup: StartupCheck;
  readonly httpPorts: readonly number[];
  readonly liveness: Probe | undefined;
  readonly rules: ProbeRules;
}

interface Around {
  readonly prober: Prober;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type Tell = (health: Health) => void;

/** Probes one instance until the signal fires or nothing is left to ask; tells every change of its health. */
export async function watchInstance(wanted: WatchWanted, tell: Tell, around: Around): Promise<void> {
  if (!(await untilStarted(wanted, tell, around))) return;
  const protocols = await askPorts(wanted, wanted.httpPorts, around);
  around.signal.throwIfAborted();
  let ready: Ready = { kind: 'ready', at: around.clock.now(), protocols };
  let failing = false;
  tell(ready);
  const learning = learnTheRest(
    wanted,
    ready,
    (learned) => {
      ready = learned;
      if (!failing) tell(ready);
    },
    around,
  );
  const judged = (message: string | undefined): void => {
    failing = message !== undefined;
    tell(message === undefined ? ready : { kind: 'failing', message, at: around.clock.now() });
  };
  const living =
    wanted.liveness === undefined ? undefined : keepAsking(wanted, wanted.liveness, judged, around);
  await Promise.all([learning, living]);
}

async function untilStarted(
  wanted: WatchWanted,
  tell: Tell,
  { prober, clock, signal }: Around,
): Promise<boolean> {
  const { rules, startup, address } = wanted;
  // The budget begins when it is first looked at: one that ran for hours before this process came is not late.
  let began = clock.now();
  if (startup.kind === 'settled') {
    const ran = began - wanted.startedAt;
    // Started in the future: the clock was set back in between.
    await clock.sleep(ran < 0 ? rules.settleMs : Math.max(0, rules.settleMs - ran), signal);
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
    // A clock that was set back makes no budget longer than twice what it is.
    began = Math.min(began, clock.now());
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

/** Says why, when liveness has failed too often, and nothing, when it succeeds again after that. */
async function keepAsking(
  wanted: WatchWanted,
  probe: Probe,
  judged: (message: string | undefined) => void,
  { prober, clock, signal }: Around,
): Promise<never> {
  const { liveness } = wanted.rules;
  let failures = 0;
  for (;;) {
    await clock.sleep(liveness.periodMs, signal);
    const result = await prober.http(wanted.address, probe, { timeoutMs: liveness.timeoutMs, signal });
    signal.throwIfAborted();
    if (result.ok && failures >= liveness.failures) judged(undefined);
    failures = result.ok ? 0 : failures + 1;
    if (!result.ok && failures === liveness.failures) judged(result.message);
  }
}

/** A second port may be opened after the first one: it is asked again until somebody listens on it. */
async function learnTheRest(
  wanted: WatchWanted,
  ready: Ready,
  learn: (learned: Ready) => void,
  around: Around,
): Promise<void> {
  const { clock, signal } = around;
  let known = ready.protocols;
  while (known.size < wanted.httpPorts.length) {
    if (!(await rest(clock, startupWait(wanted.rules, clock.now() - ready.at), signal))) return;
    const silent = wanted.httpPorts.filter((port) => !known.has(port));
    const learned = await askPorts(wanted, silent, around);
    if (signal.aborted) return;
    if (learned.size === 0) continue;
    known = new Map([...known, ...learned]);
    learn({ ...ready, protocols: known });
  }
}

async function askPorts(
  { address, rules }: WatchWanted,
  ports: readonly number[],
  { prober, signal }: Around,
): Promise<Protocols> {
  const options = { timeoutMs: rules.startup.timeoutMs, signal };
  const answers = await Promise.all(
    ports.map(async (port) => [port, await prober.protocol(address, port, options)] as const),
  );
  return new Map(answers.flatMap(([port, answer]) => (answer === 'silent' ? [] : [[port, answer] as const])));
}
