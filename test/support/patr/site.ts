import { once } from 'node:events';
import { createServer, request as open, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startPlainRegistry, type PlainRegistry } from '../plainRegistry.ts';
import { startCurrent } from './current.ts';
import type { PatrDouble } from './double.ts';
import { startLegacy } from './legacy.ts';
import type { PatrWorld, Repository, Row } from './world.ts';

/** How the registry of one generation lets in, and what it does about a push. */
interface RegistryManners {
  readonly realm: string;
  /** The answer to who asks for a token as the right person; undefined: as it was asked it is refused. */
  token(
    world: PatrWorld,
    query: URLSearchParams,
  ): { readonly status: number; readonly body: object } | undefined;
  accepts(world: PatrWorld, bearer: string): boolean;
  /** Whether a push to its tag reaches a deployment. */
  rollsOut(row: Row): boolean;
}

const legacyToken = 'a.registry.jwt';

const manners: Readonly<Record<'legacy' | 'current', RegistryManners>> = {
  legacy: {
    realm: '/api/auth/docker-registry-token',
    // Who names no scope logs in, and must say as what.
    token: (_, query) =>
      query.has('scope') || (query.has('client_id') && query.has('offline_token') && query.has('service'))
        ? { status: 200, body: { token: legacyToken } }
        : undefined,
    accepts: (_, bearer) => bearer === legacyToken,
    // Whatever its deploy on push says.
    rollsOut: ({ status }) => status !== 'stopped',
  },
  current: {
    realm: '/api/auth/docker-login',
    // The token of the registry is the API token itself, in an answer that says "accepted".
    token: ({ token }) => ({ status: 202, body: { success: true, accessToken: token, token } }),
    accepts: ({ token }, bearer) => bearer === token,
    rollsOut: ({ status, deployOnPush }) => deployOnPush && status !== 'stopped' && status !== 'errored',
  },
};

/**
 * A self-hosted Patr under one name: the double of a generation at `/api`, and a real registry at `/v2` that asks for
 * the API token. A deployment that is being rolled out runs when it is looked at once more.
 */
export class PatrSite {
  readonly double: PatrDouble;
  /** Requests to the registry, as `METHOD /v2/… status`. */
  readonly seen: string[] = [];
  /** Says of a request to the registry, before it is passed on, whether its connection is cut. */
  cut: (line: string) => boolean = () => false;
  readonly #registry: PlainRegistry;
  readonly #manners: RegistryManners;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(double: PatrDouble, registry: PlainRegistry, generation: keyof typeof manners) {
    this.double = double;
    this.#registry = registry;
    this.#manners = manners[generation];
  }

  static async start(generation: keyof typeof manners): Promise<PatrSite> {
    const double = await (generation === 'legacy' ? startLegacy() : startCurrent());
    const site = new PatrSite(double, await startPlainRegistry(), generation);
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get world(): PatrWorld {
    return this.double.world;
  }

  /** Host and port. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}/api`;
  }

  /** The registry behind, which asks nobody for anything. */
  get behind(): string {
    return this.#registry.host;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await Promise.all([once(this.#server, 'close'), this.double.stop(), this.#registry.close()]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://${this.host}`);
    if (pathname === this.#manners.realm) return this.#admit(request, searchParams, response);
    if (pathname.startsWith('/api/')) {
      await pass(request, response, this.double.url, (request.url ?? '').slice('/api'.length));
      if (request.method === 'GET') this.#healed(/\/deployment\/([0-9a-f]{32})$/.exec(pathname)?.[1]);
      return;
    }
    if (!pathname.startsWith('/v2/')) return void response.writeHead(404).end();
    await this.#registryAnswer(request, pathname, response);
  }

  #healed(deploymentId: string | undefined): void {
    const row = this.world.deployment(deploymentId ?? '');
    if (row?.status === 'deploying') row.status = 'running';
  }

  #admit({ headers }: IncomingMessage, query: URLSearchParams, response: ServerResponse): void {
    const login = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
    const given = login === `patr:${this.world.token}` ? this.#manners.token(this.world, query) : undefined;
    if (given === undefined) return refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    response.writeHead(given.status, { 'content-type': 'application/json' }).end(JSON.stringify(given.body));
  }

  async #registryAnswer(request: IncomingMessage, pathname: string, response: ServerResponse): Promise<void> {
    const bearer = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    if (!this.#manners.accepts(this.world, bearer)) {
      const realm = `http://${this.host}${this.#manners.realm}`;
      response.setHeader('www-authenticate', `Bearer realm="${realm}",service="${this.host}"`);
      return refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    }
    const [, workspace = '', name = ''] =
      /^\/v2\/([^/]+)\/(.+)\/(?:manifests|blobs|tags)\//.exec(pathname) ?? [];
    const repository = this.world.repositories.find((one) => one.name === name);
    if (pathname !== '/v2/' && (workspace !== this.world.workspaceId || repository === undefined))
      return refuse(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
    const line = `${request.method} ${pathname}`;
    if (this.cut(line)) return void request.socket.destroy();
    await pass(request, response, `http://${this.#registry.host}`, request.url ?? '/', (status, digest) => {
      this.seen.push(`${line} ${status}`);
      const [, tag] = /\/manifests\/([^/]+)$/.exec(pathname) ?? [];
      if (request.method !== 'PUT' || status !== 201 || repository === undefined) return;
      if (tag !== undefined && !tag.startsWith('sha256:') && digest !== undefined)
        this.#pushed(repository, tag, digest);
    });
  }

  #pushed(repository: Repository, tag: string, digest: string): void {
    this.world.push(repository, tag, digest);
    for (const row of this.world.deployments) {
      const own = 'repositoryId' in row.source && row.source.repositoryId === repository.id;
      if (!own || row.imageTag !== tag || !this.#manners.rollsOut(row)) continue;
      this.world.ran(row, digest);
      Object.assign(row, { currentLiveDigest: digest, status: 'deploying' });
    }
  }
}

/** Passes a request on, and its answer back, as they are. `before`: what follows of it, before the answer is heard. */
async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  to: string,
  path: string,
  before: (status: number, digest: string | undefined) => void = () => undefined,
): Promise<void> {
  const { method, headers } = request;
  const out = open(`${to}${path}`, { method, headers });
  request.pipe(out);
  try {
    const [answer] = (await once(out, 'response')) as [IncomingMessage];
    const { statusCode = 500, headers: told } = answer;
    const digest = told['docker-content-digest'];
    before(statusCode, typeof digest === 'string' ? digest : undefined);
    response.writeHead(statusCode, told);
    answer.pipe(response);
    await once(response, 'close');
  } catch {
    // What is behind went away, and so does this.
    request.socket.destroy();
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ errors: [{ code, message, detail: [] }] });
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
