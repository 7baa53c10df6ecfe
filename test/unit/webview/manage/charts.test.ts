import assert from 'node:assert/strict';
import { glances, sparkline, valueWords } from '../../../../src/protocol/figureWords.ts';
import { readFigures, type ReadMetrics } from '../../../../src/protocol/metricFigures.ts';
import { formatTimestamp } from '../../../../src/protocol/wire.ts';
import { chartsOf } from '../../../../webview/manage/metrics/charts.ts';
import { viewOf } from '../../../../webview/manage/metrics/follow.ts';

const at = (seconds: number): string => formatTimestamp(seconds * 1000);

function measured(): ReadMetrics {
  const point = (seconds: number, cpu: string, more = {}) => ({
    timestamp: at(seconds),
    cpuUsage: cpu,
    cpuAllocated: 2,
    ...more,
  });
  const read = readFigures({
    stepSeconds: 10,
    total: [point(100, '1', { requests: 4 }), point(110, '0.5'), point(130, '2', { requests: 8, p95: 1500 })],
    metrics: [
      { podName: 'v2-0', instance: 'b', metrics: [point(130, '2')] },
      { podName: 'v1-0', instance: 'a', metrics: [point(100, '1'), point(110, '0.5')] },
    ],
    marks: [
      { kind: 'rollout', at: at(50), release: 1, cause: 'create' },
      { kind: 'rollout', at: at(121), release: 2, cause: 'push' },
      { kind: 'scale', at: at(130), from: 1, to: 2 },
    ],
  });
  assert.ok(read !== undefined);
  return read;
}

describe('charts of what was measured', () => {
  const chart = (id: string, shown: Parameters<typeof chartsOf>[1]) =>
    chartsOf(measured(), shown).find((one) => one.id === id);

  it('have every step, with a gap where nothing was measured, and no zero', () => {
    const cpu = chart('cpu', { kind: 'whole' });
    assert.deepEqual(cpu?.times, [100, 110, 120, 130]);
    assert.deepEqual(cpu?.lines, [{ name: 'CPU', values: [0.5, 0.25, null, 1] }]);
  });

  it('have a line for each instance, or the lines of one', () => {
    const each = chart('cpu', { kind: 'each' });
    assert.deepEqual(
      each?.lines.map(({ name, values }) => [name, values]),
      [
        ['v2-0', [null, null, null, 1]],
        ['v1-0', [0.5, 0.25, null, null]],
      ],
    );
    const one = chart('cpu', { kind: 'one', name: 'v1-0' });
    assert.deepEqual(one?.lines[0]?.values, [0.5, 0.25, null, null]);
  });

  it('are left out when there is no value at all', () => {
    assert.deepEqual(
      chartsOf(measured(), { kind: 'whole' }).map(({ id }) => id),
      ['cpu', 'requests', 'times'],
    );
  });

  it('mark rollouts and scalings of the time that they show', () => {
    assert.deepEqual(chart('cpu', { kind: 'whole' })?.marks, [
      { at: 121, words: 'v2 rolled out' },
      { at: 130, words: 'scaled from 1 to 2' },
    ]);
  });
});

describe('what servers answer', () => {
  it('is read in the words of each generation', () => {
    const texts = { cpuUsage: '0.5', memoryUsage: '100', networkUsageTx: '7', networkUsageRx: '9' };
    const loose = readFigures({
      metrics: [
        { timestamp: at(60), ...texts },
        { timestamp: at(120), ...texts },
      ],
    });
    assert.equal(loose?.stepMs, 60_000);
    assert.deepEqual(
      loose?.whole.points.map(({ at: time, figures: { cpu, memory, sent, received } }) => [
        time,
        cpu,
        memory,
        sent,
        received,
      ]),
      [
        [60_000, 0.5, 100, 7, 9],
        [120_000, 0.5, 100, 7, 9],
      ],
    );
    const pods = readFigures({ metrics: [{ podName: 'web-1', metrics: [{ timestamp: 60_000, ...texts }] }] });
    assert.deepEqual(pods?.whole, pods?.instances[0]);
  });

  it('is nothing when all texts are empty, which is no zero', () => {
    const empty = { cpuUsage: '', memoryUsage: '', networkUsageTx: '', networkUsageRx: '' };
    const answer = { metrics: [{ timestamp: at(60), ...empty }] };
    assert.equal(readFigures(answer), undefined);
    assert.deepEqual(viewOf(answer), { kind: 'none' });
    assert.deepEqual(viewOf(null), { kind: 'none' });
    assert.deepEqual(viewOf({ metrics: [], total: [] }), { kind: 'empty' });
  });
});

describe('figures in words', () => {
  it('have three digits that count, and a dash where there is none', () => {
    assert.deepEqual(
      [
        valueWords('share', 0.12345),
        valueWords('perSecond', 12.345),
        valueWords('milliseconds', 1500),
        valueWords('count', 0),
        valueWords('bytes', null),
      ],
      ['12.3 %', '12.3/s', '1.5 s', '0', '–'],
    );
  });

  it('are told at a glance with a line of characters, in which a gap is a space', () => {
    assert.deepEqual(glances(measured()), [
      { label: 'CPU', value: '100 %', line: '▅▃ █' },
      { label: 'Requests', value: '8/s', line: '▅  █' },
      { label: 'Time to answer, p95', value: '1.5 s', line: '   █' },
    ]);
    assert.equal(sparkline([]), '');
    assert.equal(sparkline([0, 0]), '▁▁');
    assert.equal(sparkline(Array.from({ length: 360 }, () => 1)).length, 24);
  });
});
