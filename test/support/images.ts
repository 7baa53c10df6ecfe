import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sha256 } from './ociLayout.ts';

const oci = 'application/vnd.oci.image';

/** A manifest or an index in a registry, with everything below it. */
export interface PlacedImage {
  readonly digest: string;
  /** Digests of all manifests, the index's included. */
  readonly manifests: readonly string[];
  readonly blobs: readonly string[];
}

/** Puts an image of two platforms into a registry that lets everybody in; each has layers of so many random bytes. */
export async function placeIndex(
  host: string,
  path: string,
  tag: string,
  layerBytes: readonly number[],
): Promise<PlacedImage> {
  const blobs: string[] = [];
  const manifests: object[] = [];
  for (const architecture of ['amd64', 'arm64']) {
    const config = Buffer.from(JSON.stringify({ os: 'linux', architecture, config: {}, rootfs: {} }));
    const layers = layerBytes.map((size) => randomBytes(size));
    for (const blob of [config, ...layers]) blobs.push(await placeBlob(host, path, blob));
    const of = (kind: string, blob: Buffer) => ({
      mediaType: `${oci}.${kind}`,
      digest: sha256(blob),
      size: blob.length,
    });
    const manifest = {
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config: of('config.v1+json', config),
      layers: layers.map((layer) => of('layer.v1.tar', layer)),
    };
    const placed = await placeManifest(host, path, manifest, undefined);
    manifests.push({ ...placed, platform: { os: 'linux', architecture } });
  }
  const index = { schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests };
  const { digest } = await placeManifest(host, path, index, tag);
  const digests = manifests.map((one) => (one as { digest: string }).digest);
  return { digest, manifests: [digest, ...digests], blobs };
}

async function placeBlob(host: string, path: string, blob: Buffer<ArrayBuffer>): Promise<string> {
  const begun = await fetch(`http://${host}/v2/${path}/blobs/uploads/`, { method: 'POST' });
  assert.equal(begun.status, 202);
  const location = new URL(begun.headers.get('location')!, `http://${host}`);
  const digest = sha256(blob);
  location.searchParams.set('digest', digest);
  const put = await fetch(location, {
    method: 'PUT',
    body: blob,
    headers: { 'content-type': 'application/octet-stream' },
  });
  assert.equal(put.status, 201, await put.text());
  return digest;
}

async function placeManifest(
  host: string,
  path: string,
  manifest: { readonly mediaType: string },
  tag: string | undefined,
): Promise<{ mediaType: string; digest: string; size: number }> {
  const { mediaType } = manifest;
  const text = JSON.stringify(manifest);
  const digest = sha256(text);
  const put = await fetch(`http://${host}/v2/${path}/manifests/${tag ?? digest}`, {
    method: 'PUT',
    body: text,
    headers: { 'content-type': mediaType },
  });
  assert.equal(put.status, 201, await put.text());
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

/** Digest of every byte that a registry gives out for a blob, or undefined where it does not have it. */
export async function blobIn(host: string, path: string, digest: string): Promise<string | undefined> {
  return digestAt(`http://${host}/v2/${path}/blobs/${digest}`);
}

export async function manifestIn(host: string, path: string, reference: string): Promise<string | undefined> {
  return digestAt(`http://${host}/v2/${path}/manifests/${reference}`);
}

async function digestAt(url: string): Promise<string | undefined> {
  const types = ['index', 'manifest'].map((kind) => `${oci}.${kind}.v1+json`).join(', ');
  const response = await fetch(url, { headers: { accept: `${types}, */*` } });
  const bytes = Buffer.from(await response.arrayBuffer());
  return response.ok ? sha256(bytes) : undefined;
}
