import assert from 'node:assert/strict';
import type { UsageTotal } from '../../../../src/control-plane/executors/executor.ts';
import { UsageMeter } from '../../../../src/control-plane/usage/usageMeter.ts';
import { handClock, type HandClock } from '../../../support/handClock.ts';

describe('what instances use', () => {
  let clock: HandClock;
  let asked: number;
  let nanoseconds: number;
  let meter: UsageMeter;

  beforeEach(() => {
    clock = handClock(500);
    asked = 0;
    nanoseconds = 0;
    const sample = async () => {
      asked += 1;
      const total: UsageTotal = { at: clock.now(), nanoseconds, memoryBytes: 7, memoryLimitBytes: 9 };
      nanoseconds += 250_000_000;
      return new Map([['a', total]]);
    };
    const executor = { usageTotals: sample, allUsageTotals: async () => new Map([['x', await sample()]]) };
    meter = new UsageMeter({ clock, executor });
  });

  it('is told at once, out of two samples where there is none to compare with', async () => {
    assert.deepEqual((await meter.of('x')).get('a'), { cpus: 0.5, memoryBytes: 7, memoryLimitBytes: 9 });
    assert.equal(asked, 2);
  });

  it('costs one sample for everybody who asks at once or soon after', async () => {
    await Promise.all([meter.of('x'), meter.of('x'), meter.of('x')]);
    clock.advance(1999);
    await meter.of('x');
    assert.equal(asked, 2);
    clock.advance(1);
    assert.equal((await meter.of('x')).get('a')?.cpus, 0.125);
    assert.equal(asked, 3);
  });

  it('is not the mean of a time that is long over', async () => {
    await meter.of('x');
    clock.advance(60_000);
    assert.equal((await meter.of('x')).get('a')?.cpus, 0.5);
    assert.equal(asked, 4);
  });

  it('is measured anew when the clock was set back, and told from that sample on', async () => {
    await meter.of('x');
    clock.advance(-3_600_000);
    assert.equal((await meter.of('x')).get('a')?.cpus, 0.5);
    assert.equal(asked, 4);
    await meter.of('x');
    assert.equal(asked, 4);
    clock.advance(2000);
    assert.equal((await meter.of('x')).get('a')?.cpus, 0.125);
    assert.equal(asked, 5);
  });

  it('has no share for an instance that was started meanwhile', async () => {
    await meter.of('x');
    nanoseconds = 0;
    clock.advance(5000);
    assert.equal((await meter.of('x')).get('a')?.cpus, undefined);
  });

  it('is asked for again after the engine did not answer', async () => {
    const away = () => Promise.reject(new Error('away'));
    const broken = new UsageMeter({ clock, executor: { usageTotals: away, allUsageTotals: away } });
    await assert.rejects(broken.of('x'), /away/);
    await assert.rejects(broken.of('x'), /away/);
  });

  it('is compared with what was measured for everybody', async () => {
    await meter.all({ signal: AbortSignal.timeout(1000) });
    clock.advance(10_000);
    assert.equal((await meter.of('x')).get('a')?.cpus, 0.025);
    assert.equal(asked, 2);
  });

  it('is measured once for all who need it as young as it is', async () => {
    await meter.totals('x', 1000);
    clock.advance(999);
    await meter.totals('x', 1000);
    assert.equal(asked, 1);
    clock.advance(1);
    await meter.totals('x', 1000);
    assert.equal(asked, 2);
  });
});
