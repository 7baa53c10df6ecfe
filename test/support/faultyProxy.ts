import { once } from 'node:events';
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A request on its way through the proxy. */
export interface Passage {
  readonly method: string;
  readonly path: string;
  /** Towards whoever asked. */
  readonly response: ServerResponse;
  /** Has the server do it; its answer, of which nothing was passed on yet. */
  readonly forward: () => Promise<IncomingMessage>;
}

/** What befalls a request. */
export type Fault = (passage: Passage) => void | Promise<void>;
/** What befalls a WebSocket that is asked for: `head` is the request as it came. */
export type SocketFault = (towardsClient: Duplex, openUpstream: () => Socket) => void;

/**
 * A proxy on loopback in front of a server that does to what passes what it is told. The last of the faults goes on
 * for all later requests.
 */
export class FaultyProxy {
  /** What came to the proxy, and of that what was passed on to the server, as `METHOD /path`. */
  readonly asked: string[] = [];
  readonly forwarded: string[] = [];
  readonly #server = createServer((request, response) => void this.#pass(request, response));
  readonly #upstream: URL;
  readonly #busy = new Set<Duplex>();
  #faults: Fault[] = [nothing];
  #socketFault: SocketFault = passSocket;
  #changed = Promise.withResolvers<void>();

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream);
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex) => this.#upgrade(request, socket));
  }

  static async start(upstream: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(upstream);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  next(...faults: readonly Fault[]): void {
    this.asked.length = 0;
    this.forwarded.length = 0;
    this.#faults = [...faults];
  }

  nextSockets(fault: SocketFault): void {
    this.asked.length = 0;
    this.#socketFault = fault;
  }

  /** Resolves once nothing is on its way any more: no request without its answer, and no WebSocket. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) await this.#changed.promise;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    for (const socket of this.#busy) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers, socket } = request;
    this.#hold(socket);
    response.once('close', () => this.#letGo(socket));
    // Whoever asked may leave while the request is still coming.
    const body = await Array.fromAsync(request as AsyncIterable<Buffer>).catch(() => undefined);
    if (body === undefined) return;
    this.asked.push(`${method} ${path}`);
    const fault = this.#faults.length > 1 ? this.#faults.shift() : this.#faults[0];
    const forward = async (): Promise<IncomingMessage> => {
      this.forwarded.push(`${method} ${path}`);
      const { hostname, port } = this.#upstream;
      const asking = ask({ hostname, port, method, path, headers, agent: false });
      asking.end(Buffer.concat(body));
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      response.once('close', () => answer.destroy());
      return answer;
    };
    // A server that dies over a request lets the proxy's own end die too.
    await Promise.resolve(fault?.({ method, path, response, forward })).catch(() => socket.destroy());
  }

  #upgrade(request: IncomingMessage, socket: Duplex): void {
    this.asked.push(`${request.method} ${request.url}`);
    this.#hold(socket);
    socket.on('close', () => this.#letGo(socket)).on('error', () => socket.destroy());
    // It would stay half open.
    socket.once('end', () => socket.destroy());
    this.#socketFault(socket, () => {
      const upstream = connect(Number(this.#upstream.port), this.#upstream.hostname);
      const lines = [`GET ${request.url} HTTP/1.1`];
      for (let at = 0; at < request.rawHeaders.length; at += 2)
        lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
      socket.once('close', () => upstream.destroy());
      return upstream.on('error', () => socket.destroy());
    });
    // Whoever leaves is noticed on a socket that is read alone.
    socket.resume();
  }

  #hold(socket: Duplex): void {
    this.#busy.add(socket);
  }

  #letGo(socket: Duplex): void {
    this.#busy.delete(socket);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/** Everything passes as it is. */
export const nothing: Fault = async ({ response, forward }) => {
  const answer = await forward();
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  answer.pipe(response);
};

/** The connection is cut before anything came to the server. */
export const resetBefore: Fault = ({ response }) => void (response.socket as Socket).resetAndDestroy();

/** The server has done it; nobody hears so. */
export const resetAfter: Fault = async ({ response, forward }) => {
  (await forward()).resume();
  (response.socket as Socket).resetAndDestroy();
};

/** It is taken and never answered. */
export const silent: Fault = () => undefined;

/** The proxy answers by itself. */
export function instead(status: number, body: string, headers: OutgoingHttpHeaders = {}): Fault {
  return ({ response }) => void response.writeHead(status, headers).end(body);
}

/** The answer of the server, and then something else instead of its body. */
function body(change: (text: Buffer, response: ServerResponse, headers: OutgoingHttpHeaders) => void): Fault {
  return async ({ response, forward }) => {
    const answer = await forward();
    const text = Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>));
    const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers;
    response.statusCode = answer.statusCode ?? 500;
    change(text, response, headers);
  };
}

