import type { Clock } from '../../../base/clock.ts';
import type { ManifestAt } from '../../state/contents.ts';
import type { Store } from '../../state/store.ts';
import type { ImageRegistry, Waiting } from '../imageRegistry.ts';

const [mostTries, againMs] = [5, 200];

/** Learns what manifests need that are not known yet; what cannot be read is kept and looked at the next time. */
export async function learn(
  store: Store,
  from: ImageRegistry,
  manifests: Iterable<ManifestAt>,
  waiting: Waiting,
): Promise<void> {
  for (const manifest of manifests) {
    if (store.contents.needs(manifest) !== undefined) continue;
    const needs = await from.contents(manifest.path, manifest.digest, waiting);
    if (needs !== 'absent') store.change(() => store.contents.put(manifest, needs));
  }
}

/** What tags point to. */
export async function taggedIn(
  clock: Clock,
  from: ImageRegistry,
  paths: Iterable<string>,
  waiting: Waiting,
): Promise<ManifestAt[]> {
  const tagged: ManifestAt[] = [];
  for (const path of paths) {
    for (const tag of await from.tags(path, waiting)) {
      const digest = await patiently(clock, () => from.digestOf(path, tag, waiting), waiting);
      if (digest !== undefined) tagged.push({ path, digest });
    }
  }
  return tagged;
}

/** What is being written cannot be read for a moment: it is tried again a few times. */
export async function patiently<T>(
  clock: Clock,
  ask: () => Promise<T>,
  { signal: until }: Waiting,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === mostTries || until?.aborted === true) throw error;
      await clock.sleep(againMs, until);
    }
  }
}
