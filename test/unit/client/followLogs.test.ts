import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { createClient, type Api } from '../../../src/client/client.ts';
import { NotOffered, Unreachable } from '../../../src/client/errors.ts';
import { followLogsForEver, type LogNews, type LogWish } from '../../../src/client/followLogs.ts';
import { linesOf } from '../../../src/client/logFrames.ts';
import { openSocket } from '../../../src/client/socket.ts';
import { listen, type Server } from '../../../src/control-plane/server.ts';
import { forget } from '../../../src/control-plane/state/wishes.ts';
import type { LogEntry } from '../../../src/control-plane/logs/logEntry.ts';
import type { LogLine } from '../../../src/protocol/shapes/log.ts';
import { isProblem, problem } from '../../../src/protocol/problems.ts';
import { testControlPlane, type TestControlPlane } from '../../support/controlPlane.ts';
import { addDeployment } from '../../support/deployments.ts';
import { handClock } from '../../support/handClock.ts';
import { logTime } from '../../support/logFrames.ts';

/** Waits for nothing. */
const impatient = { ...systemClock, sleep: () => Promise.resolve() };
const at = '2026-01-01 00:00:00.1 +00:00:00';

describe('frames of logs', () => {
  const line = { timestamp: at, log: 'text' };

  it('are understood in the words of each generation', () => {
    assert.deepEqual(linesOf(JSON.stringify({ type: 'LogData', logs: [line] })), [line]);
    assert.deepEqual(linesOf(JSON.stringify({ LogData: { logs: [line] } })), [line]);
    assert.deepEqual(linesOf(JSON.stringify({ LogData: { logs: [{ timestamp: at, logs: 'text' }] } })), [
      line,
    ]);
  });

  it('of another kind, and lines that are none, are passed over', () => {
    for (const text of ['', 'no json', '{"type":"Alive"}', '{"LogData":1}', 'null'])
      assert.deepEqual(linesOf(text), [], text);
    assert.deepEqual(linesOf(JSON.stringify({ type: 'LogData', logs: [{ log: 1 }, line] })), [line]);
  });
});

