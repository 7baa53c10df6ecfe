import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const oci = 'application/vnd.oci.image';

export function sha256(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * Writes an OCI image layout with one index, `latest`: an image for each architecture whose only file says which it
 * is, and an attestation, as BuildKit adds it. Returns the digest of the index and of each image.
 */
export async function writeIndexLayout(
  folder: string,
  architectures: readonly string[],
): Promise<{ index: string; images: ReadonlyMap<string, string> }> {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const images = new Map<string, string>();
  const manifests: Descriptor[] = [];
  for (const architecture of architectures) {
    const image = await writeImage(folder, architecture);
    images.set(architecture, image.digest);
    manifests.push({ ...image, platform: { os: 'linux', architecture } });
  }
  manifests.push(await writeAttestation(folder, manifests[0]!.digest));
  const index = await writeJson(folder, `${oci}.index.v1+json`, { schemaVersion: 2, manifests });
  const top = { schemaVersion: 2, manifests: [named(index)] };
  await writeFile(join(folder, 'index.json'), JSON.stringify(top));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return { index: index.digest, images };
}

function named(descriptor: Descriptor): Descriptor {
  return { ...descriptor, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
}

async function writeImage(folder: string, architecture: string): Promise<Descriptor> {
  const tar = await tarOf('which', architecture);
  const layer = await write(folder, `${oci}.layer.v1.tar+gzip`, gzipSync(tar));
  const config = await writeJson(folder, `${oci}.config.v1+json`, {
    os: 'linux',
    architecture,
    config: { Cmd: ['/which'] },
    rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
  });
  return writeManifest(folder, config, [layer]);
}

/** Its platform is `unknown`, so that nobody runs it; its content is not for this test to judge. */
async function writeAttestation(folder: string, of: string): Promise<Descriptor> {
  const statement = await writeJson(folder, 'application/vnd.in-toto+json', { predicateType: 'test', of });
  const config = await writeJson(folder, `${oci}.config.v1+json`, {
    os: 'unknown',
    architecture: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [statement.digest] },
  });
  const manifest = await writeManifest(folder, config, [statement]);
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': of,
  };
  return { ...manifest, platform: { os: 'unknown', architecture: 'unknown' }, annotations };
}

function writeManifest(folder: string, config: Descriptor, layers: Descriptor[]): Promise<Descriptor> {
  const mediaType = `${oci}.manifest.v1+json`;
  return writeJson(folder, mediaType, { schemaVersion: 2, mediaType, config, layers });
}

function writeJson(folder: string, mediaType: string, value: unknown): Promise<Descriptor> {
  return write(folder, mediaType, Buffer.from(JSON.stringify(value)));
}

async function write(folder: string, mediaType: string, bytes: Buffer): Promise<Descriptor> {
  const digest = sha256(bytes);
  await writeFile(join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length)), bytes);
  return { mediaType, digest, size: bytes.length };
}

async function tarOf(name: string, text: string): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name, mode: 0o755 }, text);
  tar.finalize();
  return buffer(tar);
}
