import assert from 'node:assert/strict';
import type { AppProtocol } from '../../../../src/control-plane/edge/contract.ts';
import type { ObservedInstance } from '../../../../src/control-plane/executors/executor.ts';
import type { Seen } from '../../../../src/control-plane/reconcile/plan/model.ts';
import { routesOf } from '../../../../src/control-plane/reconcile/routes.ts';
import { reconcileStore } from '../../../../src/control-plane/state/reconcileStore.ts';
import { memoryNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';

describe('routes of a deployment', () => {
  const notary = memoryNotary();
  const { id: deploymentId } = addDeployment(notary, { intent: 'running', scale: 2 });
  const release = addRelease(notary, deploymentId);
  const desired = reconcileStore(notary.store, notary.vault, notary.registryVault).desired(deploymentId);
  after(() => notary.store.dispose());

  const aSeen = (id: string, changes: Partial<Seen> = {}): Seen => ({
    id,
    releaseId: release.id,
    ordinal: 0,
    restarts: 0,
    health: 'ready',
    endedAt: undefined,
    ranForMs: 0,
    drainingSince: undefined,
    inFlight: 0,
    leaving: false,
    ...changes,
  });
  const addressOf = (id: string): string => `10.0.0.${id}`;
  const observed = (seen: readonly Seen[]) =>
    new Map(seen.map(({ id }) => [id, { id, address: addressOf(id) } as ObservedInstance]));

  function membersOf(
    seen: readonly Seen[],
    protocols: ReadonlyMap<string, ReadonlyMap<number, AppProtocol>>,
  ) {
    assert.ok(desired !== 'absent');
    return routesOf(desired, seen, observed(seen), protocols, 'localhost').ports.map(
      ({ members }) => members,
    );
  }

  it('lead to ready and draining instances, and to none that is starting or was told to end', () => {
    const seen = [
      aSeen('1'),
      aSeen('2', { drainingSince: 5 }),
      aSeen('3', { health: 'starting' }),
      aSeen('4', { drainingSince: 5, leaving: true }),
    ];
    assert.deepEqual(membersOf(seen, new Map()), [
      [
        { instanceId: '1', address: addressOf('1'), state: 'ready' },
        { instanceId: '2', address: addressOf('2'), state: 'drain' },
      ],
    ]);
  });

  it('say what an instance is spoken to in once it is known, and nothing of it until then', () => {
    const known = new Map([['1', new Map([[80, 'h2c' as const]])]]);
    const members = membersOf([aSeen('1'), aSeen('2')], known)[0] ?? [];
    assert.deepEqual(
      members.map(({ protocol }) => protocol),
      ['h2c', undefined],
    );
  });
});
