import type { Measured } from '../../../../src/control-plane/metrics/between.ts';
import { nothingMeasured, type Measure } from '../../../../src/control-plane/metrics/measure.ts';

/** Ten seconds of an instance that uses half of one CPU and answers ten requests, each within 1.5 ms or so. */
export const tenSeconds: Measure = {
  cpu: { ms: 10_000, used: 5000, allocated: 10_000 },
  memory: { ms: 10_000, used: 1e6 * 10_000, limit: 4e6 * 10_000 },
  network: { ms: 10_000, received: 1000, sent: 20_000 },
  restarts: 0,
  traffic: { ms: 10_000, requests: 10, answers: [0, 9, 0, 0, 1], times: new Map([[15, 10]]) },
  wanted: undefined,
};

/** A deployment of one instance that did the same, or of none. */
export function measuredOnce(wanted = 1, measure = tenSeconds): Measured {
  const instances = new Map([['one', { name: 'v1-0', measure }]]);
  return { total: { ...measure, wanted }, instances };
}

export const nothing: Measured = { total: { ...nothingMeasured, wanted: 0 }, instances: new Map() };
