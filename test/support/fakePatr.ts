import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decode } from '../../src/protocol/decode.ts';
import type { Endpoint } from '../../src/protocol/endpoint.ts';
import { endpoints, type EndpointName } from '../../src/protocol/endpoints.ts';
import { ProblemError, problem, toFailure } from '../../src/protocol/problems.ts';
import type { Change } from '../../src/protocol/shapes/workspace.ts';
import { fakeHandlers } from './fakePatrHandlers.ts';
import { FakePatrState } from './fakePatrState.ts';

/** A token of the right form, so that whoever ought to redact it can be caught not doing so. */
export const fakeToken = `patrv1.${'a'.repeat(32)}.${'b'.repeat(32)}`;

interface Route {
  readonly name: EndpointName;
  readonly endpoint: Endpoint;
  readonly pattern: RegExp;
}

/** One request as it came in. */
export interface Seen {
  readonly name: EndpointName;
  readonly path: string;
  readonly body: unknown;
}

/**
 * Patr's API over a state in memory, on loopback, with faults on demand. Routes come from the endpoint table and every
 * answer is held against its schema, so it cannot drift from what clients are made for.
 */
export class FakePatr {
  readonly state = new FakePatrState();
  /** Every request since the beginning, or since it was emptied. */
  readonly seen: Seen[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #streams = new Set<ServerResponse>();
  readonly #faults = new Map<EndpointName, ProblemError[]>();
  readonly #routes = routes();

  static async start(): Promise<FakePatr> {
    const fake = new FakePatr();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Streams of changes that are open. */
  get followers(): number {
    return this.#streams.size;
  }

  /** The next call of this endpoint is refused. */
  refuse(name: EndpointName, error: ProblemError): void {
    this.#faults.set(name, [...(this.#faults.get(name) ?? []), error]);
  }

  /** Tells everybody who follows. */
  tell(change: Change): void {
    for (const stream of this.#streams) stream.write(`${JSON.stringify(change)}\n`);
  }

  /** Breaks every stream of changes off, as a network does. */
  breakStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async stop(): Promise<void> {
    this.breakStreams();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await bodyOf(request);
      await this.#handle(request, body, response);
    } catch (error) {
      const known = error instanceof ProblemError ? error : problem('internalServerError', { cause: error });
      if (!(error instanceof ProblemError)) console.error(error);
      send(response, known.status, toFailure(known));
    }
  }

  async #handle(request: IncomingMessage, body: unknown, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const route = this.#routes.find(
      ({ endpoint, pattern }) => endpoint.method === request.method && pattern.test(pathname),
    );
    if (route === undefined) return void response.writeHead(404).end();
    const { name, endpoint, pattern } = route;
    this.seen.push({ name, path: pathname, body });
    if (endpoint.auth === 'bearer' && request.headers.authorization !== `Bearer ${fakeToken}`)
      throw problem('authorizationTokenInvalid');
    const fault = this.#faults.get(name)?.shift();
    if (fault !== undefined) throw fault;
    if (name === 'followChanges') return this.#stream(response);
    const given = {
      params: Object.fromEntries(
        Object.entries(pattern.exec(pathname)?.groups ?? {}).map(([key, value]) => [
          key,
          decodeURIComponent(value),
        ]),
      ),
      query: decoded(endpoint.query, Object.fromEntries(searchParams)),
      body: decoded(endpoint.body, body),
    };
    if (endpoint.answer === 'tar')
      return void response.writeHead(200, { 'content-type': 'application/x-tar' }).end(this.state.archive);
    const handler = fakeHandlers[name] as ((state: FakePatrState, given: unknown) => unknown) | undefined;
    if (handler === undefined) return void response.writeHead(404).end();
    const answer = handler(this.state, given);
    for (const change of this.state.takeChanges()) this.tell(change);
    if (endpoint.returns !== undefined) decoded(endpoint.returns, answer);
    send(response, endpoint.status, { success: true, ...(answer as object | undefined) });
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(`${JSON.stringify({ kind: 'alive' })}\n`);
    this.#streams.add(response);
    response.once('close', () => this.#streams.delete(response));
  }
}

function routes(): Route[] {
  const all = Object.entries(endpoints).map(([name, endpoint]) => ({
    name: name as EndpointName,
    endpoint: endpoint as Endpoint,
    pattern: new RegExp(`^${endpoint.path.replaceAll(/:([a-zA-Z]+)/g, '(?<$1>[^/]+)')}$`),
  }));
  // What is spelled out wins over what has a hole: `machine-type` is no deployment.
  return all.toSorted((a, b) => holes(a.endpoint.path) - holes(b.endpoint.path));
}

function holes(path: string): number {
  return path.split(':').length;
}

function decoded(schema: Endpoint['returns'], value: unknown): unknown {
  if (schema === undefined) return undefined;
  const result = decode(schema, value);
  if (result.ok) return result.value;
  throw problem('wrongParameters', { fields: result.fields, says: JSON.stringify(result.fields) });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  // An answer of 205 has no body; Node's own client would wait for the end of one.
  if (status === 205) return void response.writeHead(status, { 'content-length': 0 }).end();
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
