import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { digest } from '../../protocol/wire.ts';
import { RegistryError } from './registryError.ts';
import type { RegistrySession } from './registrySession.ts';

/** What to accept: without these a registry converts what it has, and the digest is another one. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** A digest becomes part of the next question's path, so nothing else passes for one. `size` in bytes. */
const descriptor = v.object({
  digest,
  size: v.pipe(v.number(), v.integer(), v.minValue(0)),
  mediaType: v.optional(v.string(), ''),
});
const indexShape = v.object({ mediaType: v.optional(v.string()), manifests: v.array(descriptor) });
const imageShape = v.object({
  mediaType: v.optional(v.string()),
  config: descriptor,
  layers: v.array(descriptor),
});

/** Something that a manifest names, by its digest. */
export interface Blob {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** A manifest as it is in the registry: its bytes are what its digest is of. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer<ArrayBuffer>;
}

/** All that an image is made of. */
export interface ImageContents {
  /** Those that others name come before them; the last one is the image itself. */
  readonly manifests: readonly StoredManifest[];
  readonly blobs: readonly Blob[];
}

/** How deep indexes may stand in indexes, and how many manifests one image may have: for those that never end. */
const [deepest, mostManifests] = [4, 512];

/**
 * Reads what an image is made of, of every platform. `reference`: digest or tag.
 * @throws RegistryError, also for a manifest that is not what its digest says.
 */
export async function contentsOf(session: RegistrySession, reference: string): Promise<ImageContents> {
  const manifests = new Map<string, StoredManifest>();
  const blobs = new Map<string, Blob>();
  const read = async (named: string, depth: number): Promise<void> => {
    if (manifests.has(named)) return;
    const manifest = await readManifest(session, named);
    const json = parsed(manifest.bytes);
    const index = v.safeParse(indexShape, json);
    const image = v.safeParse(imageShape, json);
    if (index.success) {
      if (depth >= deepest || manifests.size + index.output.manifests.length > mostManifests)
        throw endless(session, named);
      for (const child of index.output.manifests) await read(child.digest, depth + 1);
    } else if (image.success) {
      for (const one of [image.output.config, ...image.output.layers])
        if (!isForeign(one.mediaType)) blobs.set(one.digest, { digest: one.digest, size: one.size });
    } else {
      const message = `${session.place.host} answers for ${named} with a manifest that cannot be read.`;
      throw new RegistryError('broken', message);
    }
    manifests.set(manifest.digest, manifest);
  };
  await read(reference, 0);
  return { manifests: Array.from(manifests.values()), blobs: Array.from(blobs.values()) };
}

async function readManifest(session: RegistrySession, reference: string): Promise<StoredManifest> {
  const rest = `manifests/${encodeURIComponent(reference)}`;
  const response = await session.ask({ method: 'GET', rest, headers: { accept: manifestTypes } });
  const what = `the image ${session.place.path}, ${reference}`;
  const bytes = await session.bytesOf(response);
  if (!response.ok) throw session.refusal(response.status, what);
  const found = sha256(bytes);
  if (reference.startsWith('sha256:') && found !== reference) {
    const message = `${session.place.host} answers for ${reference} with something else (${found}). Nothing of it is used.`;
    throw new RegistryError('broken', message);
  }
  const told = (response.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
  return { digest: found, mediaType: mediaTypeOf(bytes) ?? told, bytes: Buffer.from(bytes) };
}

/** What a manifest says of itself counts before what the registry says of it. */
function mediaTypeOf(bytes: Buffer): string | undefined {
  const said = v.safeParse(v.object({ mediaType: v.string() }), parsed(bytes));
  return said.success ? said.output.mediaType : undefined;
}

/** Layers that their licence keeps out of registries: engines fetch them from their maker. */
function isForeign(mediaType: string): boolean {
  return /nondistributable|foreign/.test(mediaType);
}

function endless({ place }: RegistrySession, reference: string): RegistryError {
  const message = `The image ${place.path}, ${reference} has more manifests than any image needs (${mostManifests}, or ${deepest} in one another), so it is not copied.`;
  return new RegistryError('broken', message);
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
