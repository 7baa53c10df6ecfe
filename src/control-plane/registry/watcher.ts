import { anySignal, isAbort } from '../../base/abort.ts';
import { nextWait } from '../../base/backoff.ts';
import { rest, type Clock } from '../../base/clock.ts';
import { Lanes } from '../../base/lanes.ts';
import { describeError, type Log } from '../../base/log.ts';
import { isProblem, type ProblemError } from '../../protocol/problems.ts';
import type { RepositoryRow } from '../domain.ts';
import { adoptCatalogue } from '../adoption/catalogue.ts';
import { pushObserved } from '../state/pushes.ts';
import type { Notary } from '../state/wishes.ts';
import { repositoryPath, type ImageRegistry } from './imageRegistry.ts';
import { repositoryAt } from './registryAccess.ts';

/** Time between two looks at all tags, in milliseconds. */
const everyMs = 60_000;
/** After a look that failed, for example because the registry is still coming up. */
const again = { first: 500, most: everyMs, jitter: 0.2 };

/** While the registry has told of a push, but not moved the tag yet: about ten seconds in all. */
const tagMoves = { first: 10, most: 1000, jitter: 0 };
const mostTries = 16;

export interface WatcherParts {
  readonly notary: Notary;
  readonly registry: ImageRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1. */
  readonly chance: () => number;
}

type How = Parameters<typeof pushObserved>[2];

/** What a notification says. */
export interface Notified {
  readonly path: string;
  readonly tag: string;
  readonly digest: string;
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
  const lanes = new Lanes();
  const stopping = new AbortController();
  const { signal } = stopping;
  /** For each tag that the registry is about to move: ends the wait for it. */
  const awaited = new Map<string, AbortController>();
  const atWork = new Set<Promise<void>>();
  let looking: Promise<void> = Promise.resolve();

  /** Asking and noting are one: an answer that is older than another one never comes to be noted after it. */
  function lookAtTag(repository: RepositoryRow, tag: string, how: How): Promise<void> {
    return lanes.run(laneOf(repository, tag), async () => {
      const digest = await registry.digestOf(repositoryPath(repository), tag, { signal });
      if (digest === undefined) return;
      pushObserved(notary, { repositoryId: repository.id, tag, digest }, how);
      await weigh(repository, tag);
    });
  }

  /**
   * The registry notifies before it moves the tag, and moves it by writing over it: whoever reads it in between is
   * answered with a failure. So while the tag is as it was before, or cannot be read, it is asked again for a
   * moment; anything newer than what was told is as good. False when the wait was ended from outside.
   */
  async function untilMoved(
    repository: RepositoryRow,
    { tag, digest }: Notified,
    until: AbortSignal,
  ): Promise<boolean> {
    const before = repositories.seenTags(repository.id).find((one) => one.tag === tag)?.digest;
    for (let tries = 1; tries <= mostTries; tries++) {
      const now = await digestOrFailure(repository, tag);
      if (now === digest || (typeof now === 'string' && now !== before)) return true;
      if (!(await rest(clock, nextWait(tries, tagMoves, chance), until))) return false;
    }
    return true;
  }

  /** Nobody waits behind a notification that is late or comes twice: one that comes after it takes over. */
  async function lookAtPush(repository: RepositoryRow, told: Notified): Promise<void> {
    const key = laneOf(repository, told.tag);
    awaited.get(key)?.abort();
    const mine = new AbortController();
    awaited.set(key, mine);
    const waited = await untilMoved(repository, told, anySignal(signal, mine.signal));
    if (awaited.get(key) === mine) awaited.delete(key);
    if (waited) await lookAtTag(repository, told.tag, 'pushed');
  }

  /** What the tag is; a problem where the registry cannot tell right now. */
  async function digestOrFailure(
    repository: RepositoryRow,
    tag: string,
  ): Promise<string | ProblemError | undefined> {
    try {
      return await registry.digestOf(repositoryPath(repository), tag, { signal });
    } catch (error) {
      if (isProblem(error, 'registryUnreachable')) return error;
      throw error;
    }
  }

  /** Asks once what an image needs, and how large it is. */
  async function weigh(repository: RepositoryRow, tag: string): Promise<void> {
    const seen = repositories.seenTags(repository.id).find((one) => one.tag === tag);
    if (seen === undefined) return;
    const { contents } = notary.store;
    const manifest = { path: repositoryPath(repository), digest: seen.digest };
    if (seen.size !== undefined && contents.needs(manifest) !== undefined) return;
    const needs = await registry.contents(manifest.path, manifest.digest, { signal });
    if (needs === 'absent') return;
    const image = await registry.image(manifest.path, manifest.digest, { signal });
    notary.store.change((publish) => {
      contents.put(manifest, needs);
      if (image !== 'absent') repositories.weigh(repository.id, image.digest, image.size);
      publish({ kind: 'repository', repositoryId: repository.id });
    });
  }

  async function lookAtRepository(repository: RepositoryRow): Promise<void> {
    const tags = await registry.tags(repositoryPath(repository), { signal });
    const adopted = repositories.isAdopted(repository.id);
    for (const tag of tags) await lookAtTag(repository, tag, adopted ? 'noted' : 'looked');
    if (adopted) notary.store.change(() => repositories.unmarkAdopted(repository.id));
    const gone = repositories.seenTags(repository.id).filter(({ tag }) => !tags.includes(tag));
    if (gone.length === 0) return;
    notary.store.change((publish) => {
      for (const { tag } of gone) repositories.unsee(repository.id, tag);
      publish({ kind: 'repository', repositoryId: repository.id });
    });
  }

  async function look(): Promise<void> {
    await adoptCatalogue(notary, registry, { signal });
    for (const repository of repositories.all()) {
      await lookAtRepository(repository);
    }
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
      const looked = lookAtPush(repository, push).catch(report);
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
      await lanes.idle();
    },
  };
}

function laneOf(repository: RepositoryRow, tag: string): string {
  return `${repository.id}:${tag}`;
}
