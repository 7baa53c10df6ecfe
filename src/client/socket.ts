import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { pinnedTls } from './certificates.ts';
import type { OpenSocket, SocketRefusal as Refusal } from './connection.ts';

const usualPingMs = 20_000;
const largestMessage = 64 * 1024 * 1024;
const longestRefusal = 64 * 1024;
/** Messages that wait to be taken before no more are read. */
const mostWaiting = 8;

export class SocketRefusal extends Error implements Refusal {
  override readonly name = 'SocketRefusal';
  readonly status: number;
  readonly text: string;

  constructor(status: number, text: string) {
    super(`The server answered with status ${status} where a WebSocket was asked for.`);
    this.status = status;
    this.text = text;
  }
}

/** See `OpenSocket`. */
export const openSocket: OpenSocket = async function* (url, options) {
  const { headers, timeoutMs, signal, pinned, pingEveryMs = usualPingMs } = options;
  signal?.throwIfAborted();
  const socket = new WebSocket(url, {
    headers: { ...headers },
    handshakeTimeout: timeoutMs,
    perMessageDeflate: false,
    maxPayload: largestMessage,
    ...(pinned === undefined ? {} : pinnedTls(pinned)),
  });
  const leave = (): void => socket.terminate();
  signal?.addEventListener('abort', leave, { once: true });
  const messages = new Messages(socket);
  const stopAsking = askNowAndThen(socket, pingEveryMs);
  try {
    for (;;) {
      const message = await messages.next();
      signal?.throwIfAborted();
      if (message === undefined) return;
      yield message;
    }
  } finally {
    stopAsking();
    signal?.removeEventListener('abort', leave);
    socket.terminate();
  }
};

/** What has come and was not taken yet; while that is much, nothing more is read. */
class Messages {
  readonly #socket: WebSocket;
  readonly #waiting: string[] = [];
  #end: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('open', () => this.#take(''));
    socket.on('message', (data: Buffer) => this.#take(data.toString('utf8')));
    socket.on('unexpected-response', (_, response: IncomingMessage) => {
      void bodyOf(response).then((text) => {
        this.#finish(new SocketRefusal(response.statusCode ?? 0, text));
        socket.terminate();
      });
    });
    socket.on('error', (error) => this.#finish(error));
    socket.on('close', (code) =>
      this.#finish(code === 1006 ? new Error('The connection broke off.') : undefined),
    );
  }

  /** Undefined at the end. @throws what broke it. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) return message;
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      this.#socket.resume();
      await promise;
    }
  }

  #take(message: string): void {
    this.#waiting.push(message);
    if (this.#waiting.length >= mostWaiting) this.#socket.pause();
    this.#wake?.();
  }

  #finish(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }
}

function askNowAndThen(socket: WebSocket, pingEveryMs: number): () => void {
  let heard = true;
  const onSign = (): void => void (heard = true);
  for (const sign of ['message', 'ping', 'pong']) socket.on(sign, onSign);
  const timer = setInterval(() => {
    // One that is not read from has nothing to say.
    if (socket.isPaused || socket.readyState !== socket.OPEN) return;
    if (!heard) return socket.terminate();
    heard = false;
    socket.ping();
  }, pingEveryMs);
  return () => clearInterval(timer);
}

/** What a refusal says, as far as it is not too long. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(0, longestRefusal);
  });
  // A body that breaks off says what it said until then.
  await once(response, 'end').catch(() => undefined);
  return text;
}
