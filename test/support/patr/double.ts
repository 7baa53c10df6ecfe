import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { PatrWorld } from './world.ts';

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Undefined where none was sent. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** `total`: the list is paged, and says this in `X-Total-Count`. */
export interface Reply {
  readonly status: number;
  readonly fields?: object;
  readonly total?: number;
}

export type Handler = (world: PatrWorld, call: Call) => Reply;

/** One line of a generation's contract. `open`: no token is asked for. `takesBody`: others refuse even `{}`. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handle: Handler;
  readonly open?: boolean;
  readonly takesBody?: boolean;
}

/** A line that is answered with frames: the first ones once it is open; `PatrDouble.tell` sends more. */
export interface StreamRoute {
  readonly path: string;
  readonly first: (world: PatrWorld, call: Call) => readonly object[];
}

export function route(line: string, handle: Handler, options: Pick<Route, 'open' | 'takesBody'> = {}): Route {
  const [method = '', path = ''] = line.split(' ');
  return { method, path, handle, ...options };
}

/** A failure in Patr's envelope. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = 'Something went wrong.') {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The process dies over a request: the connection ends without an answer. */
export class Panic extends Error {}

export const wrong = (message: string): Refusal => new Refusal(400, 'wrongParameters', message);
export const missing = (): Refusal => new Refusal(404, 'resourceDoesNotExist');
/** What the database refuses is nobody's fault in these servers but their own. */
export const broken = (): Refusal => new Refusal(500, 'internalServerError');

/** Rules of one generation that hold for all of its endpoints. */
export interface Manners {
  /** Successes of every endpoint have this status, whatever it is. */
  readonly always?: number;
  /** An empty object passes for no body. */
  readonly takesEmptyObject?: boolean;
}

/**
 * A Patr of one generation on loopback, as its source and its dashboard show it, defects included. The files beside
 * this one are the contract: one line of `route` for each endpoint.
 */
export class PatrDouble {
  readonly world = new PatrWorld();
  /** Requests since the beginning, as `METHOD /path?query`. */
  readonly asked: string[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #routes: readonly (Route & { readonly pattern: RegExp })[];
  readonly #manners: Manners;
  readonly #streams: readonly (StreamRoute & { readonly pattern: RegExp })[];
  readonly #sockets = new WebSocketServer({ noServer: true });

  private constructor(routes: readonly Route[], manners: Manners, streams: readonly StreamRoute[]) {
    this.#manners = manners;
    this.#streams = streams.map((one) => ({ ...one, pattern: patternOf(one.path) }));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#open(request, socket, head),
    );
    this.#routes = routes
      .map((one) => ({ ...one, pattern: patternOf(one.path) }))
      // What is spelled out wins over what has a hole: `machine-type` is no deployment.
      .toSorted((a, b) => a.path.split(':').length - b.path.split(':').length);
  }

  static async start(
    routes: readonly Route[],
    manners: Manners = {},
    streams: readonly StreamRoute[] = [],
  ): Promise<PatrDouble> {
    const double = new PatrDouble(routes, manners, streams);
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A frame for everybody who follows something. */
  tell(frame: object): void {
    for (const socket of this.#sockets.clients) socket.send(JSON.stringify(frame));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** What is refused is refused before the upgrade, as every request is. */
  #open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.asked.push(`${request.method} ${request.url}`);
    const { pathname, searchParams: query } = new URL(request.url ?? '/', this.url);
    const found = this.#streams.find(({ pattern }) => pattern.test(pathname));
    try {
      if (found === undefined) return void socket.end('HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n');
      if (request.headers['user-agent'] === undefined) throw wrong('Invalid Headers');
      this.#admit(request.headers.authorization);
      const first = found.first(this.world, {
        params: paramsOf(found.pattern, pathname),
        query,
        body: undefined,
      });
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        for (const frame of first) opened.send(JSON.stringify(frame));
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const text = JSON.stringify({ success: false, error: error.code, message: error.message });
      const lines = [
        `HTTP/1.1 ${error.status} No`,
        'content-type: application/json',
        `content-length: ${text.length}`,
      ];
      socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString('utf8');
    this.asked.push(`${request.method} ${request.url}`);
    try {
      const reply = this.#handle(request, text);
      if (reply === undefined) return void response.writeHead(404).end();
      const { status, fields = {}, total } = reply;
      const headers = total === undefined ? {} : { 'x-total-count': String(total) };
      send(response, this.#manners.always ?? status, { success: true, ...fields }, headers);
    } catch (error) {
      if (error instanceof Panic) return void request.socket.destroy();
      if (!(error instanceof Refusal)) throw error;
      send(response, error.status, { success: false, error: error.code, message: error.message });
    }
  }

  #handle(request: IncomingMessage, text: string): Reply | undefined {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const found = this.#routes.find(
      ({ method, pattern }) => method === request.method && pattern.test(pathname),
    );
    if (found === undefined) return undefined;
    const { headers } = request;
    if (headers['user-agent'] === undefined) throw wrong('Invalid Headers');
    if (found.open !== true) this.#admit(headers.authorization);
    const params = paramsOf(found.pattern, pathname);
    return found.handle(this.world, { params, query: searchParams, body: this.#bodyOf(found, text) });
  }

  #admit(authorization: string | undefined): void {
    if (authorization === undefined || !authorization.startsWith('Bearer ')) throw wrong('Invalid Headers');
    const token = authorization.slice('Bearer '.length);
    if (!/^patrv1\.[0-9a-f]{32}\.[0-9a-f]{32}$/.test(token)) throw new Refusal(400, 'malformedApiToken');
    if (token !== this.world.token) throw new Refusal(401, 'authorizationTokenInvalid');
  }

  #bodyOf({ takesBody }: Route, text: string): Call['body'] {
    if (takesBody !== true) {
      const empty = text === '' || text === 'null' || (this.#manners.takesEmptyObject && text === '{}');
      if (!empty) throw wrong('Invalid body');
      return undefined;
    }
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // Refused below, as everything else that is no object.
    }
    throw wrong('Invalid body');
  }
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:([a-zA-Z]+)/g, '(?<$1>[^/]+)')}$`);
}

function paramsOf(pattern: RegExp, pathname: string): Call['params'] {
  const groups = Object.entries(pattern.exec(pathname)?.groups ?? {});
  const params = Object.fromEntries(groups.map(([key, value]) => [key, decodeURIComponent(value)]));
  for (const [name, value] of Object.entries(params))
    if (name.endsWith('Id') && !/^[0-9a-f]{32}$/.test(value)) throw wrong('Invalid Request URL');
  return params;
}

/** A 205 gets a body too: Patr writes one, although nobody may read it. */
function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers })
    .end(text);
}

/** The rows of the page that is asked for. */
export function pageOf<T>(query: URLSearchParams, rows: readonly T[]): readonly T[] {
  const count = Number(query.get('count') ?? 25);
  return rows.slice(count * Number(query.get('page') ?? 0)).slice(0, count);
}

/** The total is read from the rows of the page: past the end it is 0. */
export function totalOf(page: readonly unknown[], all: readonly unknown[]): number {
  return page.length === 0 ? 0 : all.length;
}

/** `2024-10-22 09:15:04.12 +00:00:00`: as many digits of a second as there are. */
export function patrTime(time: number): string {
  const [day = '', clock = ''] = new Date(time).toISOString().slice(0, -1).split('T');
  return `${day} ${clock.replace(/0{1,2}$/, '')} +00:00:00`;
}
