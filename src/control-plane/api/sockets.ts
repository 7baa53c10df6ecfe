import type { IncomingMessage, Server } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { WebSocketServer, type WebSocket } from 'ws';
import { describeError, type Log } from '../../base/log.ts';

/** What a route that answers with a stream of frames hands its stream to; absent where no WebSocket was asked for. */
export interface SocketEnv {
  readonly accept?: (frames: AsyncIterable<unknown>) => void;
}

/** Answers a request, with or without a WebSocket behind it. */
export type Answering = (request: Request, env: SocketEnv) => Response | Promise<Response>;

export interface SocketRules {
  /** How often the other end is asked whether it is there; one that has not answered until the next time is let go. */
  readonly pingEveryMs: number;
  readonly most: number;
}

const usual: SocketRules = { pingEveryMs: 20_000, most: 200 };
/** Nobody has anything to say to these streams. */
const largestMessage = 1024;

/** Whatever else a client would rather speak, such as HTTP/2, its request is one like every other. */
export function asksForSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

export interface Sockets {
  /** Says to everybody that it ends. */
  close(): void;
  /** Lets go of who has not hung up. */
  terminate(): void;
}

/**
 * Lets a server answer upgrades to WebSockets through the same door as every request: what is refused is an ordinary
 * answer, and only what a route accepts becomes a socket. Frames are made as fast as they are taken.
 */
export function acceptSockets(
  server: Server,
  answering: Answering,
  log: Log,
  rules: SocketRules = usual,
): Sockets {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: true,
    maxPayload: largestMessage,
  });
  /** What gets an ordinary answer: nobody else knows of these connections any more. */
  const refused = new Set<Duplex>();
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const left = new AbortController();
    socket.once('close', () => {
      refused.delete(socket);
      left.abort();
    });
    // Whoever hangs up while it is being answered is nobody's trouble.
    socket.on('error', () => left.abort());
    void upgrade(incoming, left.signal).catch((error: unknown) => {
      log.error('An upgrade failed', { error: describeError(error) });
      socket.destroy();
    });

    async function upgrade(asked: IncomingMessage, signal: AbortSignal): Promise<void> {
      refused.add(socket);
      if (sockets.clients.size >= rules.most) return refuse(socket, new Response(null, { status: 503 }));
      let frames: AsyncIterable<unknown> | undefined;
      const response = await answering(requestOf(asked, signal), { accept: (given) => (frames = given) });
      const accepted = frames;
      if (accepted === undefined) return refuse(socket, response);
      if (signal.aborted) return;
      refused.delete(socket);
      sockets.handleUpgrade(asked, socket, head, (opened) => void send(opened, accepted));
    }
  });

  async function send(socket: WebSocket, frames: AsyncIterable<unknown>): Promise<void> {
    const stopAsking = askNowAndThen(socket, rules.pingEveryMs);
    socket.on('error', (error) => log.debug('A socket broke', { error: describeError(error) }));
    try {
      for await (const frame of frames) await sent(socket, JSON.stringify(frame));
      socket.close();
    } catch (error) {
      if (socket.readyState === socket.OPEN) log.error('A stream broke', { error: describeError(error) });
      socket.close(1011);
    } finally {
      stopAsking();
    }
  }

  return {
    close() {
      for (const socket of sockets.clients) socket.close(1001);
    },
    terminate() {
      for (const socket of sockets.clients) socket.terminate();
      for (const socket of refused) socket.destroy();
    },
  };
}

/** Resolves when it has left for the other end, so that nothing piles up for a slow one. @throws when it has gone. */
function sent(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.send(text, (error) => (error instanceof Error ? reject(error) : resolve())),
  );
}

function askNowAndThen(socket: WebSocket, everyMs: number): () => void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, everyMs);
  return () => clearInterval(timer);
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    headers.set(name, Array.isArray(value) ? value.join(', ') : (value ?? ''));
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  return new Request(url, { method: incoming.method ?? 'GET', headers, signal });
}

/** An ordinary answer on a connection that asked for more, as fast as it is taken; it ends with the connection. */
async function refuse(socket: Duplex, { status, headers, body }: Response): Promise<void> {
  const type = headers.get('content-type') ?? 'text/plain';
  const head = [`HTTP/1.1 ${status} Refused`, 'connection: close', `content-type: ${type}`];
  // Half a connection would stay for as long as the other end likes.
  socket.once('finish', () => socket.destroy());
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  // Whoever hangs up before the end has heard enough.
  if (body !== null) await pipeline(Readable.fromWeb(body as ReadableStream), socket).catch(() => undefined);
  socket.end();
}
