import assert from 'node:assert/strict';
import { memoryNotary } from '../../../support/controlPlane.ts';
import { addDeployment } from '../../../support/deployments.ts';
import { forget } from '../../../../src/control-plane/state/wishes.ts';
import { reconcileStore } from '../../../../src/control-plane/state/reconcileStore.ts';

describe('deployments that are not in the state', () => {
  it('are told apart: deleted, or never known', () => {
    const notary = memoryNotary();
    const store = reconcileStore(notary.store, notary.vault, notary.registryVault);
    const deployment = addDeployment(notary);
    assert.equal(store.wasDeleted(deployment.id), false);
    notary.store.change((publish) => forget(notary, publish, deployment));
    assert.equal(store.desired(deployment.id), 'absent');
    assert.equal(store.wasDeleted(deployment.id), true);
    assert.equal(store.wasDeleted('f'.repeat(32)), false);
    notary.store.dispose();
  });
});
