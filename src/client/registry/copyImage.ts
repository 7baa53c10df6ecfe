import { createHash, type Hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { BlobUpload, toldIn } from './blobUpload.ts';
import { contentsOf, type Blob, type StoredManifest } from './manifests.ts';
import { isRegistryError, RegistryError } from './registryError.ts';
import type { RegistryPlace } from './registryPlace.ts';
import { RegistrySession } from './registrySession.ts';

/** So much of a layer is held at a time, in bytes. */
const pieceBytes = 8 * 1024 * 1024;
/** What breaks off is done again, this often and after this long, in milliseconds. */
const waits = [1000, 3000, 6000];

/** How far a copy is. */
export interface CopyState {
  readonly kind: 'progress';
  /** Layers and configurations, of all platforms. */
  readonly blobs: number;
  readonly finished: number;
  /** Those that the other registry had already. */
  readonly alreadyThere: number;
  readonly leftBytes: number;
  /** 0 to 1, never falling. */
  readonly share: number;
}

export type CopyUpdate =
  | CopyState
  | { readonly kind: 'again'; readonly why: string }
  | { readonly kind: 'copied'; readonly digest: string };

export interface CopyTools {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Copies an image from registry to registry, by digest: index and all platforms, to the byte. Tags move last, so that
 * what broke off is seen by nobody, and another try goes on from the layers that are there. `reference`: digest or
 * tag. @throws RegistryError, the signal's reason.
 */
export async function* copyImage(
  from: RegistryPlace,
  to: RegistryPlace,
  image: { readonly reference: string; readonly tag: string },
  { clock, signal }: CopyTools,
): AsyncGenerator<CopyUpdate, void, void> {
  const near = from.host === to.host;
  const source = new RegistrySession(from, { actions: 'pull' }, signal);
  const target = new RegistrySession(to, { actions: 'pull,push', also: near ? [from.path] : [] }, signal);
  const again = { clock, ...(signal === undefined ? {} : { signal }) };
  const { manifests, blobs } = await patiently(() => contentsOf(source, image.reference), again);
  const tally = new Tally(blobs);
  yield tally.state();
  for (const blob of blobs) {
    if (await patiently(() => has(target, blob), again)) {
      yield tally.there(blob);
      continue;
    }
    for (let tries = 0; ; tries += 1) {
      try {
        for await (const bytes of send(source, target, blob, near ? from.path : undefined))
          yield tally.moved(bytes);
        break;
      } catch (error) {
        signal?.throwIfAborted();
        const wait = waits[tries];
        if (wait === undefined || !isRegistryError(error, 'unreachable')) throw error;
        yield { kind: 'again', why: error.message };
        tally.again();
        await clock.sleep(wait, signal);
      }
    }
    yield tally.finished(blob);
  }
  for (const manifest of manifests.slice(0, -1))
    await patiently(() => put(target, manifest, manifest.digest), again);
  const whole = manifests.at(-1);
  if (whole === undefined) throw new RegistryError('broken', `${from.host} has nothing of the image.`);
  await patiently(() => put(target, whole, image.tag), again);
  yield { kind: 'copied', digest: whole.digest };
}

/** Does what can be done twice again where the registry is away for a moment. */
async function patiently<T>(work: () => Promise<T>, { clock, signal }: CopyTools): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const wait = waits[tries];
      if (wait === undefined || !isRegistryError(error, 'unreachable')) throw error;
      await clock.sleep(wait, signal);
    }
  }
}

async function has(target: RegistrySession, { digest }: Blob): Promise<boolean> {
  const response = await target.ask({ method: 'HEAD', rest: `blobs/${digest}` });
  await response.body?.cancel();
  if (response.ok) return true;
  // One that does not know the repository yet does not have the blob.
  if (response.status === 404) return false;
  throw target.refusal(response.status, `the repository ${target.place.path}`);
}

