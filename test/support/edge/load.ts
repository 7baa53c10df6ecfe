import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { WebSocket } from 'ws';
import { http2Session } from './grpc.ts';
import { streamedPieces } from './upstream.ts';

/** What is asked, again and again, until the load ends. One request at a time per client, and none is sent twice. */
export type LoadKind = 'get' | 'post' | 'slow' | 'stream' | 'webSocket' | 'http2' | 'http2Stream';

/** Where an application as `startUpstream` makes it is reached. */
export interface LoadTarget {
  readonly host: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Certificate of the authority that signed the edge's. */
  readonly authority: string;
  /** How long slow answers, streams and WebSockets last, in milliseconds; 200 unless it is said. */
  readonly lastsMs?: number;
}

export interface LoadResult {
  readonly done: number;
  readonly failures: readonly string[];
}

export interface Load {
  /** Resolves when every kind has done `count` more requests. */
  progress(count: number): Promise<void>;
  /** Lets every client finish what it is at. */
  stop(): Promise<Readonly<Record<LoadKind, LoadResult>>>;
}

export function assertNoFailures(results: Readonly<Record<LoadKind, LoadResult>>): void {
  for (const [kind, { done, failures }] of Object.entries(results)) {
    assert.deepEqual(failures.slice(0, 3), [], `${failures.length} of ${done} ${kind} requests failed`);
    assert.ok(done > 0, `no ${kind} request was done`);
  }
}

interface Client {
  /** One request. @throws when it does not get the very answer that it should. */
  once(): Promise<void>;
  close(): void;
}

const clientsOf: Readonly<Record<LoadKind, number>> = {
  get: 4,
  post: 4,
  slow: 2,
  stream: 2,
  webSocket: 2,
  http2: 4,
  http2Stream: 2,
};

export const loadKinds = Object.keys(clientsOf) as readonly LoadKind[];

/** A client that failed waits this long, so that failures are counted and not how fast they come. */
const afterFailureMs = 20;

/** Puts load of every kind on a host, or of the given ones. */
export function startLoad(target: LoadTarget, kinds = loadKinds): Load {
  const results = new Map(kinds.map((kind) => [kind, { done: 0, failures: [] as string[] }]));
  let stopped = false;
  const run = async (kind: LoadKind): Promise<void> => {
    const client = makers[kind](target);
    const result = results.get(kind)!;
    while (!stopped) {
      try {
        await client.once();
      } catch (error) {
        result.failures.push(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, afterFailureMs));
      }
      result.done += 1;
    }
    client.close();
  };
  const running = kinds.flatMap((kind) => Array.from({ length: clientsOf[kind] }, () => run(kind)));
  return {
    async progress(count) {
      const goals = kinds.map((kind) => [kind, results.get(kind)!.done + count] as const);
      while (goals.some(([kind, goal]) => results.get(kind)!.done < goal)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async stop() {
      stopped = true;
      await Promise.all(running);
      return Object.fromEntries(results) as unknown as Record<LoadKind, LoadResult>;
    },
  };
}

const makers: Readonly<Record<LoadKind, (target: LoadTarget) => Client>> = {
  get: (target) => http1(target, 'GET', '/', undefined, (body) => body.length > 0),
  post: (target) => {
    const sent = 'x'.repeat(2000);
    return http1(target, 'POST', '/', sent, (body) => body === sent);
  },
  slow: (target) => http1(target, 'GET', `/slow?ms=${lasting(target)}`, undefined, (body) => body.length > 0),
  stream: (target) => http1(target, 'GET', streamPath(target), undefined, isWholeStream),
  webSocket,
  http2: (target) => http2(target, '/', (body) => body.length > 0),
  http2Stream: (target) => http2(target, streamPath(target), isWholeStream),
};

const lasting = ({ lastsMs = 200 }: LoadTarget): number => lastsMs;
const streamPath = (target: LoadTarget): string => `/stream?ms=${lasting(target)}`;
const isWholeStream = (body: string): boolean => body.split('\n').length === streamedPieces + 1;

/** A kept-alive connection of its own, as a browser or another service has one. */
function http1(
  { host, httpPort }: LoadTarget,
  method: string,
  path: string,
  body: string | undefined,
  right: (body: string) => boolean,
): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async once() {
      const sent = request({ agent, host: '127.0.0.1', port: httpPort, method, path, headers: { host } });
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const answer = (await response.setEncoding('utf8').toArray()).join('');
      if (response.statusCode !== 200) throw new Error(`${method} ${path}: status ${response.statusCode}`);
      if (!right(answer)) throw new Error(`${method} ${path}: another answer`);
    },
    close: () => agent.destroy(),
  };
}

const messages = 10;

/** Opens a connection, has messages echoed now and then, and closes it. */
function webSocket(target: LoadTarget): Client {
  const { host, httpPort } = target;
  return {
    async once() {
      const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/socket`, { headers: { host } });
      const closed = once(socket, 'close');
      const broken = closed.then(() => Promise.reject(new Error('WebSocket: closed')));
      broken.catch(() => undefined);
      await Promise.race([once(socket, 'open'), broken]);
      for (let message = 0; message < messages; message += 1) {
        socket.send(`message ${message}`);
        const [echo] = (await Promise.race([once(socket, 'message'), broken])) as [Buffer];
        if (echo.toString() !== `message ${message}`) throw new Error('WebSocket: another answer');
        await new Promise((resolve) => setTimeout(resolve, lasting(target) / messages));
      }
      socket.close();
      await closed;
    },
    close: () => undefined,
  };
}

/** Streams of one TLS connection; a connection that says it goes away is replaced before the next request. */
function http2(
  { host, httpsPort, authority }: LoadTarget,
  path: string,
  right: (body: string) => boolean,
): Client {
  let session: ClientHttp2Session | undefined;
  const open = (): ClientHttp2Session => {
    const opened = http2Session({ host, port: httpsPort }, authority);
    // Its requests tell what went wrong.
    opened.on('error', () => undefined);
    opened.on('goaway', () => (session = undefined));
    opened.on('close', () => (session = session === opened ? undefined : session));
    return opened;
  };
  return {
    async once() {
      session ??= open();
      const stream = session.request({ ':path': path, ':method': 'GET' });
      const headed = once(stream, 'response');
      const [body, [headers]] = await Promise.all([stream.setEncoding('utf8').toArray(), headed]);
      const { ':status': status } = headers as { ':status': number };
      if (status !== 200) throw new Error(`HTTP/2 ${path}: status ${status}`);
      if (!right(body.join(''))) throw new Error(`HTTP/2 ${path}: another answer`);
    },
    close: () => session?.close(),
  };
}
