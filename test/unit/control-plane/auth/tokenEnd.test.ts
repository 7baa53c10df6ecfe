import assert from 'node:assert/strict';
import { formatToken, hashSecret } from '../../../../src/control-plane/auth/apiToken.ts';
import { tokenEnd } from '../../../../src/control-plane/auth/tokenEnd.ts';
import type { Store } from '../../../../src/control-plane/state/store.ts';
import { memoryNotary } from '../../../support/controlPlane.ts';
import { handClock, type HandClock } from '../../../support/handClock.ts';

const parts = { secret: 'a'.repeat(32), loginId: 'b'.repeat(32) };
const hourMs = 3_600_000;

describe('the end of an API token', () => {
  let store: Store;
  let clock: HandClock;
  let left: AbortController;
  let ended: boolean;

  beforeEach(() => {
    store = memoryNotary().store;
    clock = handClock();
    left = new AbortController();
    ended = false;
  });

  afterEach(() => {
    left.abort();
    store.dispose();
  });

  function put(facts: { expiresAt?: number; secretHash?: string; revokedAt?: number } = {}): void {
    store.change((publish) => {
      store.apiTokens.put({
        loginId: parts.loginId,
        userId: store.identity.user()!.id,
        name: 'Test',
        secretHash: hashSecret(parts),
        permissions: undefined,
        notBefore: undefined,
        expiresAt: undefined,
        createdAt: 1,
        revokedAt: undefined,
        ...facts,
      });
      publish({ kind: 'apiToken', loginId: parts.loginId });
    });
  }

  /** Also for one that has ended before. */
  function wait(): Promise<void> {
    return tokenEnd({ store, clock }, formatToken(parts), left.signal).then(() => void (ended = true));
  }

  /** Lets all that waits for nothing but its turn go on. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('comes at its time, however far that is', async () => {
    put({ expiresAt: clock.now() + 1000 * hourMs });
    const waiting = wait();
    for (let hours = 0; hours < 999; hours += 1) {
      clock.advance(hourMs);
      await turn();
    }
    assert.equal(ended, false);
    assert.ok(Math.max(...clock.waits) <= 24 * hourMs, 'a timer cannot wait for so long');
    clock.advance(hourMs);
    await waiting;
  });

  it('comes at once when it is revoked, or gets another secret', async () => {
    for (const facts of [
      { revokedAt: 2 },
      { secretHash: hashSecret({ ...parts, secret: 'c'.repeat(32) }) },
    ]) {
      put();
      const waiting = wait();
      put({});
      await turn();
      assert.equal(ended, false, 'it ended with another one');
      put(facts);
      await waiting;
      ended = false;
    }
  });

  it('is there already for one that was revoked before anybody waited', async () => {
    put({ revokedAt: 2 });
    await wait();
  });

  it('is waited for no longer than somebody wants to know', async () => {
    put();
    const waiting = wait();
    left.abort();
    await waiting;
  });
});
