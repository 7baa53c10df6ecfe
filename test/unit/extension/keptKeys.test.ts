import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import type { LocalConnection } from '../../../src/extension/connections/localConnection.ts';
import { KeptKeys } from '../../../src/extension/connections/keptKeys.ts';
import { workspaceId } from '../../support/fakePatrState.ts';

const file = (...ids: readonly string[]): string =>
  JSON.stringify({ keys: ids.map((id) => ({ id: id.repeat(16), madeAt: 1, key: 'AAAA' })) });

/** A key store in memory; `broken`: as on a machine that has none. */
class FakeStore {
  readonly kept = new Map<string, string>();
  broken = false;

  async get(key: string): Promise<string | undefined> {
    if (this.broken) throw new Error('There is no key store.');
    return this.kept.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    if (this.broken) throw new Error('There is no key store.');
    this.kept.set(key, value);
  }
}

/** A local region with this content of its key file, which connects when it is told to. */
class FakeRegion {
  keys: string | undefined;
  offers = true;
  #listener: () => void = () => undefined;

  /** As far as it is asked. */
  readonly connection = {
    state: () => ({
      kind: 'connected',
      target: { workspaceId, backend: { offers: () => this.offers } },
      regions: [],
    }),
    host: () => Promise.resolve({ host: { sealingKeys: () => Promise.resolve(this.keys) } }),
    onChange: (listener: () => void) => {
      this.#listener = listener;
      return { dispose: () => (this.#listener = () => undefined) };
    },
  } as unknown as Pick<LocalConnection, 'state' | 'host' | 'onChange'>;

  connect(): void {
    this.#listener();
  }
}

describe('the copy of the keys of secrets', () => {
  let store: FakeStore;
  let region: FakeRegion;
  let kept: KeptKeys;

  beforeEach(() => {
    store = new FakeStore();
    region = new FakeRegion();
    kept = new KeptKeys(region.connection, store, silentLog);
  });
  afterEach(() => kept.dispose());

  it('is made when the region is connected, and never forgets a key', async () => {
    region.keys = file('a');
    region.connect();
    await kept.keep();
    assert.equal(await kept.copyFor(workspaceId), file('a'));
    region.keys = file('b');
    await kept.keep();
    assert.equal(await kept.copyFor(workspaceId), file('a', 'b'));
    region.keys = undefined;
    await kept.keep();
    assert.equal(await kept.copyFor(workspaceId), file('a', 'b'));
    assert.equal(await kept.copyFor('f'.repeat(32)), undefined);
  });

  it('is not made of what is no key file, or where the server has no keys of its own', async () => {
    region.keys = 'something else';
    await kept.keep();
    region.keys = file('a');
    region.offers = false;
    await kept.keep();
    assert.equal(store.kept.size, 0);
  });

  it('is missing without harm on a machine that has no key store', async () => {
    region.keys = file('a');
    store.broken = true;
    await kept.keep();
    await assert.rejects(kept.copyFor(workspaceId), /no key store/);
    store.broken = false;
    await kept.keep();
    assert.equal(await kept.copyFor(workspaceId), file('a'));
  });
});
