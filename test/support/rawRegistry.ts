import assert from 'node:assert/strict';
import { sha256 } from './ociLayout.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Whom a request is made as: user name and password. */
export type Credentials = readonly [user: string, password: string];

export function basic([user, password]: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** The registry's protocol, request by request, for what no client does of itself. */
export interface RawRegistry {
  /** Asks the control plane for a token, with this Authorization header. */
  login(authorization: string, ...scopes: readonly string[]): Promise<Response>;
  tokenFor(credentials: Credentials, ...scopes: readonly string[]): Promise<string>;
  request(token: string, path: string, init?: RequestInit & { type?: string }): Promise<Response>;
  /** Pushes an image whose configuration and only layer say `marker`; its digest. */
  push(credentials: Credentials, path: string, tag: string, marker: string): Promise<string>;
}

export function rawRegistry({ host, api }: { host: string; api: string }): RawRegistry {
  function login(authorization: string, ...scopes: readonly string[]): Promise<Response> {
    const url = new URL(`${api}/auth/docker-login?service=patr-registry`);
    for (const scope of scopes) url.searchParams.append('scope', scope);
    return fetch(url, { headers: { authorization } });
  }

  async function tokenFor(credentials: Credentials, ...scopes: readonly string[]): Promise<string> {
    const response = await login(basic(credentials), ...scopes);
    assert.equal(response.status, 200);
    return ((await response.json()) as { token: string }).token;
  }

  const request: RawRegistry['request'] = (token, path, init = {}) =>
    fetch(new URL(path, `http://${host}`), {
      ...init,
      headers: {
        accept: `${manifestType}, */*`,
        authorization: `Bearer ${token}`,
        ...(init.type === undefined ? {} : { 'content-type': init.type }),
      },
    });

  async function upload(token: string, path: string, blob: string): Promise<void> {
    const begun = await request(token, `/v2/${path}/blobs/uploads/`, { method: 'POST' });
    assert.equal(begun.status, 202, await begun.text());
    const location = new URL(begun.headers.get('location')!, `http://${host}`);
    location.searchParams.set('digest', sha256(blob));
    const type = 'application/octet-stream';
    const put = await request(token, location.href, { method: 'PUT', body: blob, type });
    assert.equal(put.status, 201, await put.text());
  }

  return {
    login,
    tokenFor,
    request,
    async push(credentials, path, tag, marker) {
      const token = await tokenFor(credentials, `repository:${path}:pull,push`);
      const { config, layer, manifest } = imageOf(marker);
      await upload(token, path, config);
      await upload(token, path, layer);
      const at = `/v2/${path}/manifests/${tag}`;
      const put = await request(token, at, { method: 'PUT', body: manifest, type: manifestType });
      assert.equal(put.status, 201, await put.text());
      return sha256(manifest);
    },
  };
}

function imageOf(marker: string): { config: string; layer: string; manifest: string } {
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    created: '2024-10-22T09:15:04Z',
    config: { ExposedPorts: { '8080/tcp': {} }, Labels: { marker } },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const layer = `layer of ${marker}`;
  const of = (kind: string, blob: string) => ({
    mediaType: `application/vnd.oci.image.${kind}`,
    digest: sha256(blob),
    size: blob.length,
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: of('config.v1+json', config),
    layers: [of('layer.v1.tar+gzip', layer)],
  });
  return { config, layer, manifest };
}
