import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { WebSocket } from 'ws';
import { streamedPieces } from './upstream.ts';

/** What is asked, again and again, until the load ends. One request at a time per client, and none is sent twice. */
export type LoadKind = 'get' | 'post' | 'stream' | 'webSocket' | 'http2';

export interface LoadTarget {
  readonly host: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Certificate of the authority that signed the edge's. */
  readonly authority: string;
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

interface Client {
  /** One request. @throws when it does not get the very answer that it should. */
  once(): Promise<void>;
  close(): void;
}

const clientsOf: Readonly<Record<LoadKind, number>> = { get: 4, post: 4, stream: 2, webSocket: 2, http2: 4 };

/** Puts load of every kind on a host. */
export function startLoad(target: LoadTarget): Load {
  const kinds = Object.keys(clientsOf) as LoadKind[];
  const results = new Map(kinds.map((kind) => [kind, { done: 0, failures: [] as string[] }]));
  let stopped = false;
  const run = async (kind: LoadKind): Promise<void> => {
    const client = await makers[kind](target);
    const result = results.get(kind)!;
    while (!stopped) {
      try {
        await client.once();
      } catch (error) {
        result.failures.push(error instanceof Error ? error.message : String(error));
        if (result.failures.length > 1000) break;
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

const makers: Readonly<Record<LoadKind, (target: LoadTarget) => Promise<Client>>> = {
  get: async (target) => http1(target, 'GET', '/', undefined, (body) => body.length > 0),
  post: async (target) => {
    const sent = 'x'.repeat(2000);
    return http1(target, 'POST', '/', sent, (body) => body === sent);
  },
  stream: async (target) =>
    http1(target, 'GET', '/stream', undefined, (body) => body.split('\n').length === streamedPieces + 1),
  webSocket: async (target) => webSocket(target),
  http2,
};

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

/** Opens a connection, has ten messages echoed and closes it. */
function webSocket({ host, httpPort }: LoadTarget): Client {
  return {
    async once() {
      const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/socket`, { headers: { host } });
      const broken = new Promise<never>((_, reject) => {
        socket.once('error', reject);
        socket.once('close', () => reject(new Error('WebSocket: closed')));
      });
      broken.catch(() => undefined);
      await Promise.race([once(socket, 'open'), broken]);
      for (let message = 0; message < 10; message += 1) {
        socket.send(`message ${message}`);
        const [echo] = (await Promise.race([once(socket, 'message'), broken])) as [Buffer];
        if (echo.toString() !== `message ${message}`) throw new Error('WebSocket: another answer');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
    close: () => undefined,
  };
}

/** Streams of one TLS connection; a connection that says it goes away is replaced before the next request. */
async function http2({ host, httpsPort, authority }: LoadTarget): Promise<Client> {
  let session: ClientHttp2Session | undefined;
  const open = (): ClientHttp2Session => {
    const opened = connect(`https://${host}:${httpsPort}`, {
      ca: authority,
      servername: host,
      lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    // Its requests tell what went wrong.
    opened.on('error', () => undefined);
    opened.on('goaway', () => (session = undefined));
    opened.on('close', () => (session = session === opened ? undefined : session));
    return opened;
  };
  return {
    async once() {
      session ??= open();
      const stream = session.request({ ':path': '/', ':method': 'GET' });
      const headed = once(stream, 'response');
      const [body, [headers]] = await Promise.all([stream.setEncoding('utf8').toArray(), headed]);
      const { ':status': status } = headers as { ':status': number };
      if (status !== 200 || body.length === 0) throw new Error(`HTTP/2: status ${status}`);
    },
    close: () => session?.close(),
  };
}
