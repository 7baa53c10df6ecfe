import assert from 'node:assert/strict';
import { NotOffered } from '../../../src/client/errors.ts';
import type { Target } from '../../../src/deploy/target.ts';
import { readLastHour, readMetrics } from '../../../src/extension/manage/metrics.ts';

const id = '5'.repeat(32);
const signal = AbortSignal.timeout(60_000);
const notOffered = () => Promise.reject(new NotOffered('no'));

function target(api: object, capabilities: readonly string[] = []): Target {
  const backend = { offers: (capability: string) => capabilities.includes(capability) };
  return { api, workspaceId: '1'.repeat(32), backend } as unknown as Target;
}

describe('metrics of a server', () => {
  it('are asked for at once, in seconds as Patr writes them', async () => {
    const asked: unknown[] = [];
    const answer = { metrics: [] };
    const getMetrics = (given: { query: unknown }) => {
      asked.push(given.query);
      return Promise.resolve(answer);
    };
    assert.equal(await readMetrics(target({ getMetrics }), id, 3600, { signal }), answer);
    assert.deepEqual(asked, [{ interval: '3600.000000000' }]);
  });

  it('are put together figure by figure where that is what the server knows', async () => {
    const values: Record<string, unknown> = { container_cpu_usage: '0.5', ingress_rps: 3, memory_used: null };
    const getMetric = ({ params: { metric } }: { params: { metric: string } }) => {
      const value = values[metric];
      return Promise.resolve({ dataPoints: value === undefined ? [] : [{ timestamp: 1000, value }] });
    };
    const read = await readMetrics(target({ getMetrics: notOffered, getMetric }), id, 3600, { signal });
    assert.deepEqual(read, { metrics: [{ timestamp: 1000, cpuUsage: 0.5, requests: 3 }] });
  });

  it('are none where it knows neither', async () => {
    const none = target({ getMetrics: notOffered, getMetric: notOffered });
    assert.equal(await readMetrics(none, id, 3600, { signal }), undefined);
  });

  it('leave out the last hour at a glance where they are not offered or cannot be had', async () => {
    const broken = () => Promise.reject(new Error('away'));
    assert.deepEqual(await readLastHour(target({ getMetrics: broken }), id), []);
    assert.deepEqual(await readLastHour(target({ getMetrics: broken }, ['metrics']), id), []);
  });
});
