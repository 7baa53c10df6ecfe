import assert from 'node:assert/strict';
import { ChangeFeed } from '../../../../src/control-plane/api/changeFeed.ts';

const change = (digit: number) => ({ kind: 'deployment', id: String(digit).padStart(32, '0') }) as const;

describe('the feed of changes', () => {
  it('says that it is alive when nothing happens', async () => {
    const feed = new ChangeFeed(1);
    const lines = feed.follow(new AbortController().signal);
    for (let n = 0; n < 3; n++) assert.deepEqual((await lines.next()).value, { kind: 'alive' });
    await lines.return(undefined);
    assert.equal(feed.followers, 0);
  });

  it('keeps the same change once while it waits to be read', async () => {
    const feed = new ChangeFeed();
    const lines = feed.follow(new AbortController().signal);
    await lines.next();
    for (const digit of [1, 2, 1, 1]) feed.publish(change(digit));
    assert.deepEqual((await lines.next()).value, change(1));
    assert.deepEqual((await lines.next()).value, change(2));
    feed.dispose();
    assert.equal((await lines.next()).done, true);
  });

  it('lets a client go that does not read, and nobody else', async () => {
    const feed = new ChangeFeed();
    const slow = feed.follow(new AbortController().signal);
    const quick = feed.follow(new AbortController().signal);
    await Promise.all([slow.next(), quick.next()]);
    for (let digit = 0; digit < 1001; digit++) {
      feed.publish(change(digit));
      assert.deepEqual((await quick.next()).value, change(digit));
    }
    assert.equal((await slow.next()).done, true);
    assert.equal(feed.followers, 1);
    feed.dispose();
  });

  it('ends with the signal of the client, also while it waits', async () => {
    const feed = new ChangeFeed();
    const leaving = new AbortController();
    const lines = feed.follow(leaving.signal);
    await lines.next();
    const next = lines.next();
    leaving.abort();
    assert.equal((await next).done, true);
    assert.equal(feed.followers, 0);
    const late = feed.follow(leaving.signal);
    await late.next();
    assert.equal((await late.next()).done, true);
  });
});
