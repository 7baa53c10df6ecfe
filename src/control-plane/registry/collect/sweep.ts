import { tokenSlackMs } from '../accessToken.ts';
import type { ImageRegistry, Waiting } from '../imageRegistry.ts';
import type { ManifestAt } from '../../state/contents.ts';
import { neededKeys } from './judge.ts';
import { learn, taggedIn } from './look.ts';
import type { CollectorParts } from './parts.ts';
import { imageKey } from './retention.ts';

const lookEveryMs = 5000;

interface Swept {
  readonly removedImages: number;
  readonly removedBlobs: number;
}

/** Removes candidates that still nobody needs, and loose blobs, while nothing is pushed. */
export async function sweep(
  parts: CollectorParts,
  candidates: readonly ManifestAt[],
  patience: number,
  waiting: Waiting,
): Promise<Swept> {
  const { gate, storage } = parts;
  await quiet(parts, patience, waiting);
  gate.close();
  try {
    let removedImages = 0;
    const removedBlobs = await storage.sweep(async (url) => {
      removedImages = await removeFrom(parts, parts.registryAt(url), candidates, waiting);
    }, waiting);
    return { removedImages, removedBlobs };
  } finally {
    gate.open();
  }
}

/** Removes from the engine what nobody needs; images that are not of our workspaces are not ours to remove. */
export async function forgetImages(
  parts: CollectorParts,
  paths: Iterable<string>,
  waiting: Waiting,
): Promise<number> {
  const { storage, registry, clock } = parts;
  const images = await storage.images(waiting);
  const needed = neededKeys(parts, await taggedIn(clock, registry, paths, waiting));
  const workspaces = parts.notary.store.identity.workspaces();
  let removed = 0;
  for (const image of images) {
    const own = workspaces.some(({ id }) => image.path.startsWith(`${id}/`));
    if (!own || needed.has(imageKey(image))) continue;
    if ((await storage.forgetImage(image, waiting)) === 'removed') removed += 1;
  }
  return removed;
}

async function removeFrom(
  parts: CollectorParts,
  direct: ImageRegistry,
  candidates: readonly ManifestAt[],
  waiting: Waiting,
): Promise<number> {
  const { notary, clock } = parts;
  const { store } = notary;
  // Nothing is written any more: what is tagged now stays so until the end.
  const tagged = await taggedIn(clock, direct, new Set(candidates.map(({ path }) => path)), waiting);
  await learn(store, direct, tagged, waiting);
  const doomed = store.change(() => {
    const needed = neededKeys(parts, tagged);
    const found = candidates.filter((manifest) => !needed.has(imageKey(manifest)));
    // In one transaction with the look at the releases: whoever reverts afterwards is told that it is gone.
    for (const manifest of found) store.contents.markCollected(manifest, notary.now());
    return found;
  });
  for (const manifest of doomed) {
    await direct.remove(manifest.path, manifest.digest, waiting);
    store.change(() => store.contents.forget(manifest));
  }
  return doomed.length;
}

/** Waits until no leave to push is good any more. */
async function quiet({ gate, clock }: CollectorParts, patience: number, waiting: Waiting): Promise<void> {
  const deadline = clock.now() + patience;
  while (gate.quietFor(clock.now()) < tokenSlackMs && clock.now() < deadline) {
    await clock.sleep(lookEveryMs, waiting.signal);
  }
}
