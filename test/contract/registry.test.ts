import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryParts } from '../../src/control-plane/registry/registryParts.ts';
import { isProblem } from '../../src/protocol/problems.ts';
import type { TestControlPlane } from '../support/controlPlane.ts';
import { addDeployment, addRepository } from '../support/deployments.ts';
import { freePort } from '../support/distribution.ts';
import { sha256 } from '../support/ociLayout.ts';
import { basic, rawRegistry, type Credentials, type RawRegistry } from '../support/rawRegistry.ts';
import { startTestRegistry, type TestRegistry } from '../support/testRegistry.ts';

/** The control plane's side of the registry against CNCF Distribution itself. */
describe('the registry', () => {
  let registered: TestRegistry;
  let plane: TestControlPlane;
  let parts: RegistryParts;
  let raw: RawRegistry;
  let host: string;
  let api: string;

  before(async () => {
    registered = await startTestRegistry();
    ({ plane, parts, host, api } = registered);
    raw = rawRegistry(registered);
  });

  after(() => registered?.close());

  const me = (): Credentials => ['patr', plane.token];
  const push = (path: string, tag: string, marker: string) => raw.push(me(), path, tag, marker);

  it('sends whoever has no token to the control plane', async () => {
    const response = await fetch(`http://${host}/v2/`);
    assert.equal(response.status, 401);
    const challenge = response.headers.get('www-authenticate') ?? '';
    assert.match(challenge, new RegExp(`realm="${api}/auth/docker-login"`));
  });

  it('lets in with an API token, and nobody else, in the words of the registry', async () => {
    const token = await raw.tokenFor(me());
    assert.equal((await raw.request(token, '/v2/')).status, 200);
    const wrong = `patrv1.${'0'.repeat(32)}.${'b'.repeat(32)}`;
    const wrongOnes: readonly Credentials[] = [
      ['patr', wrong],
      ['root', plane.token],
      ['patr', 'x'],
    ];
    for (const bad of [...wrongOnes.map(basic), 'Bearer x']) {
      const response = await raw.login(bad);
      assert.equal(response.status, 401);
      const body = (await response.json()) as { errors: { code: string }[] };
      assert.equal(body.errors[0]?.code, 'UNAUTHORIZED');
    }
  });

  it('gives access to repositories that exist, and to what is allowed there', async () => {
    const { workspaceId } = plane.notary;
    addRepository(plane.notary, 'mine');
    const mine = `${workspaceId}/mine`;
    const begin = (token: string, path: string) =>
      raw.request(token, `/v2/${path}/blobs/uploads/`, { method: 'POST' }).then(({ status }) => status);
    const beside = [`repository:${mine}:pull,push`, `repository:${workspaceId}/none:pull`];
    const person = await raw.tokenFor(me(), ...beside);
    assert.equal(await begin(person, mine), 202);
    assert.equal(await begin(person, `${workspaceId}/none`), 401);
    const engine = await raw.tokenFor(['patr-engine', parts.secrets.engine], `repository:${mine}:pull`);
    assert.equal(await begin(engine, mine), 401);
    assert.equal((await raw.request(engine, `/v2/${mine}/tags/list`)).status, 404);
    const remove = await raw.tokenFor(me(), `repository:${mine}:delete`);
    const digest = sha256('x');
    const deleted = await raw.request(remove, `/v2/${mine}/manifests/${digest}`, { method: 'DELETE' });
    assert.equal(deleted.status, 401);
  });

  it('says what is wrong with what a client came for', async () => {
    const { workspaceId } = plane.notary;
    addRepository(plane.notary, 'known');
    const refusal = async (user: Credentials, scope: string) => {
      const response = await raw.login(basic(user), `repository:${workspaceId}/${scope}`);
      const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
      assert.match(errors[0]?.message ?? '', new RegExp(`${workspaceId}/`));
      return `${response.status} ${errors[0]?.code}`;
    };
    assert.equal(await refusal(me(), 'none:pull,push'), '404 NAME_UNKNOWN');
    assert.equal(await refusal(me(), 'none:pull'), '404 NAME_UNKNOWN');
    assert.equal(await refusal(['patr-engine', parts.secrets.engine], 'known:pull,push'), '403 DENIED');
  });

  it('tells of a push, which is rolled out by the digest that the registry has', async () => {
    const { store, workspaceId } = plane.notary;
    const repositoryId = addRepository(plane.notary, 'shop');
    const { id } = addDeployment(plane.notary, { source: { registry: 'registry.patr.cloud', repositoryId } });
    const released = new Promise<void>((resolve) => {
      store.onChange((change) => {
        if (change.kind === 'wish' && change.deploymentId === id) resolve();
      });
    });
    const digest = await push(`${workspaceId}/shop`, 'latest', 'first');
    await released;
    const target = store.releases.find(store.deployments.find(id)?.targetReleaseId ?? '');
    assert.equal(target?.digest, digest);
    assert.equal(target?.cause, 'push');
  });

  it('answers what the control plane asks', async () => {
    addRepository(plane.notary, 'facts');
    const path = `${plane.notary.workspaceId}/facts`;
    assert.deepEqual(await parts.client.tags(path), []);
    assert.equal(await parts.client.digestOf(path, 'latest'), undefined);
    assert.equal(await parts.client.image(path, 'latest'), 'absent');
    const digest = await push(path, 'latest', 'facts');
    await push(path, 'v2', 'more facts');
    assert.deepEqual(await parts.client.tags(path), ['latest', 'v2']);
    assert.ok((await parts.client.paths()).includes(path));
    assert.equal(await parts.client.digestOf(path, 'latest'), digest);
    const image = await parts.client.image(path, 'latest');
    assert.notEqual(image, 'absent');
    assert.deepEqual(image !== 'absent' && image.exposedPorts, { 8080: 'http' });
    assert.equal(image !== 'absent' && image.createdAt, Date.UTC(2024, 9, 22, 9, 15, 4));
    assert.equal(await parts.client.remove(path, digest), 'removed');
    assert.equal(await parts.client.remove(path, digest), 'absent');
    assert.deepEqual(await parts.client.tags(path), ['v2']);
  });

  it('takes notifications from the registry alone', async () => {
    const send = (authorization: string, body: string) =>
      fetch(`${api}/webhook/registry`, {
        method: 'POST',
        headers: { authorization },
        body,
      }).then(({ status }) => status);
    assert.equal(await send('Bearer no', '{"events":[]}'), 401);
    assert.equal(await send(`Bearer ${parts.secrets.webhook}`, '{"events":[]}'), 202);
    assert.equal(await send(`Bearer ${parts.secrets.webhook}`, 'nonsense'), 400);
  });

  it('keeps its key to itself and makes it once', async () => {
    const key = join(registered.stateDir, 'registry-token.key');
    assert.equal((await stat(key)).mode & 0o777, 0o600);
    const { loadSigningKey } = await import('../../src/control-plane/registry/signingKey.ts');
    assert.equal((await loadSigningKey(registered.stateDir, Date.now)).certificate, parts.key.certificate);
  });

  it('that does not answer is a problem with a name', async () => {
    const port = await freePort();
    const { createRegistryClient } = await import('../../src/control-plane/registry/registryClient.ts');
    for (const baseUrl of [() => undefined, () => `http://127.0.0.1:${port}`]) {
      const client = createRegistryClient({ baseUrl, token: () => 'x', platform: () => undefined });
      await assert.rejects(client.tags('a/b'), (error: unknown) => isProblem(error, 'registryUnreachable'));
    }
  });
});
