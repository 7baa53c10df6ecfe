import { anySignal } from '../../base/abort.ts';
import { nextWait } from '../../base/backoff.ts';
import { rest, type Clock } from '../../base/clock.ts';
import { Lanes } from '../../base/lanes.ts';
import { isProblem, type ProblemError } from '../../protocol/problems.ts';
import type { RepositoryRow } from '../domain.ts';
import { pushObserved } from '../state/pushes.ts';
import type { Notary } from '../state/wishes.ts';
import { repositoryPath, type ImageRegistry } from './imageRegistry.ts';

/** While the registry has told of a push, but not moved the tag yet: about ten seconds in all. */
const tagMoves = { first: 10, most: 1000, jitter: 0 };
const mostTries = 16;

export interface TagLooksParts {
  readonly notary: Notary;
  readonly registry: ImageRegistry;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly chance: () => number;
  /** Ends every look. */
  readonly signal: AbortSignal;
}

type How = Parameters<typeof pushObserved>[2];

/** What a notification says. */
export interface Notified {
  readonly path: string;
  readonly tag: string;
  readonly digest: string;
}

/** Looks at what tags point to, and notes it: one look at a tag at a time. */
export class TagLooks {
  readonly #parts: TagLooksParts;
  readonly #lanes = new Lanes();
  /** For each tag that the registry is about to move: ends the wait for it. */
  readonly #awaited = new Map<string, AbortController>();

  constructor(parts: TagLooksParts) {
    this.#parts = parts;
  }

  /** Looks at every tag of a repository, and forgets those that are gone. */
  async atAll(repository: RepositoryRow): Promise<void> {
    const { notary, registry, signal } = this.#parts;
    const { repositories } = notary.store;
    const tags = await registry.tags(repositoryPath(repository), { signal });
    const adopted = repositories.isAdopted(repository.id);
    for (const tag of tags) await this.#at(repository, tag, adopted ? 'noted' : 'looked');
    if (adopted) notary.store.change(() => repositories.unmarkAdopted(repository.id));
    const gone = repositories.seenTags(repository.id).filter(({ tag }) => !tags.includes(tag));
    if (gone.length === 0) return;
    notary.store.change((publish) => {
      for (const { tag } of gone) repositories.unsee(repository.id, tag);
      publish({ kind: 'repository', repositoryId: repository.id });
    });
  }

  /** Nobody waits behind a notification that is late or comes twice: one that comes after it takes over. */
  async atPush(repository: RepositoryRow, told: Notified): Promise<void> {
    const key = laneOf(repository, told.tag);
    this.#awaited.get(key)?.abort();
    const mine = new AbortController();
    this.#awaited.set(key, mine);
    const waited = await this.#untilMoved(repository, told, anySignal(this.#parts.signal, mine.signal));
    if (this.#awaited.get(key) === mine) this.#awaited.delete(key);
    if (waited) await this.#at(repository, told.tag, 'pushed');
  }

  /** No look is under way any more. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  /** Asking and noting are one: an answer that is older than another one never comes to be noted after it. */
  #at(repository: RepositoryRow, tag: string, how: How): Promise<void> {
    const { notary, registry, signal } = this.#parts;
    return this.#lanes.run(laneOf(repository, tag), async () => {
      const digest = await registry.digestOf(repositoryPath(repository), tag, { signal });
      if (digest === undefined) return;
      pushObserved(notary, { repositoryId: repository.id, tag, digest }, how);
      await this.#weigh(repository, tag);
    });
  }

  /**
   * The registry notifies before it moves the tag, and moves it by writing over it: whoever reads it in between is
   * answered with a failure. So while the tag is as it was before, or cannot be read, it is asked again for a
   * moment; anything newer than what was told is as good. False when the wait was ended from outside.
   */
  async #untilMoved(
    repository: RepositoryRow,
    { tag, digest }: Notified,
    until: AbortSignal,
  ): Promise<boolean> {
    const { notary, clock, chance } = this.#parts;
    const before = notary.store.repositories.seenTags(repository.id).find((one) => one.tag === tag)?.digest;
    for (let tries = 1; tries <= mostTries; tries++) {
      const now = await this.#digestOrFailure(repository, tag);
      if (now === digest || (typeof now === 'string' && now !== before)) return true;
      if (!(await rest(clock, nextWait(tries, tagMoves, chance), until))) return false;
    }
    return true;
  }

  /** What the tag is; a problem where the registry cannot tell right now. */
  async #digestOrFailure(repository: RepositoryRow, tag: string): Promise<string | ProblemError | undefined> {
    const { registry, signal } = this.#parts;
    try {
      return await registry.digestOf(repositoryPath(repository), tag, { signal });
    } catch (error) {
      if (isProblem(error, 'registryUnreachable')) return error;
      throw error;
    }
  }

  /** Asks once what an image needs, and how large it is. */
  async #weigh(repository: RepositoryRow, tag: string): Promise<void> {
    const { notary, registry, signal } = this.#parts;
    const { contents, repositories } = notary.store;
    const seen = repositories.seenTags(repository.id).find((one) => one.tag === tag);
    if (seen === undefined) return;
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
}

function laneOf(repository: RepositoryRow, tag: string): string {
  return `${repository.id}:${tag}`;
}
