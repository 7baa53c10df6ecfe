import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { Adoption } from '../../../../src/control-plane/adoption/adoption.ts';
import type { ReconcilerOptions } from '../../../../src/control-plane/reconcile/reconciler.ts';
import { reconcileStore } from '../../../../src/control-plane/state/reconcileStore.ts';
import { forget } from '../../../../src/control-plane/state/wishes.ts';
import { memoryNotary, type TestNotary } from '../../../support/controlPlane.ts';
import { addDeployment } from '../../../support/deployments.ts';
import type { FakeExecutor } from '../../../support/fakeExecutor.ts';
import { loopOver, openFleet } from '../../../support/scale.ts';

describe('deployments that are not in the state', () => {
  let notary: TestNotary;

  beforeEach(() => {
    notary = memoryNotary();
  });
  afterEach(() => notary.store.dispose());

  it('are told apart: deleted, or never known', () => {
    const store = reconcileStore(notary.store, notary.vault, notary.registryVault);
    const deployment = addDeployment(notary);
    assert.equal(store.wasDeleted(deployment.id), false);
    notary.store.change((publish) => forget(notary, publish, deployment));
    assert.equal(store.desired(deployment.id), 'absent');
    assert.equal(store.wasDeleted(deployment.id), true);
    assert.equal(store.wasDeleted('f'.repeat(32)), false);
  });

  /** What runs of three deployments with two instances each, after their state is lost. */
  async function leftAlone(): Promise<FakeExecutor> {
    const fleet = openFleet(3, 2);
    fleet.loop.start();
    await fleet.running();
    await fleet.dispose();
    return fleet.executor;
  }

  /** A loop over the new state that looks often. */
  function openLoop(executor: FakeExecutor, changes: Partial<ReconcilerOptions> = {}) {
    const adoption = new Adoption({ notary, vault: notary.vault, executor, log: silentLog });
    const loop = loopOver(notary, executor, {
      lookEveryMs: 1,
      adopt: (id, options) => adoption.adopt(id, options),
      ...changes,
    });
    return loop;
  }

  const idsOf = async (executor: FakeExecutor) =>
    (await executor.observe(undefined)).map(({ id }) => id).toSorted();

  it('are taken over with their instances, which go on as they are', async () => {
    const executor = await leftAlone();
    const before = await idsOf(executor);
    const loop = openLoop(executor);
    const taken = new Promise<void>((resolve) => {
      loop.onChange(() => {
        const ids = notary.store.deployments.ids();
        const well = ids.filter((id) => loop.status(id).ready === 2 && loop.status(id).status === 'running');
        if (well.length === 3) resolve();
      });
    });
    loop.start();
    await taken;
    await loop.stop();
    assert.deepEqual(await idsOf(executor), before);
    assert.equal(before.length, 6);
  });

  it('are left alone while another control plane works on the region', async () => {
    const executor = await leftAlone();
    let [refusal, looks]: [string | undefined, number] = ['Another one works here.', 0];
    const looked = Promise.withResolvers<void>();
    const adopted = Promise.withResolvers<void>();
    const told: (string | undefined)[] = [];
    const loop = openLoop(executor, {
      refusal() {
        looks += 1;
        if (looks === 3) looked.resolve();
        return refusal;
      },
      adopt() {
        told.push(refusal);
        adopted.resolve();
        return Promise.resolve(false);
      },
    });
    loop.start();
    await looked.promise;
    refusal = undefined;
    await adopted.promise;
    await loop.stop();
    assert.ok(told.every((why) => why === undefined));
  });
});
