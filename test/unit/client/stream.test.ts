import assert from 'node:assert/strict';
import { followForEver, type ChangeNews } from '../../../src/client/changes.ts';
import { createClient, type Api } from '../../../src/client/client.ts';
import { NotOffered, Unreachable } from '../../../src/client/errors.ts';
import type { Change } from '../../../src/protocol/shapes/workspace.ts';
import { answer, faultyServer, silent, streaming, type FaultyServer } from '../../support/faultyServer.ts';
import { handClock, type HandClock } from '../../support/handClock.ts';

const given = { params: { workspaceId: '1'.repeat(32) } };
const alive = '{"kind":"alive"}\n';
const line = (digit: number): string => `{"kind":"deployment","id":"${String(digit).repeat(32)}"}\n`;

describe('the stream of changes', () => {
  let server: FaultyServer;
  let clock: HandClock;
  let api: Api;
  let left: AbortController;
  const connect = (timeoutMs = 20_000): Api =>
    createClient({
      url: server.url,
      token: 't',
      fetch,
      userAgent: 'patr-deployments/1.2.3',
      clock,
      chance: () => 0,
      timeoutMs,
    });
  const follow = (): AsyncGenerator<Change> => api.followChanges(given, { signal: left.signal });
  const failureOf = async (stream: AsyncIterable<unknown>): Promise<unknown> =>
    Array.fromAsync(stream).then(
      () => assert.fail('it did not fail'),
      (error: unknown) => error,
    );

  before(async () => {
    server = await faultyServer();
  });
  after(() => server.close());
  beforeEach(() => {
    clock = handClock(10_000);
    left = new AbortController();
    api = connect();
  });
  afterEach(() => left.abort());

  it('gives every change as it comes, cut anywhere, and passes over what it does not know', async () => {
    const text = `${alive}\n${line(1)}not json\n{"kind":"eclipse","id":1}\n${line(2)}`;
    server.next(async (response) => {
      response.writeHead(200);
      for (const byte of text) await new Promise((resolve) => response.write(byte, resolve));
      response.end('{"kind":"alive"');
    });
    const kinds = (await Array.fromAsync(follow())).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['alive', 'deployment', 'deployment']);
  });

  it('takes a stream on which nothing comes for 45 seconds for dead', async () => {
    server.next(streaming(alive));
    const stream = follow();
    assert.equal((await stream.next()).value?.kind, 'alive');
    const next = stream.next();
    clock.advance(44_999);
    clock.advance(1);
    await assert.rejects(next, /fallen silent/);
    assert.ok(clock.waits.every((ms) => ms === 45_000));
  });

  it('takes no line without an end', async () => {
    server.next(streaming('x'.repeat(1_100_000)));
    assert.match(String(await failureOf(follow())), /line without an end/);
  });

  it('says so when the connection breaks off, is refused, or never opens', async () => {
    server.next((response) => {
      response.writeHead(200);
      response.write(alive, () => response.socket?.resetAndDestroy());
    });
    assert.ok((await failureOf(follow())) instanceof Unreachable);
    server.next(answer(404, ''));
    assert.ok((await failureOf(follow())) instanceof NotOffered);
    server.next(silent);
    api = connect(20);
    assert.match(String(await failureOf(follow())), /did not answer within/);
  });

  it('ends with the reason of the caller', async () => {
    server.next(streaming(alive));
    const stream = follow();
    await stream.next();
    const next = stream.next();
    const reason = new Error('enough');
    left.abort(reason);
    await assert.rejects(next, reason);
  });

  it('is opened again with growing waits, and whoever listens is told to read everything again', async () => {
    const ended = (text: string) => answer(200, text);
    server.next(ended(alive + line(1)), answer(503, ''), answer(503, ''), streaming(alive, line(2)));
    const news: ChangeNews[] = [];
    await followForEver(
      api,
      given.params.workspaceId,
      (one) => {
        news.push(one);
        if (one.kind === 'change' && 'id' in one.change && one.change.id.startsWith('2')) left.abort();
      },
      { clock, chance: () => 0, signal: left.signal },
    );
    assert.deepEqual(
      news.map(({ kind }) => kind),
      ['connected', 'change', 'lost', 'lost', 'lost', 'connected', 'change'],
    );
    assert.deepEqual(
      clock.waits.filter((ms) => ms !== 45_000),
      [500, 1000, 2000],
    );
  });

  it('is opened less and less often where it lets in and breaks off, as a proxy may do it', async () => {
    server.next(answer(200, alive));
    let lost = 0;
    await followForEver(
      api,
      given.params.workspaceId,
      ({ kind }) => {
        if (kind === 'lost' && ++lost === 5) left.abort();
      },
      { clock, chance: () => 0, signal: left.signal },
    );
    assert.deepEqual(
      clock.waits.filter((ms) => ms !== 45_000),
      [500, 1000, 2000, 4000],
    );
  });

  it('is not followed for a caller who has left', async () => {
    server.next(streaming(alive));
    left.abort();
    const news: ChangeNews[] = [];
    const options = { clock, chance: () => 0, signal: left.signal };
    await followForEver(api, given.params.workspaceId, (one) => news.push(one), options);
    assert.deepEqual([news, server.asked.length], [[], 0]);
  });
});
