import type { SecretStorage } from 'vscode';
import * as v from 'valibot';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import { describeError, type Log } from '../../base/log.ts';

const patrSession = v.object({
  /** Of the account: one has one token on a server at a time. */
  id: v.string(),
  /** Base address of the server. */
  url: v.pipe(v.string(), v.url()),
  userName: v.string(),
  token: v.string(),
});

/** Somebody who is signed in to a server. */
export type PatrSession = v.InferOutput<typeof patrSession>;

/** What has become of sessions, in this window or in another one. */
export interface SessionsChange {
  readonly added: readonly PatrSession[];
  readonly removed: readonly PatrSession[];
  readonly changed: readonly PatrSession[];
}

const kept = v.pipe(v.string(), v.parseJson(), v.array(patrSession));
const storedAs = 'patr.sessions';

/** The account of a user on a server. */
export function accountId(url: string, userId: string): string {
  return `${userId} ${url}`;
}

/** Sessions in the operating system's key store, and nowhere else: one entry, the same in all windows. */
export class Sessions implements Disposable {
  readonly #secrets: Pick<SecretStorage, 'get' | 'store' | 'delete' | 'onDidChange'>;
  readonly #log: Log;
  readonly #held = new DisposableStore();
  readonly #changed: Emitter<SessionsChange>;
  /** What everybody has been told of; undefined before the first read. */
  #told: readonly PatrSession[] | undefined;
  #working: Promise<unknown> = Promise.resolve();

  constructor(secrets: Pick<SecretStorage, 'get' | 'store' | 'delete' | 'onDidChange'>, log: Log) {
    this.#secrets = secrets;
    this.#log = log;
    this.#changed = this.#held.add(
      new Emitter<SessionsChange>((error) => log.error('A listener failed', { error: describeError(error) })),
    );
    this.#held.add(secrets.onDidChange(({ key }) => void (key === storedAs && this.#readAgain())));
  }

  get onChange() {
    return this.#changed.event;
  }

  /** @throws when the key store cannot be used. */
  all(): Promise<readonly PatrSession[]> {
    return this.#inTurn(async () => {
      const all = await this.#read();
      this.#told ??= all;
      return all;
    });
  }

  async get(id: string): Promise<PatrSession | undefined> {
    return (await this.all()).find((one) => one.id === id);
  }

  /** Keeps a session; the one that the account had is replaced. */
  put(session: PatrSession): Promise<void> {
    return this.#change((all) => {
      const at = all.findIndex(({ id }) => id === session.id);
      return at < 0 ? [...all, session] : all.with(at, session);
    });
  }

  /** What is not there is removed already. */
  remove(id: string): Promise<void> {
    return this.#change((all) => all.filter((one) => one.id !== id));
  }

  dispose(): void {
    this.#held.dispose();
  }

  #change(to: (all: readonly PatrSession[]) => readonly PatrSession[]): Promise<void> {
    return this.#inTurn(async () => {
      const before = await this.#read();
      const after = to(before);
      if (after.length === 0) await this.#secrets.delete(storedAs);
      else await this.#secrets.store(storedAs, JSON.stringify(after));
      this.#tell(before, after);
    });
  }

  #readAgain(): Promise<void> {
    return this.#inTurn(async () => this.#tell([], await this.#read())).catch((error: unknown) => {
      this.#log.warn('The key store cannot be read', { error: describeError(error) });
    });
  }

  /** Only what nobody has been told of yet. */
  #tell(before: readonly PatrSession[], after: readonly PatrSession[]): void {
    const told = this.#told ?? before;
    this.#told = after;
    const known = new Map(told.map((one) => [one.id, one]));
    const left = new Set(after.map(({ id }) => id));
    const change = {
      added: after.filter(({ id }) => !known.has(id)),
      removed: told.filter(({ id }) => !left.has(id)),
      changed: after.filter((one) => known.has(one.id) && known.get(one.id)?.token !== one.token),
    };
    if (change.added.length + change.removed.length + change.changed.length > 0) this.#changed.fire(change);
  }

  /** What is stored and cannot be read is as good as nobody. */
  async #read(): Promise<readonly PatrSession[]> {
    const decoded = v.safeParse(kept, await this.#secrets.get(storedAs));
    return decoded.success ? decoded.output : [];
  }

  /** One after the other, so that no change is written over by another one of this window. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#working.then(work);
    this.#working = turn.catch(() => undefined);
    return turn;
  }
}