describe('following logs', () => {
  let plane: TestControlPlane;
  let server: Server;
  let left: AbortController;
  let wish: LogWish;
  let workspaceId: string;
  let written = 0;

  beforeEach(async () => {
    plane = testControlPlane();
    left = new AbortController();
    const deploymentId = addDeployment(plane.notary).id;
    wish = { deploymentId };
    workspaceId = plane.notary.workspaceId;
    written = 0;
    server = await serve(0);
  });

  afterEach(async () => {
    left.abort();
    plane.stopping.abort();
    await server.close();
    await plane.logs.close();
    plane.dispose();
  });

  const serve = (port: number): Promise<Server> =>
    listen((request, env) => plane.app.fetch(request, env), { host: '127.0.0.1', port });

  function connect(token = plane.token): Api {
    return createClient({
      url: `http://127.0.0.1:${server.port}`,
      token,
      fetch,
      userAgent: 'test',
      clock: systemClock,
      chance: () => 1,
      timeoutMs: 20_000,
      openSocket,
    });
  }

  const given = (query: Record<string, string> = {}) => {
    const { deploymentId } = wish;
    return { params: { workspaceId, deploymentId }, query };
  };

  async function print(...texts: string[]): Promise<void> {
    const intake = await plane.logs.of(wish.deploymentId);
    assert.ok(intake !== 'gone');
    const entries = texts.map((text): LogEntry => {
      const content = { kind: 'line', bytes: Buffer.from(text) } as const;
      const instanceId = 'a'.repeat(32);
      return { containerId: 'c', instanceId, stream: 'stdout', at: logTime(++written), content };
    });
    intake.offer('c', entries);
    await intake.settled();
  }

  async function ask(method: string, path: string, body?: unknown): Promise<Response> {
    return plane.app.request(`http://127.0.0.1${path}`, {
      method,
      headers: { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** A token that can be revoked. */
  async function makeToken(): Promise<{ id: string; token: string }> {
    const permissions = { [workspaceId]: { type: 'superAdmin' } };
    const made = await ask('POST', '/user/api-token', { name: 'from CI', permissions });
    return (await made.json()) as { id: string; token: string };
  }

  /** The next lines of a stream, so many or more. */
  async function take(stream: AsyncGenerator<readonly LogLine[]>, count: number): Promise<string[]> {
    const found: string[] = [];
    while (found.length < count) {
      const { value, done } = await stream.next();
      if (done === true) break;
      found.push(...value.map(({ log }) => log));
    }
    return found;
  }

  it('gives what was printed since a time, and what comes', async () => {
    await print('one', 'two');
    const stream = connect().followLogs(given({ startTime: '1970-01-01 00:00:00 +00:00:00' }));
    assert.deepEqual(await take(stream, 2), ['one', 'two']);
    await print('three');
    assert.deepEqual(await take(stream, 1), ['three']);
    await stream.return(undefined);
  });

  it('gives only what is wanted', async () => {
    const query = { startTime: '1970-01-01 00:00:00 +00:00:00', regex: '^[aeiou]' };
    const stream = connect().followLogs(given(query));
    await print('one', 'two', 'three', 'eight');
    assert.deepEqual(await take(stream, 2), ['one', 'eight']);
    await stream.return(undefined);
  });

  it('goes on behind the line that was seen', async () => {
    await print('one', 'two', 'three');
    const { logs } = await connect().getLogs(given());
    const stream = connect().followLogs(given({ after: logs[1]!.id! }));
    assert.deepEqual(await take(stream, 1), ['three']);
    await stream.return(undefined);
  });

  it('is refused as every request is, before there is a stream', async () => {
    const api = connect();
    const unknown = { ...given(), params: { ...given().params, deploymentId: 'f'.repeat(32) } };
    await assert.rejects(take(api.followLogs(unknown), 1), (error) =>
      isProblem(error, 'resourceDoesNotExist'),
    );
    await assert.rejects(take(api.followLogs(given({ regex: '(' })), 1), (error) =>
      isProblem(error, 'wrongParameters'),
    );
    const stranger = connect(plane.token.replace('a'.repeat(32), 'c'.repeat(32)));
    await assert.rejects(take(stranger.followLogs(given()), 1), (error) =>
      isProblem(error, 'authorizationTokenInvalid'),
    );
    const { status } = await plane.send('GET', `/deployment/${wish.deploymentId}/logs/stream`);
    assert.equal(status, 400);
  });

  it('says when the server is away', async () => {
    const api = connect();
    await server.close();
    await assert.rejects(take(api.followLogs(given()), 1), Unreachable);
    server = await serve(server.port);
  });

  it('is not there without a way to open one, or where the server has none', async () => {
    const { openSocket: _, ...rest } = {
      url: `http://127.0.0.1:${server.port}`,
      token: plane.token,
      fetch,
      userAgent: 'test',
      clock: systemClock,
      chance: () => 1,
      timeoutMs: 20_000,
      openSocket,
    };
    await assert.rejects(take(createClient(rest).followLogs(given()), 1), NotOffered);
  });

  it('tells every line once, in order, though the connection breaks off in the middle', async () => {
    await print('0');
    const api = connect();
    const { logs } = await api.getLogs(given());
    const found: string[] = [];
    const kinds: string[] = [];
    let wake = (): void => undefined;
    const tell = (news: LogNews): void => {
      kinds.push(news.kind);
      if (news.kind === 'lines') found.push(...news.lines.map(({ log }) => log));
      wake();
    };
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
    };
    const { signal } = left;
    const following = followLogsForEver(() => ({ api, workspaceId }), wish, logs, tell, {
      clock: systemClock,
      chance: () => 1,
      signal,
    });
    const port = server.port;
    for (const round of [1, 2]) {
      await print(`${round} a`, `${round} b`);
      await until(() => found.includes(`${round} b`));
      await server.close();
      await print(`${round} while away`);
      await until(() => kinds.filter((kind) => kind === 'lost').length === round);
      server = await serve(port);
      await until(() => found.includes(`${round} while away`));
    }
    left.abort();
    await following;
    assert.deepEqual(found, ['1 a', '1 b', '1 while away', '2 a', '2 b', '2 while away']);
    assert.equal(kinds.filter((kind) => kind === 'connected').length, 2);
  });

  /** Follows from the beginning. Resolves with the kinds of all news once nothing more comes. */
  async function followed(
    api: () => Api,
    tell: (news: LogNews) => void,
    clock = systemClock,
  ): Promise<readonly string[]> {
    const kinds: string[] = [];
    const how = { clock, chance: () => 1, signal: left.signal };
    const note = (news: LogNews): void => {
      kinds.push(news.kind);
      tell(news);
    };
    await followLogsForEver(() => ({ api: api(), workspaceId }), wish, [], note, how);
    return kinds;
  }

  it('ends when the deployment is deleted, and says so', async () => {
    await print('last words');
    const api = connect();
    const { notary, logs } = plane;
    const kinds = await followed(
      () => api,
      ({ kind }) => {
        if (kind !== 'lines') return;
        const deployment = notary.store.deployments.find(wish.deploymentId)!;
        notary.store.change((publish) => forget(notary, publish, deployment));
        void logs.forget(deployment.id);
      },
    );
    assert.deepEqual(kinds, ['lines', 'deleted']);
  });

  it('ends with its token, and goes on behind what was told with another one', async () => {
    await print('one');
    const { id, token } = await makeToken();
    let api = connect(token);
    const texts: string[] = [];
    const kinds = await followed(
      () => api,
      (news) => {
        if (news.kind === 'lines') texts.push(...news.lines.map(({ log }) => log));
        if (texts.length === 2) return left.abort();
        if (news.kind === 'lines') return void ask('DELETE', `/user/api-token/${id}`);
        if (news.kind !== 'lost') return;
        assert.ok(isProblem(news.error, 'authorizationTokenInvalid'));
        api = connect();
        void print('two');
      },
    );
    assert.deepEqual(kinds, ['lines', 'lost', 'connected', 'lines']);
    assert.deepEqual(texts, ['one', 'two']);
  });

  it('tells of another trouble than before, and of the same one once', async () => {
    const troubles = [
      new Unreachable('It is away.'),
      new Unreachable('It is still away.'),
      problem('authorizationTokenInvalid'),
      problem('authorizationTokenInvalid'),
      problem('resourceDoesNotExist'),
    ];
    const kinds = await followed(
      () => {
        throw troubles.shift()!;
      },
      () => undefined,
      impatient,
    );
    assert.deepEqual(kinds, ['lost', 'lost', 'deleted']);
  });

  it('says that the server is back, also where nothing is printed', async () => {
    const api = connect();
    const { logs } = await api.getLogs(given());
    const kinds: string[] = [];
    const tell = ({ kind }: LogNews): void => {
      kinds.push(kind);
      if (kind === 'connected') left.abort();
    };
    let refusals = 1;
    const once = (): { api: Api; workspaceId: string } => {
      refusals -= 1;
      if (refusals === 0) throw new Unreachable('It is away.');
      return { api, workspaceId };
    };
    const how = { clock: systemClock, chance: () => 1, signal: left.signal };
    await followLogsForEver(once, wish, logs, tell, how);
    assert.deepEqual(kinds, ['lost', 'connected']);
  });

  it('asks again and again where there is no stream', async () => {
    const pages = [
      ['b', 'a'],
      ['c', 'b', 'a'],
    ].map((logs) => logs.map((log) => ({ timestamp: at, log })));
    const api = {
      // oxlint-disable-next-line require-yield
      async *followLogs(): AsyncGenerator<readonly LogLine[]> {
        throw new NotOffered('not offered');
      },
      getLogs: () => Promise.resolve({ logs: pages.length > 1 ? pages.shift()! : pages[0]! }),
    };
    const found: string[] = [];
    await followLogsForEver(
      () => ({ api, workspaceId }),
      wish,
      [],
      (news) => {
        if (news.kind === 'lines') found.push(...news.lines.map(({ log }) => log));
        if (found.includes('c')) left.abort();
      },
      { clock: impatient, chance: () => 1, signal: left.signal },
    );
    assert.deepEqual(found, ['a', 'b', 'c']);
  });

  it('leaves a server without a stream alone while it fails, and for as long as it wants', async () => {
    const clock = handClock(300_000);
    const answers = [300_000, 0, 0, 0, 0, 0, undefined, 0];
    const api = {
      // oxlint-disable-next-line require-yield
      async *followLogs(): AsyncGenerator<readonly LogLine[]> {
        throw new NotOffered('not offered');
      },
      async getLogs(): Promise<{ logs: LogLine[] }> {
        const retryAfterMs = answers.shift();
        if (answers.length === 0) left.abort();
        if (retryAfterMs === undefined) return { logs: [] };
        throw new Unreachable('It is away.', { retryAfterMs });
      },
    };
    const how = { clock, chance: () => 0, signal: left.signal };
    await followLogsForEver(
      () => ({ api, workspaceId }),
      wish,
      [],
      () => undefined,
      how,
    );
    assert.deepEqual(clock.waits, [300_000, 2000, 2000, 4000, 8000, 10_000, 2000]);
  });
});
