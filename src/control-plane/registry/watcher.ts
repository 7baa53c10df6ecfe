import { isAbort } from '../../base/abort.ts';
import { nextWait } from '../../base/backoff.ts';
import { describeError, type Log } from '../../base/log.ts';
import { adoptCatalogue } from '../adoption/catalogue.ts';
import { repositoryAt } from './registryAccess.ts';
import { TagLooks, type Notified, type TagLooksParts } from './tagLooks.ts';

/** Time between two looks at all tags, in milliseconds. */
const everyMs = 60_000;
/** After a look that failed, for example because the registry is still coming up. */
const again = { first: 500, most: everyMs, jitter: 0.2 };

export interface WatcherParts extends Omit<TagLooksParts, 'signal'> {
  readonly log: Log;
}

export interface Watcher {
  /** A notification said that this digest was pushed to this tag: it is looked at soon. */
  pushed(push: Notified): void;
  /** Looks at every tag once. */
  look(): Promise<void>;
  /** Looks at once and then every minute, until `stop`. */
  start(): void;
  stop(): Promise<void>;
}

/**
 * Notices what is pushed. Notifications make it quick; the look now and then makes it certain, because the
 * registry keeps undelivered notifications in its memory only.
 */
export function createWatcher(parts: WatcherParts): Watcher {
  const { notary, registry, clock, log, chance } = parts;
  const { repositories } = notary.store;
  const stopping = new AbortController();
  const { signal } = stopping;
  const looks = new TagLooks({ ...parts, signal });
  const atWork = new Set<Promise<void>>();
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    await adoptCatalogue(notary, registry, { signal });
    for (const repository of repositories.all()) await looks.atAll(repository);
  }

  async function keepLooking(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const well = await look().then(
        () => true,
        (error: unknown) => failed(error, failures === 0),
      );
      failures = well ? 0 : failures + 1;
      const wait = well ? everyMs : nextWait(failures, again, chance);
      await clock.sleep(wait, signal).catch(report);
    }
  }

  /** Told once per outage. */
  function failed(error: unknown, first: boolean): false {
    if (first) report(error);
    return false;
  }

  function report(error: unknown): void {
    if (signal.aborted || isAbort(error)) return;
    log.warn('The registry cannot be looked at; it is tried again until it answers', {
      error: describeError(error),
    });
  }

  return {
    look,
    pushed(push) {
      const repository = repositoryAt(repositories, push.path);
      if (repository === undefined || signal.aborted) return;
      const looked = looks.atPush(repository, push).catch(report);
      atWork.add(looked);
      void looked.finally(() => atWork.delete(looked));
    },
    start() {
      looking = keepLooking();
    },
    async stop() {
      stopping.abort();
      await looking;
      await Promise.all(atWork);
      await looks.idle();
    },
  };
}
