import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { followForEver } from '../../../src/client/changes.ts';
import { createClient, type Api } from '../../../src/client/client.ts';
import { NotOffered, NotUnderstood, Unreachable } from '../../../src/client/errors.ts';
import { followLogsForEver, type LogNews } from '../../../src/client/followLogs.ts';
import { openSocket } from '../../../src/client/socket.ts';
import type { LogEntry } from '../../../src/control-plane/logs/logEntry.ts';
import { listen, type Server } from '../../../src/control-plane/server.ts';
import { ProblemError } from '../../../src/protocol/problems.ts';
import { testControlPlane, type TestControlPlane } from '../../support/controlPlane.ts';
import { addDeployment } from '../../support/deployments.ts';
import {
  cutAfter,
  FaultyProxy,
  instead,
  nothing,
  passSocket,
  resetBefore,
  silent,
  socketCutAfter,
  socketGoesSilent,
  socketInstead,
  type SocketFault,
} from '../../support/faultyProxy.ts';
import { logTime } from '../../support/logFrames.ts';

const meantForPeople = [ProblemError, NotUnderstood, NotOffered, Unreachable];
const page = '<!doctype html><title>Hotel</title>';

describe('streams behind a proxy', () => {
  let plane: TestControlPlane;
  let server: Server;
  let proxy: FaultyProxy;
  let left: AbortController;
  let workspaceId: string;
  let deploymentId: string;
  let written: number;

  beforeEach(async () => {
    plane = testControlPlane();
    workspaceId = plane.notary.workspaceId;
    deploymentId = addDeployment(plane.notary).id;
    server = await listen((request, env) => plane.app.fetch(request, env), { host: '127.0.0.1', port: 0 });
    proxy = await FaultyProxy.start(`http://127.0.0.1:${server.port}`);
    left = new AbortController();
    written = 0;
  });
  afterEach(async () => {
    left.abort();
    await proxy.stop();
    plane.stopping.abort();
    await server.close();
    await plane.logs.close();
    plane.dispose();
  });

  /** Waits of the client are as short as they can be. */
  const how = () => ({
    clock: { ...systemClock, sleep: () => new Promise<void>(setImmediate) },
    chance: () => 1,
    signal: left.signal,
  });
  const connect = (timeoutMs = 20_000): Api =>
    createClient({
      url: proxy.url,
      token: plane.token,
      fetch,
      userAgent: 'test',
      clock: systemClock,
      chance: () => 1,
      timeoutMs,
      openSocket,
    });

  async function print(...texts: string[]): Promise<void> {
    const intake = await plane.logs.of(deploymentId);
    assert.ok(intake !== 'gone');
    const entries = texts.map((text): LogEntry => {
      const content = { kind: 'line', bytes: Buffer.from(text) } as const;
      const at = logTime(++written);
      return { containerId: 'c', instanceId: 'a'.repeat(32), stream: 'stdout', at, content };
    });
    intake.offer('c', entries);
    await intake.settled();
  }

  /** Follows the output until so many lines were told, and gives them with the kinds of all news. */
  async function followedUntil(
    count: number,
    onNews: (news: LogNews) => void = () => undefined,
  ): Promise<{ readonly lines: readonly string[]; readonly kinds: readonly string[] }> {
    const lines: string[] = [];
    const kinds: string[] = [];
    const tell = (news: LogNews): void => {
      kinds.push(news.kind);
      if (news.kind === 'lines') lines.push(...news.lines.map(({ log }) => log));
      onNews(news);
      if (lines.length >= count) left.abort();
    };
    await followLogsForEver(() => ({ api: connect(), workspaceId }), { deploymentId }, [], tell, how());
    return { lines, kinds };
  }

  const texts = Array.from({ length: 60 }, (_, number) => `line ${number}`);

  it('give every line once and in order, wherever WebSockets are cut', async () => {
    await print(...texts.slice(0, 30));
    const later = texts.slice(30);
    const printNext = (): void => {
      const [next] = later.splice(0, 1);
      if (next !== undefined) void print(next);
    };
    let sockets = 0;
    proxy.nextSockets((client, openUpstream) => {
      sockets += 1;
      // A longer piece each time, which ends anywhere: in the answer, in a frame, between two.
      socketCutAfter(100 + 137 * sockets)(client, openUpstream);
      printNext();
    });
    const { lines } = await followedUntil(texts.length, printNext);
    assert.deepEqual(lines, texts);
    assert.ok(sockets > 5, String(sockets));
  });

  it('give lines by asking where no WebSocket is let through', async () => {
    const fault = socketInstead(502, page);
    proxy.nextSockets(fault);
    await print('before');
    let printed = false;
    const { lines, kinds } = await followedUntil(2, ({ kind }) => {
      if (kind !== 'lines' || printed) return;
      printed = true;
      void print('after');
    });
    assert.deepEqual(lines, ['before', 'after']);
    // That a stream cannot be opened is told once; asking is as good.
    assert.deepEqual(kinds, ['lost', 'connected', 'lines', 'lines']);
  });

  const refusals: Readonly<Record<string, SocketFault>> = {
    'a page': socketInstead(200, page),
    'a sign-in elsewhere': socketInstead(302, ''),
    'a proxy that wants to know who asks': socketInstead(407, page),
    'nothing there': socketInstead(404, ''),
    'no upgrades': socketInstead(426, ''),
    'a server that is away': socketInstead(503, page),
    'something that speaks no HTTP': (client) => void client.end('220 mail.example.com ESMTP\r\n'),
    'an end': (client) => void client.destroy(),
    silence: () => undefined,
    'half of a refusal': (client) => void client.write('HTTP/1.1 502 No\r\ncontent-length: 99\r\n\r\nhalf'),
    'a key that is not ours': (client) =>
      void client.write(
        'HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n',
      ),
  };
  for (const [what, fault] of Object.entries(refusals)) {
    it(`say what is the matter when ${what} is met instead of a WebSocket`, async () => {
      proxy.nextSockets(fault);
      const stream = connect(300).followLogs({ params: { workspaceId, deploymentId } });
      const [outcome] = await Promise.allSettled([Array.fromAsync(stream)]);
      assert.ok(outcome?.status === 'rejected', 'it was opened');
      const error = outcome.reason as Error;
      assert.ok(
        meantForPeople.some((kind) => error instanceof kind),
        String(error.stack),
      );
      assert.match(error.message, /^\S+ .*\.$/);
      await proxy.idle();
    });
  }

  it('take a WebSocket on which nothing comes back for gone', async () => {
    proxy.nextSockets(socketGoesSilent);
    const url = `${proxy.url.replace('http', 'ws')}/workspace/${workspaceId}/deployment/${deploymentId}/logs/stream`;
    const headers = { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' };
    const messages = openSocket(url, { headers, timeoutMs: 20_000, signal: undefined, pingEveryMs: 30 });
    await assert.rejects(Array.fromAsync(messages), /broke off/);
    await proxy.idle();
  });

  it('are left at once by whoever leaves, while they are opened and while nothing comes', async () => {
    for (const fault of [() => undefined, socketGoesSilent, passSocket] satisfies SocketFault[]) {
      const reason = new Error('the person left');
      const leaving = new AbortController();
      proxy.nextSockets((client, openUpstream) => {
        fault(client, openUpstream);
        setImmediate(() => leaving.abort(reason));
      });
      const stream = connect().followLogs(
        { params: { workspaceId, deploymentId } },
        { signal: leaving.signal },
      );
      await assert.rejects(Array.fromAsync(stream), reason);
      await proxy.idle();
    }
  });

  it('tell changes again after every kind of trouble, and that everything is to be read again', async () => {
    proxy.next(
      resetBefore,
      instead(502, page),
      instead(503, '', { 'retry-after': '1' }),
      instead(429, ''),
      instead(200, page, { 'content-type': 'text/html' }),
      instead(302, '', { location: 'http://portal.example/' }),
      silent,
      cutAfter(7),
      cutAfter(30),
      nothing,
    );
    const kinds: string[] = [];
    await followForEver(
      connect(300),
      workspaceId,
      (news) => {
        kinds.push(news.kind);
        if (news.kind === 'lost') {
          assert.ok(
            meantForPeople.some((kind) => news.error instanceof kind),
            String(news.error),
          );
        }
        if (news.kind === 'connected') plane.feed.publish({ kind: 'deployment', id: deploymentId });
        if (news.kind === 'change') left.abort();
      },
      how(),
    );
    assert.equal(kinds.filter((kind) => kind === 'lost').length, 9);
    assert.deepEqual(kinds.slice(-2), ['connected', 'change']);
  });
});
