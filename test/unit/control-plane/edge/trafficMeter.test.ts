import assert from 'node:assert/strict';
import type { AnswerTotals } from '../../../../src/control-plane/edge/contract.ts';
import { TrafficMeter } from '../../../../src/control-plane/edge/trafficMeter.ts';

const counted = (requests: number, failures: number): AnswerTotals => {
  return { requests, failures, answers: [0, requests - failures, 0, 0, failures] };
};

describe('totals of a deployment', () => {
  it('begin at nothing in a slot that had another user', () => {
    const meter = new TrafficMeter();
    const stat = new Map([[0, counted(900, 7)]]);
    meter.note('worker 1', { gained: [['a:80', 0]], lost: [] }, stat);
    assert.deepEqual(meter.totals('worker 1', 'a', [['a:80', 0]], stat), counted(0, 0));
    assert.deepEqual(
      meter.totals('worker 1', 'a', [['a:80', 0]], new Map([[0, counted(903, 8)]])),
      counted(3, 1),
    );
  });

  it('keep what was counted at a port that it gave up', () => {
    const meter = new TrafficMeter();
    meter.note('worker 1', { gained: [['a:80', 0]], lost: [] }, new Map());
    const stat = new Map([[0, counted(10, 1)]]);
    meter.note('worker 1', { gained: [['a:81', 1]], lost: [['a:80', 0]] }, stat);
    const now = new Map([
      [0, counted(500, 1)],
      [1, counted(5, 0)],
    ]);
    assert.deepEqual(meter.totals('worker 1', 'a', [['a:81', 1]], now), counted(15, 1));
    assert.deepEqual(meter.totals('worker 1', 'b', [], now), counted(0, 0));
    meter.forget('a');
    assert.deepEqual(meter.totals('worker 1', 'a', [], now), counted(0, 0));
  });

  it('begin anew with a worker that counts anew', () => {
    const meter = new TrafficMeter();
    meter.note('worker 1', { gained: [['a:80', 0]], lost: [] }, new Map([[0, counted(900, 7)]]));
    assert.deepEqual(
      meter.totals('worker 2', 'a', [['a:80', 0]], new Map([[0, counted(2, 0)]])),
      counted(2, 0),
    );
  });
});
