import assert from 'node:assert/strict';
import { createClient } from '../../../src/client/client.ts';
import { ServerTime } from '../../../src/client/serverTime.ts';
import { FaultyProxy, skewed } from '../../support/faultyProxy.ts';
import { handClock } from '../../support/handClock.ts';
import { openServerOf } from '../../support/patr/servers.ts';
import { systemClock } from '../../../src/base/clock.ts';

const hour = 3_600_000;

describe('the time of a server', () => {
  const dated = (ms: number, more = {}): Headers =>
    new Headers({ date: new Date(ms).toUTCString(), ...more });

  it('is this machine’s until an answer tells another one', () => {
    const clock = handClock();
    const time = new ServerTime(clock);
    assert.equal(time.now(), clock.now());
    time.note(new Headers(), clock.now());
    time.note(new Headers({ date: 'yesterday' }), clock.now());
    assert.equal(time.now(), clock.now());
  });

  it('is told by the middle of the way there and back, and goes on with the clock', () => {
    const clock = handClock();
    const time = new ServerTime(clock);
    const sentAt = clock.now();
    clock.advance(2000);
    time.note(dated(sentAt + 5 * hour + 1000), sentAt);
    clock.advance(60_000);
    assert.ok(Math.abs(time.now() - (clock.now() + 5 * hour)) <= 1000, String(time.now() - clock.now()));
    // Set right again.
    time.note(dated(clock.now()), clock.now());
    assert.equal(time.now(), clock.now());
  });

  it('is not told by seconds that an answer takes, nor by one that is old', () => {
    const clock = handClock();
    const time = new ServerTime(clock);
    time.note(dated(clock.now() - 4000), clock.now());
    time.note(dated(clock.now() - 5 * hour, { age: '18000' }), clock.now());
    time.note(dated(clock.now() - 5 * hour), clock.now() - 15_000);
    assert.equal(time.now(), clock.now());
  });

  it('is known to a client by the answers that it has', async () => {
    const server = await openServerOf.current();
    const proxy = await FaultyProxy.start(server.url);
    const connection = { url: proxy.url, token: server.token, fetch, userAgent: 'test', timeoutMs: 20_000 };
    const api = createClient({ ...connection, clock: systemClock, chance: () => 0 });
    proxy.next(skewed(-3 * hour));
    await api.getCurrentUser();
    assert.ok(Math.abs(api.now() - (systemClock.now() - 3 * hour)) < 10_000);
    await proxy.stop();
    await server.close();
  });
});
