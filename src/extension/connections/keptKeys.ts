import type { SecretStorage } from 'vscode';
import * as v from 'valibot';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { LocalConnection } from './localConnection.ts';

const keysFile = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ keys: v.array(v.object({ id: v.string(), madeAt: v.number(), key: v.string() })) }),
);
type Keys = v.InferOutput<typeof keysFile>['keys'];

/**
 * A copy of the keys that the local region's secrets are sealed with, in the operating system's key store. The region
 * works without it, and a machine may have no such store: it is there for a key file that is lost. A key that was
 * copied once is never dropped.
 */
export class KeptKeys implements Disposable {
  readonly #connection: Pick<LocalConnection, 'state' | 'host' | 'onChange'>;
  readonly #store: Pick<SecretStorage, 'get' | 'store'>;
  readonly #log: Log;
  readonly #held = new DisposableStore();
  #keeping: Promise<void> = Promise.resolve();

  constructor(
    connection: Pick<LocalConnection, 'state' | 'host' | 'onChange'>,
    store: Pick<SecretStorage, 'get' | 'store'>,
    log: Log,
  ) {
    this.#connection = connection;
    this.#store = store;
    this.#log = log;
    this.#held.add(connection.onChange(() => void this.keep()));
  }

  /** Copies what the region has and the store has not. What goes wrong is logged: nothing depends on the copy. */
  keep(): Promise<void> {
    this.#keeping = this.#keeping
      .then(() => this.#keepNow())
      .catch((error: unknown) => {
        this.#log.debug('The keys of secrets could not be copied', { error: describeError(error) });
      });
    return this.#keeping;
  }

  /** The copied keys of a workspace's region, as the content of a key file. @throws when the store cannot be used. */
  copyFor(workspaceId: string): Promise<string | undefined> {
    return Promise.resolve(this.#store.get(storedAs(workspaceId)));
  }

  dispose(): void {
    this.#held.dispose();
  }

  async #keepNow(): Promise<void> {
    const state = this.#connection.state();
    if (state.kind !== 'connected' || !state.target.backend.offers('sealing')) return;
    const { host } = await this.#connection.host();
    const there = keysIn(await host.sealingKeys());
    if (there.length === 0) return;
    const { workspaceId } = state.target;
    const copied = keysIn(await this.copyFor(workspaceId));
    const known = new Set(copied.map(({ id }) => id));
    const fresh = there.filter(({ id }) => !known.has(id));
    if (fresh.length === 0) return;
    await this.#store.store(storedAs(workspaceId), JSON.stringify({ keys: [...copied, ...fresh] }));
  }
}

function storedAs(workspaceId: string): string {
  return `patr.sealingKeys.${workspaceId}`;
}

/** None where there is no file, or something else in it. */
function keysIn(text: string | undefined): Keys {
  const decoded = v.safeParse(keysFile, text);
  return decoded.success ? decoded.output.keys : [];
}
