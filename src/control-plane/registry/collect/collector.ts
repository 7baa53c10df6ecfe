import { rest, type Clock } from '../../../base/clock.ts';
import { Lanes } from '../../../base/lanes.ts';
import { describeError, type Log } from '../../../base/log.ts';
import { tokenSlackMs } from '../accessToken.ts';
import { repositoryPath, type ImageRegistry, type Waiting } from '../imageRegistry.ts';
import type { PushGate } from '../pushGate.ts';
import type { ManifestAt } from '../../state/contents.ts';
import type { Notary } from '../../state/wishes.ts';
import { imageKey, keptForReleases, type RetentionRules } from './retention.ts';
import type { RegistryStorage } from './storage.ts';
import type { Survey } from './survey.ts';

export interface CollectRules extends RetentionRules {
  /** Time between two collections, in milliseconds; 0: only when somebody asks. */
  readonly everyMs: number;
  /** A manifest that nobody needs is kept for this long: its index may be on its way. */
  readonly graceMs: number;
}

const [hourMs, dayMs] = [60 * 60 * 1000, 24 * 60 * 60 * 1000];

/** The rules as a person sets them. */
export function collectRules(options: {
  readonly keepVersions: number;
  readonly keepDays: number;
  readonly collectHours: number;
}): CollectRules {
  return {
    versions: options.keepVersions,
    ageMs: options.keepDays * dayMs,
    everyMs: options.collectHours * hourMs,
    graceMs: hourMs,
  };
}

/** How long a collection that is due waits for pushes to end, in milliseconds; then it goes ahead. */
const patienceMs = hourMs;
const lookEveryMs = 5000;
/** After the start, and after a collection that failed. */
const soonestMs = 5 * 60 * 1000;
const [mostTries, againMs] = [5, 200];

const nothing = { removedImages: 0, removedBlobs: 0 };

