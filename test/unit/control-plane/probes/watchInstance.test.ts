import assert from 'node:assert/strict';
import type { Clock } from '../../../../src/base/clock.ts';
import { isAbort } from '../../../../src/base/abort.ts';
import type { AppProtocol } from '../../../../src/control-plane/edge/contract.ts';
import type { Prober, ProbeResult } from '../../../../src/control-plane/probes/prober.ts';
import {
  defaultProbeRules,
  startupBudgetMs,
  startupCheckOf,
} from '../../../../src/control-plane/probes/rules.ts';
import { watchInstance, type Health } from '../../../../src/control-plane/probes/watchInstance.ts';

const silent: ProbeResult = { ok: false, kind: 'connect', message: 'does not listen on port 80' };
const ill: ProbeResult = { ok: false, kind: 'answer', message: 'answered 503 at /' };

/** An instance that answers by its age, on a clock that moves when somebody waits. */
function anInstance(
  answer: (ageMs: number) => ProbeResult,
  endsAfterMs = 10 * 60_000,
  spokenOn: (port: number, ageMs: number) => AppProtocol | 'silent' = () => 'http1',
) {
  let now = 0;
  const stop = new AbortController();
  const clock: Clock = {
    now: () => now,
    async sleep(ms, signal) {
      now += ms;
      if (now > endsAfterMs) stop.abort();
      signal?.throwIfAborted();
    },
  };
  const asked: number[] = [];
  const reply = async (): Promise<ProbeResult> => {
    asked.push(now);
    return answer(now);
  };
  const prober: Prober = { http: reply, tcp: reply, protocol: async (_, port) => spokenOn(port, now) };
  const told: Health[] = [];
  const probe = { port: 80, path: '/' };
  const watch = (liveness: boolean) =>
    watchInstance(
      {
        address: '10.0.0.2',
        startedAt: 0,
        startup: { kind: 'http', probe },
        httpPorts: [80, 90],
        liveness: liveness ? probe : undefined,
        rules: defaultProbeRules,
      },
      (health) => told.push(health),
      { prober, clock, signal: stop.signal },
    ).catch((error: unknown) => {
      if (!isAbort(error)) throw error;
    });
  return { watch, told, asked, kinds: () => told.map(({ kind }) => kind) };
}

