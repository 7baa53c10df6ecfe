import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryParts } from '../../src/control-plane/registry/registryParts.ts';
import { isProblem } from '../../src/protocol/problems.ts';
import type { TestControlPlane } from '../support/controlPlane.ts';
import { addDeployment, addRepository } from '../support/deployments.ts';
import { freePort } from '../support/distribution.ts';
import { startTestRegistry, type TestRegistry } from '../support/testRegistry.ts';

const sha256 = (bytes: string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The control plane's side of the registry against CNCF Distribution itself. */
describe('the registry', () => {
  let registered: TestRegistry;
  let plane: TestControlPlane;
  let parts: RegistryParts;
  let host: string;
  let api: string;

  before(async () => {
    registered = await startTestRegistry();
    ({ plane, parts, host, api } = registered);
  });

  after(() => registered?.close());

  const basic = (user: string, password: string) =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  function login(authorization: string, ...scopes: string[]): Promise<Response> {
    const url = new URL(`${api}/auth/docker-login?service=patr-registry`);
    for (const scope of scopes) url.searchParams.append('scope', scope);
    return fetch(url, { headers: { authorization } });
  }

  async function tokenFor(authorization: string, ...scopes: string[]): Promise<string> {
    const response = await login(authorization, ...scopes);
    assert.equal(response.status, 200);
    return ((await response.json()) as { token: string }).token;
  }

  const registry = (token: string, path: string, init: RequestInit & { type?: string } = {}) =>
    fetch(new URL(path, `http://${host}`), {
      ...init,
      headers: {
        authorization: `Bearer ${token}`,
        ...(init.type === undefined ? {} : { 'content-type': init.type }),
      },
    });

  async function upload(token: string, path: string, blob: string): Promise<void> {
    const begun = await registry(token, `/v2/${path}/blobs/uploads/`, { method: 'POST' });
    assert.equal(begun.status, 202);
    const location = new URL(begun.headers.get('location')!, `http://${host}`);
    location.searchParams.set('digest', sha256(blob));
    const type = 'application/octet-stream';
    const put = await registry(token, location.href, { method: 'PUT', body: blob, type });
    assert.equal(put.status, 201);
  }

  /** Pushes an image whose configuration says `marker`; its digest. */
  async function push(path: string, tag: string, marker: string): Promise<string> {
    const token = await tokenFor(basic('patr', plane.token), `repository:${path}:pull,push`);
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: '2024-10-22T09:15:04Z',
      config: { ExposedPorts: { '8080/tcp': {} }, Labels: { marker } },
      rootfs: { type: 'layers', diff_ids: [] },
    });
    const layer = `layer of ${marker}`;
    await upload(token, path, config);
    await upload(token, path, layer);
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: sha256(config),
        size: config.length,
      },
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
          digest: sha256(layer),
          size: layer.length,
        },
      ],
    });
    const put = await registry(token, `/v2/${path}/manifests/${tag}`, {
      method: 'PUT',
      body: manifest,
      type,
    });
    assert.equal(put.status, 201, await put.text());
    return sha256(manifest);
  }

  it('sends whoever has no token to the control plane', async () => {
    const response = await fetch(`http://${host}/v2/`);
    assert.equal(response.status, 401);
    const challenge = response.headers.get('www-authenticate') ?? '';
    assert.match(challenge, new RegExp(`realm="${api}/auth/docker-login"`));
  });

  it('lets in with an API token, and nobody else, in the words of the registry', async () => {
    const token = await tokenFor(basic('patr', plane.token));
    assert.equal((await registry(token, '/v2/')).status, 200);
    const wrong = `patrv1.${'0'.repeat(32)}.${'b'.repeat(32)}`;
    for (const bad of [basic('patr', wrong), basic('root', plane.token), basic('patr', 'x'), 'Bearer x']) {
      const response = await login(bad);
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
      registry(token, `/v2/${path}/blobs/uploads/`, { method: 'POST' }).then(({ status }) => status);
    const beside = [`repository:${mine}:pull,push`, `repository:${workspaceId}/none:pull`];
    const person = await tokenFor(basic('patr', plane.token), ...beside);
    assert.equal(await begin(person, mine), 202);
    assert.equal(await begin(person, `${workspaceId}/none`), 401);
    const engine = await tokenFor(basic('patr-engine', parts.secrets.engine), `repository:${mine}:pull`);
    assert.equal(await begin(engine, mine), 401);
    assert.equal((await registry(engine, `/v2/${mine}/tags/list`)).status, 404);
    const remove = await tokenFor(basic('patr', plane.token), `repository:${mine}:delete`);
    const digest = sha256('x');
    const deleted = await registry(remove, `/v2/${mine}/manifests/${digest}`, { method: 'DELETE' });
    assert.equal(deleted.status, 401);
  });

  it('says what is wrong with what a client came for', async () => {
    const { workspaceId } = plane.notary;
    addRepository(plane.notary, 'known');
    const refusal = async (user: string, scope: string) => {
      const response = await login(user, `repository:${workspaceId}/${scope}`);
      const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
      assert.match(errors[0]?.message ?? '', new RegExp(`${workspaceId}/`));
      return `${response.status} ${errors[0]?.code}`;
    };
    const person = basic('patr', plane.token);
    assert.equal(await refusal(person, 'none:pull,push'), '404 NAME_UNKNOWN');
    assert.equal(await refusal(person, 'none:pull'), '404 NAME_UNKNOWN');
    assert.equal(await refusal(basic('patr-engine', parts.secrets.engine), 'known:pull,push'), '403 DENIED');
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