function head(response: ServerResponse, headers: OutgoingHttpHeaders): ServerResponse {
  return response.writeHead(response.statusCode, headers);
}

const half = (text: Buffer): Buffer => text.subarray(0, Math.floor(text.length / 2));

/** Half of the body, and then a reset. */
export const resetInside = body((text, response, headers) => {
  head(response, { ...headers, 'content-length': text.length + 1 });
  response.write(half(text), () => (response.socket as Socket).resetAndDestroy());
  if (text.length === 0) response.flushHeaders();
});

/** Half of the body, and an end that comes too early. */
export const cutShort = body((text, response, headers) => {
  head(response, { ...headers, 'content-length': text.length + 1 });
  response.write(half(text), () => response.socket?.end());
});

/** A chunk that is shorter than it was said to be. */
export const cutChunk = body((text, response, headers) => {
  head(response, { ...headers, 'transfer-encoding': 'chunked' }).flushHeaders();
  response.socket?.write(`${(text.length + 1).toString(16)}\r\n${half(text).toString('latin1')}`, () =>
    response.socket?.end(),
  );
});

/** A chunk whose size is no number. */
export const noChunk = body((_, response, headers) => {
  head(response, { ...headers, 'transfer-encoding': 'chunked' }).flushHeaders();
  response.socket?.write('nonsense\r\n', () => response.socket?.end());
});

/** Half of the JSON, as if it were all. */
export const halfJson = body((text, response, headers) => {
  head(response, { ...headers, 'content-length': half(text).length }).end(half(text));
});

/** Byte after byte. */
export const drip = body((text, response, headers) => {
  head(response, { ...headers, 'content-length': text.length });
  const pour = (from: number): void => {
    if (from >= text.length) return void response.end();
    response.write(text.subarray(from, from + 1), () => setImmediate(pour, from + 1));
  };
  pour(0);
});

/** Half of the body, and then nothing at all. */
export const stuck = body((text, response, headers) => {
  head(response, { ...headers, 'content-length': text.length + 1 });
  if (text.length < 2) response.flushHeaders();
  else response.write(half(text));
});

/** A stream is cut when so many bytes of it have passed. */
export function cutAfter(bytes: number): Fault {
  return async ({ response, forward }) => {
    const answer = await forward();
    response.writeHead(answer.statusCode ?? 500, answer.headers).flushHeaders();
    let passed = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      response.write(chunk.subarray(0, bytes - passed));
      passed += chunk.length;
      if (passed >= bytes) break;
    }
    (response.socket as Socket).resetAndDestroy();
  };
}

/** The server's clock is another one. */
export function skewed(ms: number): Fault {
  return async ({ response, forward }) => {
    const answer = await forward();
    const date = new Date(Date.now() + ms).toUTCString();
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 500, { ...answer.headers, date });
    answer.pipe(response);
  };
}

export const passSocket: SocketFault = (client, openUpstream) => {
  const upstream = openUpstream();
  upstream.pipe(client).pipe(upstream);
};

/** The proxy knows no WebSockets: it answers by itself and closes. */
export function socketInstead(status: number, text: string): SocketFault {
  return (client) =>
    void client.end(
      `HTTP/1.1 ${status} No\r\ncontent-type: text/html\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
}

/** The WebSocket is let through and cut when so many bytes have come from the server. */
export function socketCutAfter(bytes: number): SocketFault {
  return (client, openUpstream) => {
    const upstream = openUpstream();
    let passed = 0;
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, Math.max(0, bytes - passed)));
      passed += chunk.length;
      if (passed >= bytes) client.destroy();
    });
    upstream.on('end', () => client.end());
  };
}

/** It is let in; after that nothing passes either way, and nobody closes. */
export const socketGoesSilent: SocketFault = (client, openUpstream) => {
  const upstream = openUpstream();
  upstream.once('data', (chunk: Buffer) => client.write(chunk));
  client.resume();
};
