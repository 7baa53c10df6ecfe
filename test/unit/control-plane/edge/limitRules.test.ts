import assert from 'node:assert/strict';
import { EdgeWish } from '../../../../src/control-plane/edge/edgeWish.ts';
import { limitEntries, serverLimit } from '../../../../src/control-plane/edge/limitRules.ts';
import type { TrafficLimits } from '../../../../src/protocol/shapes/trafficLimits.ts';

describe('the limits of a deployment at the proxy', () => {
  it('are entries of its maps, and none where there is no limit', () => {
    assert.deepEqual(limitEntries({}), { bodies: '100000000' });
    assert.deepEqual(limitEntries({ maxBodyBytes: null }), {});
    assert.deepEqual(
      limitEntries({ maxBodyBytes: 1000, answerTimeoutSeconds: 30, maxRequestsPerSecond: 5 }),
      { bodies: '1000', measured: '1', rates: '50', silences: '30000' },
    );
  });

  it('let as many requests wait for a server as shall be, also where there is no limit', () => {
    assert.deepEqual([{}, { maxRequestsPerInstance: 7 }].map(serverLimit), [5000, 7]);
    assert.ok(serverLimit({ maxRequestsPerInstance: null }) > 24_000);
  });

  it('are those of every port of it, follow its slots, and are kept for a proxy that starts', () => {
    const wish = EdgeWish.of(undefined, 4);
    const put = (deploymentId: string, limits: TrafficLimits, ...ports: number[]): void => {
      const members = [{ instanceId: 'i', address: '10.0.0.1', state: 'ready' as const }];
      wish.put({ deploymentId, ports: ports.map((port) => ({ port, hosts: [], members })), limits });
    };
    put('a', { maxBodyBytes: 10, maxRequestsPerInstance: 3 }, 80, 81);
    put('b', { maxBodyBytes: null }, 80);
    assert.deepEqual(Array.from(wish.maps().bodies), [
      ['slot0', '10'],
      ['slot1', '10'],
    ]);
    assert.deepEqual(
      Array.from(wish.servers().values(), ([server]) => server?.limit),
      [3, 3, 5000],
    );
    const again = EdgeWish.of(wish.toText());
    assert.deepEqual([again.maps(), again.servers()], [wish.maps(), wish.servers()]);
    put('a', {}, 81);
    assert.deepEqual(Array.from(wish.maps().bodies), [['slot1', '100000000']]);
    wish.drop('a');
    assert.deepEqual(Array.from(wish.maps().bodies), []);
  });
});
