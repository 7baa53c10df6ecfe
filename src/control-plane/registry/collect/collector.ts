import { rest } from '../../../base/clock.ts';
import { Lanes } from '../../../base/lanes.ts';
import { describeError } from '../../../base/log.ts';
import type { Waiting } from '../imageRegistry.ts';
import { forgetGone, manifestsOf, neededKeys, unneeded } from './judge.ts';
import { learn, patiently, taggedIn } from './look.ts';
import type { CollectorParts, CollectRules } from './parts.ts';
import { forgetImages, sweep } from './sweep.ts';

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
/** After the start, and after a collection that failed. */
const soonestMs = 5 * 60 * 1000;

const nothing = { removedImages: 0, removedBlobs: 0 };

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
  const { notary, storage, registry, rules, clock, log } = parts;
  const { store } = notary;
  const lanes = new Lanes();
  const stopping = new AbortController();
  const { signal } = stopping;
  let working: Promise<void> = Promise.resolve();

  async function collectOnce(graceMs: number, patience: number, waiting: Waiting): Promise<Collection> {
    const at = clock.now();
    const known = store.contents.manifests();
    const survey = await patiently(clock, () => storage.survey(waiting), waiting);
    forgetGone(store, known, survey);
    const paths = Array.from(survey.manifests.keys());
    await learn(store, registry, manifestsOf(survey), waiting);
    const tagged = await taggedIn(clock, registry, paths, waiting);
    const candidates = unneeded(notary, survey, neededKeys(parts, tagged), graceMs);
    const before = store.contents.usedBytes();
    const idle = candidates.length === 0 && survey.looseBlobs === 0;
    const swept = idle ? nothing : await sweep(parts, candidates, patience, waiting);
    const freedBytes = Math.max(0, before - store.contents.usedBytes());
    const forgottenImages = await forgetImages(parts, paths, waiting);
    return { at, tookMs: clock.now() - at, ...swept, freedBytes, forgottenImages };
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