/** Bytes as they arrive there. What failed or was given up leaves nothing. */
async function* send(
  source: RegistrySession,
  target: RegistrySession,
  blob: Blob,
  mountFrom: string | undefined,
): AsyncGenerator<number, void, void> {
  const upload = await BlobUpload.begin(target, { digest: blob.digest, from: mountFrom });
  if (upload === undefined) return;
  let whole = false;
  try {
    const hash = createHash('sha256');
    let held: Buffer<ArrayBuffer> | undefined;
    for await (const piece of piecesOf(source, blob, hash)) {
      if (held !== undefined) {
        await upload.send(held);
        yield held.length;
      }
      held = piece;
    }
    const found = `sha256:${hash.digest('hex')}`;
    if (found !== blob.digest) throw notTheBlob(source, blob, found);
    await upload.finish(blob.digest, held ?? Buffer.alloc(0));
    whole = true;
    yield held?.length ?? 0;
  } finally {
    if (!whole) await upload.giveUp();
  }
}

/** A blob in pieces of at most `pieceBytes` and what came with the last bytes of each. */
async function* piecesOf(
  source: RegistrySession,
  blob: Blob,
  hash: Hash,
): AsyncGenerator<Buffer<ArrayBuffer>, void, void> {
  const { digest, size } = blob;
  let held: Uint8Array[] = [];
  let bytes = 0;
  const response = await source.ask({ method: 'GET', rest: `blobs/${digest}` });
  if (!response.ok) {
    await response.body?.cancel();
    throw source.refusal(response.status, `the layer ${digest}`);
  }
  let total = 0;
  for await (const chunk of source.chunksOf(response)) {
    total += chunk.length;
    if (total > size) throw notTheBlob(source, blob, 'more than its size');
    hash.update(chunk);
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < pieceBytes) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  if (total < size) {
    const message = `${source.place.host} broke off in the middle of the layer ${digest}.`;
    throw new RegistryError('unreachable', message);
  }
  if (bytes > 0) yield Buffer.concat(held);
}

async function put(target: RegistrySession, manifest: StoredManifest, reference: string): Promise<void> {
  const response = await target.ask({
    method: 'PUT',
    rest: `manifests/${encodeURIComponent(reference)}`,
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
  });
  const words = (await target.bytesOf(response)).toString('utf8');
  if (!response.ok) throw target.refusal(response.status, `the image ${reference}`, toldIn(words));
  const told = response.headers.get('docker-content-digest') ?? manifest.digest;
  if (told === manifest.digest) return;
  const message = `${target.place.host} keeps the image ${reference} as ${told}, and ${manifest.digest} was sent. The copy is not the image; look into the registry's log.`;
  throw new RegistryError('broken', message);
}

function notTheBlob({ place }: RegistrySession, { digest }: Blob, found: string): RegistryError {
  const message = `${place.host} answers for the layer ${digest} with something else (${found}). Nothing of it is used.`;
  return new RegistryError('broken', message);
}

/** What is done of a copy, and what is left. */
class Tally {
  readonly #blobs: number;
  readonly #bytes: number;
  #finished = 0;
  #alreadyThere = 0;
  #done = 0;
  /** Of the blob that is under way. */
  #moved = 0;
  #share = 0;

  constructor(blobs: readonly Blob[]) {
    this.#blobs = blobs.length;
    this.#bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  }

  there(blob: Blob): CopyState {
    this.#alreadyThere += 1;
    return this.finished(blob);
  }

  moved(bytes: number): CopyState {
    this.#moved += bytes;
    return this.state();
  }

  again(): void {
    this.#moved = 0;
  }

  finished({ size }: Blob): CopyState {
    this.#finished += 1;
    this.#done += size;
    this.#moved = 0;
    return this.state();
  }

  state(): CopyState {
    const done = this.#done + this.#moved;
    this.#share = Math.max(this.#share, this.#bytes === 0 ? 0 : done / this.#bytes);
    return {
      kind: 'progress',
      blobs: this.#blobs,
      finished: this.#finished,
      alreadyThere: this.#alreadyThere,
      leftBytes: Math.max(0, this.#bytes - done),
      share: this.#share,
    };
  }
}
