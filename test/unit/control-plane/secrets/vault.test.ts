import assert from 'node:assert/strict';
import { createSealer } from '../../../../src/control-plane/secrets/sealer.ts';
import { Vault } from '../../../../src/control-plane/secrets/vault.ts';
import { memoryNotary, type TestNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';

const oldKey = { id: 'a'.repeat(16), madeAt: 0, key: Buffer.alloc(32, 1) };
const newKey = { id: 'b'.repeat(16), madeAt: 1, key: Buffer.alloc(32, 2) };

describe('the vault', () => {
  let notary: TestNotary;

  beforeEach(() => {
    notary = memoryNotary();
  });
  afterEach(() => notary.store.dispose());

  const vaultWith = (...keys: (typeof oldKey)[]) => new Vault(notary.store.secrets, createSealer(keys));
  const secret = (id: string, version = 1) => ({
    id,
    workspaceId: notary.workspaceId,
    name: `secret ${id}`,
    version,
    createdAt: 1,
    updatedAt: 1,
  });
  const valueIn = (vault: Vault, id: string) => vault.valueOf(notary.workspaceId, id);

  it('seals everything anew with a newer key, so that the older one is not needed any more', () => {
    vaultWith(oldKey).put(secret('one'), 'first');
    vaultWith(oldKey, newKey).put(secret('two'), 'second');
    assert.deepEqual(vaultWith(oldKey, newKey).sealAnew(), { sealed: 1, unreadable: 0 });
    assert.deepEqual(vaultWith(oldKey, newKey).sealAnew(), { sealed: 0, unreadable: 0 });
    assert.deepEqual(valueIn(vaultWith(newKey), 'one'), { kind: 'value', name: 'secret one', text: 'first' });
    assert.deepEqual(valueIn(vaultWith(newKey), 'two'), {
      kind: 'value',
      name: 'secret two',
      text: 'second',
    });
  });

  it('says which secret cannot be opened when its key is lost, and leaves it as it is', () => {
    vaultWith(oldKey).put(secret('one'), 'first');
    assert.deepEqual(valueIn(vaultWith(newKey), 'one'), { kind: 'unreadable', name: 'secret one' });
    assert.deepEqual(vaultWith(newKey).sealAnew(), { sealed: 0, unreadable: 1 });
    assert.deepEqual(valueIn(vaultWith(oldKey), 'one'), { kind: 'value', name: 'secret one', text: 'first' });
  });

  it('opens no value that was moved to another secret, and no older one that was put back', () => {
    const vault = vaultWith(oldKey);
    vault.put(secret('one'), 'first');
    const { sealed } = notary.store.secrets.find('one')!;
    notary.store.secrets.put({ ...secret('two'), sealed });
    notary.store.secrets.put({ ...secret('one', 2), sealed });
    assert.equal(valueIn(vault, 'two').kind, 'unreadable');
    assert.equal(valueIn(vault, 'one').kind, 'unreadable');
  });
});

describe('who uses a secret', () => {
  let notary: TestNotary;

  beforeEach(() => {
    notary = memoryNotary();
  });
  afterEach(() => notary.store.dispose());

  it('is every deployment that is configured with it and every release that runs or is about to', () => {
    const { config } = addDeployment(notary);
    const using = { ...config, environment: { A: { fromSecret: 's' }, B: { fromSecret: 's' } } };
    const one = addDeployment(notary, { name: 'one app', config: using });
    const two = addDeployment(notary, { name: 'two app' });
    addRelease(notary, two.id, { config: using });
    const live = addRelease(notary, two.id, { config: using });
    notary.store.releases.settle(live.id, ['waiting'], { state: 'live', finishedAt: 1 });
    addRelease(notary, two.id);
    assert.deepEqual(notary.store.secrets.usersOf('s'), [
      { deploymentId: one.id, deploymentName: 'one app', releaseNumber: undefined },
      { deploymentId: two.id, deploymentName: 'two app', releaseNumber: 2 },
    ]);
  });

  it('is not who has its id in a raw value, whatever the variable is named', () => {
    const { config } = addDeployment(notary);
    const environment = { fromSecret: 's', B: 's', C: '{"fromSecret":"s"}' };
    addDeployment(notary, { config: { ...config, environment } });
    assert.deepEqual(notary.store.secrets.usersOf('s'), []);
  });
});
