import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pointOf } from '../../../../src/control-plane/metrics/answer.ts';
import {
  fromText,
  joined,
  nothingMeasured,
  shareOf,
  summed,
  toText,
  type Measure,
} from '../../../../src/control-plane/metrics/measure.ts';
import { tenSeconds } from './measures.ts';

const count = fc.integer({ min: 0, max: 1_000_000 });
const three = fc.tuple(count, count, count);
const anyMeasure: fc.Arbitrary<Measure> = fc
  .tuple(
    three,
    three,
    three,
    count,
    fc.tuple(count, count, count, count, count),
    fc.dictionary(fc.constantFrom('1', '7', '40'), count),
  )
  .map(([cpu, memory, network, restarts, answers, times]) => ({
    cpu: { ms: cpu[0], used: cpu[1], allocated: cpu[2] },
    memory: { ms: memory[0], used: memory[1], limit: memory[2] },
    network: { ms: network[0], received: network[1], sent: network[2] },
    restarts,
    traffic: {
      ms: cpu[0],
      requests: answers[0],
      answers,
      times: new Map(Object.entries(times).map(([bucket, many]) => [Number(bucket), many])),
    },
    wanted: undefined,
  }));

describe('a measure', () => {
  it('is the same whichever times are put together first', () => {
    fc.assert(
      fc.property(anyMeasure, anyMeasure, anyMeasure, (a, b, c) => {
        assert.deepEqual(pointOf(0, joined(joined(a, b), c)), pointOf(0, joined(a, joined(b, c))));
        assert.deepEqual(pointOf(0, joined(a, nothingMeasured)), pointOf(0, a));
      }),
    );
  });

  it('is kept as it is', () => {
    fc.assert(fc.property(anyMeasure, (measure) => assert.deepEqual(fromText(toText(measure)), measure)));
    assert.equal(fromText(toText({ ...tenSeconds, wanted: 3 })).wanted, 3);
  });

  it('keeps its rates over a longer time, and adds them up over instances', () => {
    const rates = ({
      requests,
      cpuUsage,
      cpuAllocated,
      memoryUsage,
      networkUsageTx,
    }: ReturnType<typeof pointOf>) => {
      return [requests, cpuUsage, cpuAllocated, memoryUsage, networkUsageTx];
    };
    assert.deepEqual(rates(pointOf(0, tenSeconds)), [1, '0.5', 1, '1000000', '2000']);
    assert.deepEqual(rates(pointOf(0, joined(tenSeconds, tenSeconds))), [1, '0.5', 1, '1000000', '2000']);
    assert.deepEqual(rates(pointOf(0, summed(tenSeconds, tenSeconds))), [2, '1', 2, '2000000', '4000']);
    assert.deepEqual(rates(pointOf(0, shareOf(tenSeconds, 0.5))), [1, '0.5', 1, '1000000', '2000']);
  });

  it('tells nothing of what nobody could measure, which is no zero', () => {
    assert.deepEqual(pointOf(0, nothingMeasured), {
      timestamp: '1970-01-01 00:00:00.000 +00:00:00',
      restarts: 0,
    });
    const half = joined(tenSeconds, { ...tenSeconds, cpu: nothingMeasured.cpu });
    assert.equal(pointOf(0, half).cpuUsage, '0.5');
  });
});
