import assert from 'node:assert/strict';
import { createSealer } from '../../../../src/control-plane/secrets/sealer.ts';
import { RegistryVault } from '../../../../src/control-plane/secrets/registryVault.ts';
import { testControlPlane, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment } from '../../../support/deployments.ts';

/** Credentials of a workspace for registries of others. */
describe('credentials of other registries', () => {
  let plane: TestControlPlane;

  beforeEach(() => (plane = testControlPlane()));
  afterEach(() => plane.dispose());

  async function ask(method: string, rest = '', body?: unknown): Promise<{ status: number; text: string }> {
    const path = `/workspace/${plane.notary.workspaceId}/external-registry${rest}`;
    const response = await plane.app.request(`http://127.0.0.1${path}`, {
      method,
      headers: { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  const mine = { registry: 'GHCR.io', username: 'me', password: 'open sesame' };
  const listed = async () =>
    (JSON.parse((await ask('GET')).text) as { registries: Record<string, string>[] }).registries;
  const loginOf = (registry: string) =>
    plane.notary.registryVault.loginOf(plane.notary.workspaceId, registry);

  it('are kept sealed, used for that registry alone, and never answered', async () => {
    const saved = await ask('POST', '', mine);
    assert.equal(saved.status, 201);
    assert.deepEqual(loginOf('ghcr.io'), { username: 'me', password: 'open sesame' });
    assert.equal(loginOf('docker.io'), undefined);
    const [one] = await listed();
    assert.deepEqual([one?.['registry'], one?.['username']], ['ghcr.io', 'me']);
    const answers = [saved.text, (await ask('GET')).text];
    const rows = JSON.stringify(plane.notary.store.registries.all());
    for (const text of [...answers, rows]) assert.ok(!text.includes('open sesame'), text);
  });

  it('are replaced by saving them again, and go when they are deleted', async () => {
    const { text } = await ask('POST', '', mine);
    const { id } = JSON.parse(text) as { id: string };
    assert.equal(
      (
        JSON.parse((await ask('POST', '', { ...mine, password: 'other' })).text) as typeof mine & {
          id: string;
        }
      ).id,
      id,
    );
    assert.equal(loginOf('ghcr.io')?.password, 'other');
    assert.equal((await ask('DELETE', `/${id}`)).status, 205);
    assert.equal(loginOf('ghcr.io'), undefined);
    assert.equal((await ask('DELETE', `/${id}`)).status, 404);
  });

  it('let the loop look again at what could not be pulled', async () => {
    const { id } = addDeployment(plane.notary);
    await ask('POST', '', mine);
    assert.ok(plane.reconciler.woken.includes(id));
  });

  it('are refused for what is no host, for our own registry, and without a password', async () => {
    for (const registry of ['https://ghcr.io', 'ghcr.io/shop', 'registry.patr.cloud', ''])
      assert.equal((await ask('POST', '', { ...mine, registry })).status, 400, registry);
    const { status, text } = await ask('POST', '', { ...mine, username: 'a:b' });
    assert.equal(status, 400);
    assert.ok(!text.includes('open sesame'));
    assert.deepEqual(await listed(), []);
  });

  it('cannot be opened with another key, or as those of another user', async () => {
    await ask('POST', '', mine);
    const { registries } = plane.notary.store;
    const other = createSealer([{ id: '1'.repeat(16), madeAt: 0, key: Buffer.alloc(32, 8) }]);
    const { workspaceId } = plane.notary;
    assert.equal(new RegistryVault(registries, other).loginOf(workspaceId, 'ghcr.io'), undefined);
    const [row] = registries.all();
    plane.notary.store.change(() => registries.put({ ...row!, username: 'somebody' }));
    assert.equal(loginOf('ghcr.io'), undefined);
  });

  it('are sealed anew when there is a newer key', async () => {
    await ask('POST', '', mine);
    const { registries } = plane.notary.store;
    const keys = [
      { id: '0'.repeat(16), madeAt: 0, key: Buffer.alloc(32, 7) },
      { id: '1'.repeat(16), madeAt: 1, key: Buffer.alloc(32, 8) },
    ];
    const vault = new RegistryVault(registries, createSealer(keys));
    assert.deepEqual(vault.sealAnew(), { sealed: 1, unreadable: 0 });
    const newest = new RegistryVault(registries, createSealer(keys.slice(1)));
    assert.equal(newest.loginOf(plane.notary.workspaceId, 'ghcr.io')?.password, 'open sesame');
  });
});
