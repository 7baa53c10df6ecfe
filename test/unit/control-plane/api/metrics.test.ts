import assert from 'node:assert/strict';
import { testControlPlane, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';
import { measuredOnce } from '../metrics/measures.ts';

describe('the metrics of a deployment', () => {
  let plane: TestControlPlane;
  let id: string;

  beforeEach(() => {
    plane = testControlPlane();
    plane.notary.time = Date.UTC(2026, 0, 1, 12);
    id = addDeployment(plane.notary).id;
  });

  afterEach(() => plane.dispose());

  /** Seconds ago; the step ended then. */
  function measured(secondsAgo: number, wanted = 1): void {
    plane.metrics.put(plane.notary.time - secondsAgo * 1000, 10_000, new Map([[id, measuredOnce(wanted)]]));
  }

  it('are told of the whole and of each instance, with the names that Patr has for them', async () => {
    measured(10);
    const { status, body } = await plane.send('GET', `/deployment/${id}/metrics`);
    assert.equal(status, 200);
    const point = {
      timestamp: '2026-01-01 11:59:40.000 +00:00:00',
      cpuUsage: '0.5',
      memoryUsage: '1000000',
      networkUsageTx: '2000',
      networkUsageRx: '100',
      cpuAllocated: 1,
      memoryLimit: 4_000_000,
      restarts: 0,
      requests: 1,
      status2xx: 0.9,
      status3xx: 0,
      status4xx: 0,
      status5xx: 0.1,
      p50: 1.413,
      p95: 1.528,
      p99: 1.538,
    };
    assert.deepEqual(body['total'], [{ ...point, wanted: 1 }]);
    assert.deepEqual(body['metrics'], [{ podName: 'v1-0', instance: 'one', metrics: [point] }]);
    assert.equal(body['stepSeconds'], 10);
  });

  it('are none before anything was measured, and outside the time that was asked for', async () => {
    measured(7200);
    const { body } = await plane.send('GET', `/deployment/${id}/metrics?interval=3600.000000000`);
    assert.deepEqual([body['total'], body['metrics'], body['marks']], [[], [], []]);
    const day = await plane.send('GET', `/deployment/${id}/metrics?interval=86400`);
    assert.equal((day.body['total'] as unknown[]).length, 1);
    assert.equal(day.body['stepSeconds'], 300);
  });

  it('have marks where a release was made and where another number of instances was wanted', async () => {
    const { time } = plane.notary;
    plane.notary.time = time - 25_000;
    addRelease(plane.notary, id);
    plane.notary.time = time;
    measured(40, 1);
    measured(30, 1);
    measured(10, 3);
    const { body } = await plane.send('GET', `/deployment/${id}/metrics`);
    assert.deepEqual(body['marks'], [
      { kind: 'rollout', at: '2026-01-01 11:59:35.001 +00:00:00', release: 1, cause: 'create' },
      { kind: 'scale', at: '2026-01-01 11:59:40.000 +00:00:00', from: 1, to: 3 },
    ]);
  });

  it('are told one by one under the names of the newest generation', async () => {
    measured(10);
    const value = async (name: string): Promise<unknown> => {
      const { body } = await plane.send('GET', `/deployment/${id}/metrics/${name}`);
      return (body['dataPoints'] as { value: unknown }[])[0]?.value;
    };
    assert.equal(await value('container_cpu_usage'), '0.5');
    assert.equal(await value('error_rate'), 0.1);
    assert.equal(await value('ingress_latency_p50'), 1.413);
    const { status, body } = await plane.send('GET', `/deployment/${id}/metrics/oom_kills`);
    assert.equal(status, 400);
    assert.match(JSON.stringify(body['fields']), /container_cpu_usage/);
  });

  it('are refused for a time that is longer than they are kept, and of a deployment that is none', async () => {
    for (const interval of ['59', '1209601', 'day', '']) {
      const { status } = await plane.send('GET', `/deployment/${id}/metrics?interval=${interval}`);
      assert.equal(status, 400, interval);
    }
    assert.equal((await plane.send('GET', `/deployment/${'f'.repeat(32)}/metrics`)).status, 404);
  });
});
