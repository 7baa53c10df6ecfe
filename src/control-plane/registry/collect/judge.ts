import type { ManifestAt } from '../../state/contents.ts';
import type { Store } from '../../state/store.ts';
import type { Notary } from '../../state/wishes.ts';
import { repositoryPath } from '../imageRegistry.ts';
import type { CollectorParts } from './parts.ts';
import { imageKey, keptForReleases } from './retention.ts';
import type { Survey } from './survey.ts';

type Judging = Pick<CollectorParts, 'notary' | 'rules'>;

/** Everything that somebody needs: what is tagged, what releases are kept for, and all that those need. */
export function neededKeys({ notary, rules }: Judging, tagged: readonly ManifestAt[]): Set<string> {
  const { store } = notary;
  const released = store.releases.images().flatMap(({ repositoryId, ...release }) => {
    const repository = store.repositories.find(repositoryId);
    return repository === undefined ? [] : [{ ...release, path: repositoryPath(repository) }];
  });
  const needed = new Set(keptForReleases(released, rules, notary.now()));
  for (const manifest of tagged) needed.add(imageKey(manifest));
  for (const key of Array.from(needed)) {
    const [path = '', digest = ''] = key.split('@');
    for (const blob of store.contents.needs({ path, digest }) ?? []) needed.add(`${path}@${blob}`);
  }
  return needed;
}

/** Manifests that nobody has needed for longer than the grace. */
export function unneeded(
  notary: Notary,
  survey: Survey,
  needed: ReadonlySet<string>,
  graceMs: number,
): ManifestAt[] {
  const { store } = notary;
  const now = notary.now();
  return store.change(() =>
    manifestsOf(survey).filter((manifest) => {
      if (!needed.has(imageKey(manifest))) {
        return now - store.contents.unneededSince(manifest, now) >= graceMs;
      }
      store.contents.isNeeded(manifest);
      return false;
    }),
  );
}

/** What was known before the survey and is not in it: the registry has it not any more. */
export function forgetGone(store: Store, known: readonly ManifestAt[], survey: Survey): void {
  store.change(() => {
    for (const manifest of known) {
      if (survey.manifests.get(manifest.path)?.has(manifest.digest) !== true) {
        store.contents.forget(manifest);
      }
    }
  });
}

export function manifestsOf(survey: Survey): ManifestAt[] {
  return Array.from(survey.manifests).flatMap(([path, digests]) =>
    Array.from(digests, (digest) => ({ path, digest })),
  );
}
