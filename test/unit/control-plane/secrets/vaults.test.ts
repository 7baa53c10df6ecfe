import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeysFileError, keysFileName } from '../../../../src/control-plane/secrets/sealingKeys.ts';
import { openVaults } from '../../../../src/control-plane/secrets/vaults.ts';
import { openStore } from '../../../../src/control-plane/state/open.ts';
import type { Store } from '../../../../src/control-plane/state/store.ts';
import { countingIds } from '../../../support/controlPlane.ts';

const planted = 'planted-71c0a9-value';
const now = () => 1_700_000_000_000;

describe('what is stored sealed', () => {
  let stateDir: string;
  const opened: Store[] = [];

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'patr-vaults-'));
  });

  afterEach(async () => {
    for (const store of opened.splice(0)) store.dispose();
    await rm(stateDir, { recursive: true, force: true });
  });

  function openState(folder: string): Store {
    const ids = countingIds();
    const store = openStore({
      stateDir: folder,
      regionName: 'local',
      now,
      ids,
      onListenerError: (error) => assert.fail(String(error)),
    });
    opened.push(store);
    return store;
  }

  /** A state with a secret and a registry's password in it. */
  async function filled() {
    const store = openState(stateDir);
    const vaults = await openVaults(stateDir, store, now);
    const workspaceId = store.identity.workspaces()[0]!.id;
    const facts = { workspaceId, updatedAt: 1 };
    store.change(() => {
      vaults.vault.put({ id: 'one', name: 'database url', version: 1, createdAt: 1, ...facts }, planted);
      vaults.registryVault.put({ id: 'two', registry: 'docker.io', username: 'me', ...facts }, planted);
    });
    return { store, vaults, workspaceId };
  }

  it('cannot be opened with a copy of the state that has no keys', async () => {
    const { workspaceId } = await filled();
    const copy = await mkdtemp(join(tmpdir(), 'patr-copy-'));
    try {
      await cp(stateDir, copy, { recursive: true });
      await rm(join(copy, keysFileName));
      const store = openState(copy);
      const vaults = await openVaults(copy, store, now);
      const { vault, registryVault } = vaults;
      assert.deepEqual(vault.valueOf(workspaceId, 'one'), { kind: 'unreadable', name: 'database url' });
      assert.equal(registryVault.loginOf(workspaceId, 'docker.io'), undefined);
      assert.deepEqual(vaults.sealAnew().secrets, { sealed: 0, unreadable: 1 });
      const files = await Promise.all(['state.db', 'state.db-wal'].map((name) => textOf(join(copy, name))));
      assert.ok(files.join('').includes('database url') && !files.join('').includes(planted));
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });

  it('is sealed with a new key when that is asked for, and opened as before, also after a start', async () => {
    const { store, vaults, workspaceId } = await filled();
    const before = store.secrets.find('one')!.sealed;
    assert.deepEqual(await vaults.rotateKey(), { sealed: 2, unreadable: 0 });
    const after = store.secrets.find('one')!.sealed;
    assert.notEqual(before.split('.')[1], after.split('.')[1]);
    const value = { kind: 'value', name: 'database url', text: planted };
    assert.deepEqual(vaults.vault.valueOf(workspaceId, 'one'), value);
    const again = await openVaults(stateDir, store, now);
    assert.deepEqual(again.vault.valueOf(workspaceId, 'one'), value);
    assert.equal(again.registryVault.loginOf(workspaceId, 'docker.io')?.password, planted);
  });

  it('is opened again with keys that were lost and are given back, and refuses what are none', async () => {
    const { store, workspaceId } = await filled();
    const lost = await readFile(join(stateDir, keysFileName), 'utf8');
    await rm(join(stateDir, keysFileName));
    const vaults = await openVaults(stateDir, store, now);
    assert.equal(vaults.vault.valueOf(workspaceId, 'one').kind, 'unreadable');
    await assert.rejects(vaults.restoreKeys('{"keys":[{"id":"x"}]}'), KeysFileError);
    assert.deepEqual(await vaults.restoreKeys(lost), { sealed: 2, unreadable: 0 });
    assert.deepEqual(await vaults.restoreKeys(lost), { sealed: 0, unreadable: 0 });
    const again = await openVaults(stateDir, store, now);
    assert.equal(again.vault.valueOf(workspaceId, 'one').kind, 'value');
  });

  it('loses no key when new ones are asked for at the same time', async () => {
    const { vaults } = await filled();
    await Promise.all([vaults.rotateKey(), vaults.rotateKey(), vaults.rotateKey()]);
    const { keys } = JSON.parse(await readFile(join(stateDir, keysFileName), 'utf8')) as { keys: unknown[] };
    assert.equal(keys.length, 4);
    assert.equal((await stat(join(stateDir, keysFileName))).mode & 0o777, 0o600);
  });
});

function textOf(path: string): Promise<string> {
  return readFile(path, 'latin1').catch(() => '');
}