describe('watching an instance', () => {
  it('gives up no later than after two budgets when the clock is set back', async () => {
    let [now, waited] = [10_000_000, 0];
    const clock: Clock = {
      now: () => now,
      async sleep(ms) {
        waited += ms;
        now = waited > 60_000 && now > 5_000_000 ? 0 : now + ms;
      },
    };
    const prober: Prober = {
      http: async () => silent,
      tcp: async () => silent,
      protocol: async () => 'silent',
    };
    const told: Health[] = [];
    const wanted = {
      address: '10.0.0.2',
      startedAt: now,
      startup: { kind: 'tcp', port: 80 } as const,
      httpPorts: [80],
      liveness: undefined,
      rules: defaultProbeRules,
    };
    const { signal } = new AbortController();
    await watchInstance(wanted, (health) => told.push(health), { prober, clock, signal });
    assert.equal(told.at(-1)?.kind, 'notStarted');
    assert.ok(waited <= 2 * startupBudgetMs(defaultProbeRules) + 20_000, String(waited));
  });

  it('does not wait for a start in the future when there is no port to ask', async () => {
    const waits: number[] = [];
    const clock: Clock = { now: () => 0, sleep: async (ms) => void waits.push(ms) };
    const never = async (): Promise<never> => Promise.reject(new Error('asked'));
    const wanted = {
      address: '10.0.0.2',
      startedAt: 3_600_000,
      startup: { kind: 'settled' } as const,
      httpPorts: [],
      liveness: undefined,
      rules: defaultProbeRules,
    };
    const prober: Prober = { http: never, tcp: never, protocol: never };
    const { signal } = new AbortController();
    await watchInstance(wanted, () => undefined, { prober, clock, signal });
    assert.deepEqual(waits, [defaultProbeRules.settleMs]);
  });

  it('is ready at the first success, asked at once and often while it is young', async () => {
    const instance = anInstance((age) => (age < 100 ? silent : { ok: true }));
    await instance.watch(false);
    assert.deepEqual(instance.kinds(), ['starting', 'starting', 'ready']);
    assert.deepEqual(instance.asked, [0, 25, 50, 75, 100]);
  });

  it('learns what each http port is spoken to in before it is ready, and asks silent ones again', async () => {
    const instance = anInstance(
      () => ({ ok: true }),
      10 * 60_000,
      (port, age) => (port === 80 ? 'h2c' : age < 1000 ? 'silent' : 'http1'),
    );
    await instance.watch(false);
    const learned = instance.told.flatMap((one) => (one.kind === 'ready' ? [[...one.protocols]] : []));
    assert.deepEqual(learned, [
      [[80, 'h2c']],
      [
        [80, 'h2c'],
        [90, 'http1'],
      ],
    ]);
  });

  it('is not ready because a port speaks while its liveness fails', async () => {
    const instance = anInstance(
      (age) => (age < 1000 ? { ok: true } : ill),
      60 * 60_000,
      (port, age) => (port === 80 || age > 1_800_000 ? 'http1' : 'silent'),
    );
    await instance.watch(true);
    assert.deepEqual(instance.kinds(), ['starting', 'ready', 'failing']);
  });

  it('is ready again when its liveness succeeds again, with what was learned meanwhile', async () => {
    const instance = anInstance(
      (age) => (age < 1000 || age > 2_400_000 ? { ok: true } : ill),
      60 * 60_000,
      (port, age) => (port === 80 || age > 1_800_000 ? 'http1' : 'silent'),
    );
    await instance.watch(true);
    assert.deepEqual(instance.kinds(), ['starting', 'ready', 'failing', 'ready']);
    const last = instance.told.at(-1);
    assert.ok(last?.kind === 'ready' && last.protocols.size === 2);
  });

  it('gives a slow starter its whole budget, and then not more', async () => {
    const budget = startupBudgetMs(defaultProbeRules);
    const slow = anInstance((age) => (age < budget - 10_000 ? silent : { ok: true }));
    await slow.watch(false);
    assert.equal(slow.kinds().at(-1), 'ready');
    const never = anInstance(() => silent);
    await never.watch(false);
    assert.equal(never.kinds().at(-1), 'notStarted');
  });

  it('does not ask for liveness before it has started', async () => {
    const instance = anInstance((age) => (age < 140_000 ? ill : { ok: true }), 200_000);
    await instance.watch(true);
    assert.ok(!instance.kinds().includes('failing'));
    assert.ok(instance.kinds().includes('ready'));
  });

  it('is failing after fifteen failures in a row, not before', async () => {
    const instance = anInstance((age) => (age < 1000 ? { ok: true } : ill));
    await instance.watch(true);
    assert.deepEqual(instance.kinds(), ['starting', 'ready', 'failing']);
    const last = instance.told.at(-1);
    assert.ok(last?.kind === 'failing');
    assert.equal(last.at, 15 * defaultProbeRules.liveness.periodMs);
  });

  it('forgives failures with a success between them', async () => {
    let asks = 0;
    const instance = anInstance(() =>
      (asks += 1) % 15 === 0 ? { ok: true } : asks === 1 ? { ok: true } : ill,
    );
    await instance.watch(true);
    assert.ok(!instance.kinds().includes('failing'));
  });
});

describe('the startup check', () => {
  it('is the declared probe, else a connection to the first http port, else a moment of running', () => {
    const probe = { port: 80, path: '/healthz' };
    assert.deepEqual(startupCheckOf(probe, [8080]), { kind: 'http', probe });
    assert.deepEqual(startupCheckOf(undefined, [8080, 9090]), { kind: 'tcp', port: 8080 });
    assert.deepEqual(startupCheckOf(undefined, []), { kind: 'settled' });
  });
});
