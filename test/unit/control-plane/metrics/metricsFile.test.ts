import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricsFile, type SeriesWanted } from '../../../../src/control-plane/metrics/metricsFile.ts';
import { resolutionOf, tiers } from '../../../../src/control-plane/metrics/tiers.ts';
import { measuredOnce } from './measures.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;
const hour = 60 * minute;

describe('what was measured', () => {
  let folder: string;
  let file: MetricsFile;
  let lost: unknown[];

  const open = () => MetricsFile.open(join(folder, 'metrics.db'), (error) => lost.push(error));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-metrics-'));
    lost = [];
    file = open();
  });

  afterEach(async () => {
    file.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** One sample each ten seconds; the first ends ten seconds after `from`. */
  function measure(from: number, to: number, deployment = 'web'): void {
    for (let at = from + 10_000; at <= to; at += 10_000)
      file.put(at, 10_000, new Map([[deployment, measuredOnce()]]));
  }

  function requests(wanted: SeriesWanted, deployment = 'web'): (readonly [number, number])[] {
    const whole = file.read(deployment, wanted).find(({ instance }) => instance === undefined);
    return Array.from(
      whole?.measures ?? [],
      ([at, { traffic }]) => [(at - start) / 1000, traffic.requests] as const,
    ).toSorted(([a], [b]) => a - b);
  }

  const fine = (from = start): SeriesWanted => ({ from, stepMs: 10_000, tier: 0 });

  it('is told in the step that it ended', () => {
    measure(start, start + 30_000);
    assert.deepEqual(requests(fine()), [
      [0, 10],
      [10, 10],
      [20, 10],
    ]);
    const [whole, one] = file.read('web', fine());
    assert.equal(whole?.instance, undefined);
    assert.deepEqual(one?.instance, { id: 'one', name: 'v1-0' });
    assert.deepEqual(file.read('other', fine()), []);
  });

  it('is a gap where nothing was measured, and no step is lost or doubled at any resolution', () => {
    measure(start, start + 2 * hour);
    measure(start + 3 * hour, start + 4 * hour + 10_000);
    for (const [tier, stepMs] of [
      [1, minute],
      [1, 5 * minute],
      [2, 10 * minute],
      [2, hour],
    ] as const) {
      const found = requests({ from: start, stepMs, tier });
      const all = found.reduce((sum, [, count]) => sum + count, 0);
      assert.equal(all, (3 * 360 + 1) * 10, `steps of ${stepMs} ms`);
      assert.ok(found.every(([at]) => at < 7200 || at >= 10_800));
      const whole = found.filter(([at]) => at < 7200);
      assert.ok(whole.every(([, count]) => count === stepMs / 1000));
    }
  });

  it('is kept over a start, and put together where it was left', () => {
    measure(start, start + 25 * minute + 20_000);
    file.dispose();
    file = open();
    measure(start + 25 * minute + 20_000, start + 40 * minute);
    assert.deepEqual(requests({ from: start, stepMs: 10 * minute, tier: 2 }), [
      [0, 600],
      [600, 600],
      [1200, 600],
      [1800, 600],
    ]);
    assert.deepEqual(lost, []);
  });

  it('counts for the steps before as well when a sample came late', () => {
    measure(start, start + 10_000);
    file.put(start + 30_000, 20_000, new Map([['web', measuredOnce()]]));
    assert.deepEqual(requests(fine()), [
      [0, 10],
      [10, 5],
      [20, 5],
    ]);
  });

  it('is told in its step when the timer was a moment early or late', () => {
    file.put(start + 9_998, 10_000, new Map([['web', measuredOnce()]]));
    file.put(start + 20_900, 10_902, new Map([['web', measuredOnce()]]));
    assert.deepEqual(requests(fine()), [
      [0, 10],
      [10, 10],
    ]);
  });

  it('goes where the clock was set back: that time comes again', () => {
    measure(start, start + 90 * minute);
    measure(start + 60 * minute, start + 61 * minute);
    const hourly = requests({ from: start, stepMs: hour, tier: 2 });
    assert.deepEqual(hourly, [
      [0, 3600],
      [3600, 60],
    ]);
    measure(start + 61 * minute, start + 120 * minute);
    assert.deepEqual(requests({ from: start, stepMs: hour, tier: 2 }), [
      [0, 3600],
      [3600, 3600],
    ]);
  });

  it('is forgotten when it is older than its tier keeps, and a series with it', () => {
    file.put(start + 10_000, 10_000, new Map([['gone', measuredOnce()]]));
    measure(start, start + minute);
    const late = start + tiers[2].keptMs + 20 * minute;
    measure(late, late + minute);
    const ever = { from: start, stepMs: hour, tier: 2 };
    assert.deepEqual(requests(ever, 'gone'), []);
    assert.equal(file.read('gone', ever).length, 0);
    assert.equal(requests(ever).length, 1);
    assert.equal(requests(fine()).length, 6);
  });

  it('goes with its deployment', () => {
    measure(start, start + minute);
    measure(start, start + minute, 'other');
    file.forget('web');
    assert.deepEqual(file.read('web', fine()), []);
    assert.equal(file.read('other', fine()).length, 2);
  });

  it('is begun anew when the file cannot be read, and says so', async () => {
    file.dispose();
    await writeFile(join(folder, 'metrics.db'), 'no database at all'.repeat(100));
    file = open();
    assert.equal(lost.length, 1);
    measure(start, start + 10_000);
    assert.deepEqual(requests(fine()), [[0, 10]]);
  });
});

describe('how finely it is told', () => {
  it('follows from the length of time, in 400 steps at the most, from a tier that goes back so far', () => {
    const told = (ms: number) => resolutionOf(ms);
    assert.deepEqual(told(hour), { stepMs: 10_000, tier: 0 });
    assert.deepEqual(told(6 * hour), { stepMs: minute, tier: 1 });
    assert.deepEqual(told(24 * hour), { stepMs: 5 * minute, tier: 1 });
    assert.deepEqual(told(3 * 24 * hour), { stepMs: 30 * minute, tier: 2 });
    assert.deepEqual(told(14 * 24 * hour), { stepMs: hour, tier: 2 });
    for (let hours = 1; hours <= 14 * 24; hours += 1) {
      const { stepMs, tier } = told(hours * hour);
      assert.ok((hours * hour) / stepMs <= 400);
      assert.ok(tiers[tier]!.keptMs >= hours * hour && stepMs % tiers[tier]!.stepMs === 0);
    }
  });
});
