import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Member } from '../../../../src/control-plane/edge/contract.ts';
import type { RunningServer } from '../../../../src/control-plane/edge/proxyState.ts';
import {
  instanceOf,
  serverChanges,
  serverName,
  type ServerChange,
} from '../../../../src/control-plane/edge/wanted.ts';

const slot = 3;
const port = 8080;

/** What the proxy does at a change. A server that goes may have to stay in maintenance for a while. */
function after(servers: readonly RunningServer[], change: ServerChange, stays: boolean): RunningServer[] {
  const others = servers.filter(({ name }) => name !== change.name);
  const there = servers.find(({ name }) => name === change.name);
  switch (change.kind) {
    case 'add':
      assert.equal(there, undefined, 'a name is added once');
      return [...others, { ...change, slot }];
    case 'move':
      assert.ok(there !== undefined);
      return [...others, { ...change, slot }];
    case 'state':
      assert.ok(there !== undefined);
      return [...others, { ...there, state: change.state }];
    case 'remove':
      assert.ok(there !== undefined);
      return stays ? [...others, { ...there, state: 'maintenance' }] : others;
  }
}

const id = fc.constantFrom('a', 'b', 'c', 'd');
const address = fc.constantFrom('10.210.0.2', '10.210.0.3', '10.210.0.4');
const protocol = fc.constantFrom('http1', 'h2c');
const members = fc.uniqueArray(
  fc.record<Member>({ instanceId: id, protocol, address, state: fc.constantFrom('ready', 'drain') }),
  { selector: ({ instanceId }) => instanceId },
);
const running = fc.uniqueArray(
  fc.record<RunningServer>({
    slot: fc.constant(slot),
    name: fc.record({ instanceId: id, protocol }).map(serverName),
    address,
    port: fc.constantFrom(port, 9090),
    state: fc.constantFrom('ready', 'drain', 'maintenance'),
  }),
  { selector: ({ name }) => name },
);

const ready = (servers: readonly RunningServer[]): boolean => servers.some(({ state }) => state === 'ready');

describe('changes of servers', () => {
  it('lead from anything to the wish, and then there is nothing to change', () => {
    fc.assert(
      fc.property(members, running, (wanted, before) => {
        const plan = { slot, port, hosts: [], members: wanted, limits: {} };
        const end = serverChanges(plan, before).reduce(
          (servers, change) => after(servers, change, false),
          before,
        );
        const served = end.map(({ name, address, state }) => `${name} ${address} ${state}`).toSorted();
        const wish = wanted.map((one) => `${serverName(one)} ${one.address} ${one.state}`);
        assert.deepEqual(served, wish.toSorted());
        assert.deepEqual(serverChanges(plan, end), []);
      }),
    );
  });

  it('leave no moment without a ready server when there was one and shall be one that stays where it is', () => {
    fc.assert(
      fc.property(members, running, (wanted, before) => {
        const inPlace = (member: Member): boolean =>
          before.every(
            (one) => one.name !== serverName(member) || (one.address === member.address && one.port === port),
          );
        fc.pre(ready(before) && wanted.some((one) => one.state === 'ready' && inPlace(one)));
        let servers: RunningServer[] = before;
        for (const change of serverChanges({ slot, port, hosts: [], members: wanted, limits: {} }, before)) {
          servers = after(servers, change, true);
          assert.ok(ready(servers), JSON.stringify(change));
        }
      }),
    );
  });

  it('let another protocol be another server, which comes before the former one goes', () => {
    const before = [
      { slot, name: serverName({ instanceId: 'a' }), address: '10.210.0.2', port, state: 'ready' },
    ] as const;
    const members = [{ instanceId: 'a', protocol: 'h2c', address: '10.210.0.2', state: 'ready' }] as const;
    const changes = serverChanges({ slot, port, hosts: [], members, limits: {} }, before);
    assert.deepEqual(
      changes.map(({ kind, name }) => [kind, instanceOf(name)]),
      [
        ['add', 'a'],
        ['remove', 'a'],
      ],
    );
  });

  it('concern no other slot', () => {
    fc.assert(
      fc.property(members, running, (wanted, before) => {
        const elsewhere = before.map((server) => ({ ...server, slot: slot + 1 }));
        const plan = { slot, port, hosts: [], members: wanted, limits: {} };
        assert.deepEqual(serverChanges(plan, [...before, ...elsewhere]), serverChanges(plan, before));
      }),
    );
  });
});
