import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EdgeWish } from '../../../../src/control-plane/edge/edgeWish.ts';
import type { DeploymentRoutes, Member } from '../../../../src/control-plane/edge/contract.ts';

const routes = fc
  .record({
    deploymentId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    ports: fc.uniqueArray(fc.constantFrom(80, 8080, 9090), { maxLength: 3 }),
  })
  .map(({ deploymentId, ports }): DeploymentRoutes => ({
    deploymentId,
    ports: ports.map((port) => ({ port, hosts: [`${port}-${deploymentId}.localhost`], members: [] })),
  }));
const change = fc.oneof(
  routes.map((put) => ({ put })),
  fc.constantFrom('a', 'b', 'c', 'd', 'e').map((drop) => ({ drop })),
);

describe('the wish of the edge', () => {
  it('gives every route a slot of its own, for as long as it is wanted', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const wish = EdgeWish.of(undefined, 2);
        for (const one of changes) {
          const before = new Map(wish.deployments.flatMap(({ deploymentId }) => wish.slotsOf(deploymentId)));
          if ('put' in one) wish.put(one.put);
          else wish.drop(one.drop);
          const now = wish.deployments.flatMap(({ deploymentId }) => wish.slotsOf(deploymentId));
          assert.equal(new Set(now.map(([, slot]) => slot)).size, now.length);
          assert.ok(now.every(([, slot]) => slot < wish.slots && !wish.isFree(slot)));
          for (const [key, slot] of now) assert.equal(before.get(key) ?? slot, slot);
          assert.equal(now.length, wish.deployments.flatMap(({ ports }) => ports).length);
        }
        assert.deepEqual(EdgeWish.of(wish.toText()).maps(), wish.maps());
      }),
    );
  });

  it('tells which slots were taken and given back', () => {
    const wish = EdgeWish.of(undefined, 4);
    const at = (...ports: number[]): DeploymentRoutes => ({
      deploymentId: 'a',
      ports: ports.map((port) => ({ port, hosts: [], members: [] })),
    });
    assert.deepEqual(wish.put(at(80, 81)), {
      gained: [
        ['a:80', 0],
        ['a:81', 1],
      ],
      lost: [],
    });
    assert.deepEqual(wish.put(at(81, 82)), { gained: [['a:82', 2]], lost: [['a:80', 0]] });
    assert.deepEqual(wish.drop('a').lost, [
      ['a:81', 1],
      ['a:82', 2],
    ]);
    assert.deepEqual(wish.drop('a'), { gained: [], lost: [] });
  });

  it('keeps what an instance is spoken to in until something else is known of it', () => {
    const wish = EdgeWish.of(undefined, 4);
    const member = { instanceId: 'i', address: '10.0.0.1', state: 'ready' } as const;
    const routesWith = (...members: Member[]): DeploymentRoutes => ({
      deploymentId: 'a',
      ports: [{ port: 80, hosts: [], members }],
    });
    const protocolAfter = (one: Member): unknown => {
      wish.put(wish.complete(routesWith(one)));
      return wish.deployments[0]?.ports[0]?.members[0]?.protocol;
    };
    assert.equal(protocolAfter(member), 'http1');
    assert.equal(protocolAfter({ ...member, protocol: 'h2c' }), 'h2c');
    assert.equal(protocolAfter(member), 'h2c');
    assert.equal(protocolAfter({ ...member, protocol: 'http1' }), 'http1');
  });

  it('refuses what neither a command nor a file can carry, and stays as it was', () => {
    const wish = EdgeWish.of(undefined);
    const evil = ['a b', 'a\nb', 'a;b', 'a"b', "a'b", '', 'a\\b', '<<', 'é'];
    for (const host of evil) {
      const ports = [{ port: 80, hosts: [host], members: [] }];
      assert.throws(() => wish.put({ deploymentId: 'a', ports }), /cannot be part of a command/);
    }
    for (const instanceId of evil) {
      const members = [{ instanceId, address: '10.0.0.1', state: 'ready' as const }];
      const ports = [{ port: 80, hosts: [], members }];
      assert.throws(() => wish.put({ deploymentId: 'a', ports }), /cannot be part of a command/);
    }
    assert.deepEqual(wish.deployments, []);
  });
});
