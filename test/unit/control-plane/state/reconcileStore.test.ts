import assert from 'node:assert/strict';
import { eventsKept } from '../../../../src/control-plane/state/events.ts';
import { reconcileStore } from '../../../../src/control-plane/state/reconcileStore.ts';
import type { StateChange } from '../../../../src/control-plane/state/store.ts';
import { forget } from '../../../../src/control-plane/state/wishes.ts';
import { memoryNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';

describe('the state as the loop sees it', () => {
  let notary: ReturnType<typeof memoryNotary>;
  let loop: ReturnType<typeof reconcileStore>;
  let heard: StateChange[];

  beforeEach(() => {
    notary = memoryNotary();
    loop = reconcileStore(notary.store, notary.vault, notary.registryVault);
    heard = [];
    notary.store.onChange((change) => heard.push(change));
  });
  afterEach(() => notary.store.dispose());

  const desired = (id: string) => {
    const found = loop.desired(id);
    assert.notEqual(found, 'absent');
    return found as Exclude<typeof found, 'absent'>;
  };
  const stateOf = (id: string) => notary.store.releases.find(id)?.state;

  it('gives target, live one, machine type and label together', () => {
    const { id } = addDeployment(notary, { name: 'Shop API' });
    const first = addRelease(notary, id);
    assert.equal(desired(id).target?.id, first.id);
    assert.equal(desired(id).live, undefined);
    loop.releaseRolling(first.id, 5);
    loop.releaseLive(first.id, 6, undefined);
    const second = addRelease(notary, id, { cause: 'update' });
    assert.equal(desired(id).target?.id, second.id);
    assert.equal(desired(id).live?.id, first.id);
    assert.equal(desired(id).machineType.memoryCount, 2);
    assert.equal(desired(id).hostLabel, 'shop-api');
    assert.deepEqual(
      desired(id).releases.map((one) => one.number),
      [2, 1],
    );
  });

  it('retires the release before when another becomes live', () => {
    const { id } = addDeployment(notary);
    const first = addRelease(notary, id);
    loop.releaseLive(first.id, 1, undefined);
    const second = addRelease(notary, id);
    const proof = { requests: 5, failures: 0, cutOverMs: 4, drainMs: 3 };
    loop.releaseLive(second.id, 9, proof);
    assert.equal(stateOf(first.id), 'retired');
    assert.deepEqual(notary.store.releases.find(second.id)?.proof, proof);
    assert.equal(desired(id).live, undefined);
  });

  it('takes what a rollout did in the end for a release that is or was live, and for no other', () => {
    const { id } = addDeployment(notary);
    const first = addRelease(notary, id);
    const proof = { requests: 50, failures: 1, cutOverMs: 4, drainMs: 300 };
    loop.releaseProved(first.id, proof);
    assert.equal(notary.store.releases.find(first.id)?.proof, undefined);
    loop.releaseLive(first.id, 1, { ...proof, failures: 0, drainMs: 0 });
    loop.releaseProved(first.id, proof);
    assert.deepEqual(notary.store.releases.find(first.id)?.proof, proof);
  });

  it('supersedes a release that was not live yet, and takes it as live when its last step came through', () => {
    const { id } = addDeployment(notary);
    const first = addRelease(notary, id);
    loop.releaseRolling(first.id, 1);
    const second = addRelease(notary, id);
    assert.equal(stateOf(first.id), 'superseded');
    loop.releaseLive(first.id, 2, undefined);
    assert.equal(desired(id).live?.id, first.id);
    assert.equal(desired(id).target?.id, second.id);
  });

  it('keeps a failure with its reason, and never lets it undo a live release', () => {
    const { id } = addDeployment(notary);
    const first = addRelease(notary, id);
    const reason = { code: 'exited', message: 'It ended.' } as const;
    loop.releaseFailed(first.id, 3, reason);
    assert.deepEqual(notary.store.releases.find(first.id)?.reason, reason);
    const second = addRelease(notary, id);
    loop.releaseLive(second.id, 4, undefined);
    loop.releaseFailed(second.id, 5, reason);
    assert.equal(stateOf(second.id), 'live');
    assert.equal(stateOf(first.id), 'failed');
  });

  it('writes a digest once', () => {
    const { id } = addDeployment(notary);
    const made = addRelease(notary, id);
    loop.releaseResolved(made.id, digestOf(1));
    loop.releaseResolved(made.id, digestOf(2));
    assert.equal(notary.store.releases.find(made.id)?.digest, digestOf(1));
  });

  it('keeps the scale within its bounds and wakes the loop only when it changes', () => {
    const { id } = addDeployment(notary, { minScale: 2, maxScale: 4, scale: 2 });
    loop.setScale(id, 9);
    loop.setScale(id, 9);
    assert.equal(desired(id).deployment.scale, 4);
    loop.setScale(id, 0);
    assert.equal(desired(id).deployment.scale, 2);
    assert.deepEqual(
      heard.map(({ kind }) => kind),
      ['wish', 'wish'],
    );
  });

  it('does not wake itself by what it writes', () => {
    const { id } = addDeployment(notary);
    const made = addRelease(notary, id);
    heard = [];
    loop.releaseRolling(made.id, 1);
    loop.recordEvent({ deploymentId: id, at: 1, kind: 'x', message: 'y', releaseNumber: 1 });
    loop.releaseLive(made.id, 1, undefined);
    assert.deepEqual(new Set(heard.map(({ kind }) => kind)), new Set(['outcome']));
  });

  it('bounds events per deployment', () => {
    const { id } = addDeployment(notary);
    for (let at = 1; at <= eventsKept + 20; at++) {
      loop.recordEvent({ deploymentId: id, at, kind: 'probe', message: `${at}`, releaseNumber: undefined });
    }
    const page = notary.store.events.list(id, { count: 1000, page: 0 });
    assert.equal(page.total, eventsKept);
    assert.equal(page.rows[0]?.at, eventsKept + 20);
    assert.equal(page.rows.at(-1)?.at, 21);
  });

  it('takes outcomes of a deployment that was deleted in the meantime without a word', () => {
    const deployment = addDeployment(notary);
    const made = addRelease(notary, deployment.id);
    notary.store.change((publish) => forget(notary, publish, deployment));
    assert.equal(loop.desired(deployment.id), 'absent');
    loop.releaseLive(made.id, 1, undefined);
    loop.releaseResolved(made.id, digestOf(1));
    loop.setScale(deployment.id, 2);
    const event = { at: 1, kind: 'x', message: 'y', releaseNumber: undefined };
    loop.recordEvent({ deploymentId: deployment.id, ...event });
    assert.deepEqual(loop.deploymentIds(), []);
  });

  it('gives a label to the deployment that had it first, and to the next one when that is gone', () => {
    const first = addDeployment(notary, { name: 'shop api' });
    const second = addDeployment(notary, { name: 'Shop.API' });
    assert.equal(desired(first.id).hostLabel, 'shop-api');
    assert.equal(desired(second.id).hostLabel, undefined);
    heard = [];
    notary.store.change((publish) => forget(notary, publish, first));
    assert.equal(desired(second.id).hostLabel, 'shop-api');
    assert.deepEqual(heard, [
      { kind: 'deleted', deploymentId: first.id },
      { kind: 'wish', deploymentId: second.id },
    ]);
  });

  it('does not let an older deployment take a label away by being renamed', () => {
    const older = addDeployment(notary, { name: 'other' });
    const newer = addDeployment(notary, { name: 'shop api' });
    notary.store.change(() =>
      notary.store.deployments.update({ ...older, name: 'shop-api', updatedAt: notary.now() }),
    );
    assert.equal(desired(newer.id).hostLabel, 'shop-api');
    assert.equal(desired(older.id).hostLabel, undefined);
  });

  it('lets a label be kept by whoever had it first, also when the clock is set back', () => {
    const first = addDeployment(notary, { name: 'shop api', createdAt: 5000 });
    const second = addDeployment(notary, { name: 'shop-api', createdAt: 10 });
    const third = addDeployment(notary, { name: 'other', createdAt: 20 });
    notary.store.change(() => notary.store.deployments.update({ ...third, name: 'shop.api', updatedAt: 30 }));
    assert.equal(desired(first.id).hostLabel, 'shop-api');
    assert.equal(desired(second.id).hostLabel, undefined);
    assert.equal(desired(third.id).hostLabel, undefined);
  });

  it('gives the value of a secret to its own workspace alone', () => {
    const secret = { id: 's', workspaceId: notary.workspaceId, name: 'token', version: 1 };
    notary.store.change(() => notary.vault.put({ ...secret, createdAt: 1, updatedAt: 1 }, 'hunter2'));
    assert.deepEqual(loop.secretValue(notary.workspaceId, 's'), {
      kind: 'value',
      name: 'token',
      text: 'hunter2',
    });
    assert.deepEqual(loop.secretValue('another', 's'), { kind: 'absent' });
    assert.deepEqual(loop.secretValue(notary.workspaceId, 'x'), { kind: 'absent' });
  });
});

describe('a transaction', () => {
  it('tells nothing and changes nothing when it fails', () => {
    const notary = memoryNotary();
    const heard: StateChange[] = [];
    notary.store.onChange((change) => heard.push(change));
    const { id } = addDeployment(notary);
    assert.throws(() =>
      notary.store.change((publish) => {
        publish({ kind: 'deleted', deploymentId: id });
        notary.store.deployments.delete(id, 1);
        throw new Error('halfway');
      }),
    );
    assert.deepEqual(heard, []);
    assert.notEqual(notary.store.deployments.find(id), undefined);
    notary.store.dispose();
  });
});