export interface CollectorParts {
  readonly notary: Notary;
  readonly storage: RegistryStorage;
  readonly registry: ImageRegistry;
  /** The registry's API behind another address. */
  readonly registryAt: (url: string) => ImageRegistry;
  readonly gate: PushGate;
  readonly rules: CollectRules;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a collection did. Sizes in bytes, times in milliseconds. */
export interface Collection {
  readonly at: number;
  readonly tookMs: number;
  readonly removedImages: number;
  readonly removedBlobs: number;
  readonly freedBytes: number;
  /** Images that were removed from the engine. */
  readonly forgottenImages: number;
}

export interface Collector {
  /** Collects now, also what nobody has needed for a moment only. Two at once are one after the other. */
  collect(options?: Waiting): Promise<Collection>;
  /** The last one that ended well, also one of an earlier run of this program. */
  last(): Collection | undefined;
  start(): void;
  stop(): Promise<void>;
}

/** Removes what nobody needs any more from the registry and the engine. `docs/registry.md` says in which order. */
export function createCollector(parts: CollectorParts): Collector {
  const { notary, storage, registry, gate, rules, clock, log } = parts;
  const { store } = notary;
  const lanes = new Lanes();
  const stopping = new AbortController();
  const { signal } = stopping;
  let working: Promise<void> = Promise.resolve();

  /** Learns what manifests need that are not known yet; what cannot be read is kept and looked at the next time. */
  async function learn(
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

  /** Everything that somebody needs: what is tagged, what releases are kept for, and all that those need. */
  function neededKeys(tagged: readonly ManifestAt[]): Set<string> {
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

  async function taggedIn(
    from: ImageRegistry,
    paths: Iterable<string>,
    waiting: Waiting,
  ): Promise<ManifestAt[]> {
    const tagged: ManifestAt[] = [];
    for (const path of paths) {
      for (const tag of await from.tags(path, waiting)) {
        const digest = await patiently(() => from.digestOf(path, tag, waiting), waiting);
        if (digest !== undefined) tagged.push({ path, digest });
      }
    }
    return tagged;
  }

  /** Manifests that nobody has needed for longer than the grace. */
  function unneeded(survey: Survey, needed: ReadonlySet<string>, graceMs: number): ManifestAt[] {
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
  function forgetGone(known: readonly ManifestAt[], survey: Survey): void {
    store.change(() => {
      for (const manifest of known) {
        if (survey.manifests.get(manifest.path)?.has(manifest.digest) !== true) {
          store.contents.forget(manifest);
        }
      }
    });
  }

  async function removeFrom(
    direct: ImageRegistry,
    candidates: readonly ManifestAt[],
    waiting: Waiting,
  ): Promise<number> {
    // Nothing is written any more: what is tagged now stays so until the end.
    const tagged = await taggedIn(direct, new Set(candidates.map(({ path }) => path)), waiting);
    await learn(direct, tagged, waiting);
    const doomed = store.change(() => {
      const needed = neededKeys(tagged);
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

  /** Removes candidates that still nobody needs, and loose blobs, while nothing is pushed. */
  async function sweep(candidates: readonly ManifestAt[], patience: number, waiting: Waiting) {
    await quiet(patience, waiting);
    gate.close();
    try {
      let removedImages = 0;
      const removedBlobs = await storage.sweep(async (url) => {
        removedImages = await removeFrom(parts.registryAt(url), candidates, waiting);
      }, waiting);
      return { removedImages, removedBlobs };
    } finally {
      gate.open();
    }
  }

  /** Removes from the engine what nobody needs; images that are not of our workspaces are not ours to remove. */
  async function forgetImages(paths: Iterable<string>, waiting: Waiting): Promise<number> {
    const images = await storage.images(waiting);
    const needed = neededKeys(await taggedIn(registry, paths, waiting));
    const workspaces = store.identity.workspaces();
    let removed = 0;
    for (const image of images) {
      const own = workspaces.some(({ id }) => image.path.startsWith(`${id}/`));
      if (!own || needed.has(imageKey(image))) continue;
      if ((await storage.forgetImage(image, waiting)) === 'removed') removed += 1;
    }
    return removed;
  }

  async function collectOnce(graceMs: number, patience: number, waiting: Waiting): Promise<Collection> {
    const at = clock.now();
    const known = store.contents.manifests();
    const survey = await patiently(() => storage.survey(waiting), waiting);
    forgetGone(known, survey);
    const paths = Array.from(survey.manifests.keys());
    await learn(registry, manifestsOf(survey), waiting);
    const candidates = unneeded(survey, neededKeys(await taggedIn(registry, paths, waiting)), graceMs);
    const before = store.contents.usedBytes();
    const idle = candidates.length === 0 && survey.looseBlobs === 0;
    const swept = idle ? nothing : await sweep(candidates, patience, waiting);
    const freedBytes = Math.max(0, before - store.contents.usedBytes());
    const forgottenImages = await forgetImages(paths, waiting);
    return { at, tookMs: clock.now() - at, ...swept, freedBytes, forgottenImages };
  }

  /** What is being written cannot be read for a moment: it is tried again a few times. */
  async function patiently<T>(ask: () => Promise<T>, { signal: until }: Waiting): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        if (tries === mostTries || until?.aborted === true) throw error;
        await clock.sleep(againMs, until);
      }
    }
  }

  /** Waits until no leave to push is good any more. */
  async function quiet(patience: number, waiting: Waiting): Promise<void> {
    const deadline = clock.now() + patience;
    while (gate.quietFor(clock.now()) < tokenSlackMs && clock.now() < deadline) {
      await clock.sleep(lookEveryMs, waiting.signal);
    }
  }

  function collect(graceMs: number, patience: number, waiting: Waiting): Promise<Collection> {
    return lanes.run('collect', async () => {
      const collection = await collectOnce(graceMs, patience, waiting);
      store.change(() => store.identity.putSetting(setting, JSON.stringify(collection)));
      log.info('Collected what nobody needs', { ...collection });
      return collection;
    });
  }

  /** Runs of this program are often shorter than the time between two collections: the last one of any counts. */
  function dueIn(): number {
    const last = lastOne()?.at ?? 0;
    return Math.max(soonestMs, last + rules.everyMs - clock.now());
  }

  function lastOne(): Collection | undefined {
    const text = store.identity.setting(setting);
    return text === undefined ? undefined : (JSON.parse(text) as Collection);
  }

  async function keepCollecting(): Promise<void> {
    while (await rest(clock, dueIn(), signal)) {
      await collect(rules.graceMs, patienceMs, { signal }).catch((error: unknown) => {
        if (signal.aborted) return;
        log.warn('The registry could not be collected; it is tried again', { error: describeError(error) });
      });
    }
  }

  return {
    collect: (waiting = {}) => collect(0, 0, waiting),
    last: lastOne,
    start() {
      if (rules.everyMs > 0) working = keepCollecting();
    },
    async stop() {
      stopping.abort();
      await working;
      await lanes.idle();
    },
  };
}

const setting = 'registry.lastCollection';

function manifestsOf(survey: Survey): ManifestAt[] {
  return Array.from(survey.manifests).flatMap(([path, digests]) =>
    Array.from(digests, (digest) => ({ path, digest })),
  );
}
