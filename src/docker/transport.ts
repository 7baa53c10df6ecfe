import { Agent as HttpAgent, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex, Readable } from 'node:stream';
import Docker from 'dockerode';
import type { EngineAddress } from './address.ts';
import { abandonable } from './abandonable.ts';
import { Refusal } from './errors.ts';
import { SshAgent } from './sshAgent.ts';

/**
 * The one door to dockerode. Calls go through its `modem.dial` and not through its methods, because those leave
 * out the signal here and there, put names unescaped into paths, keep whole answers in memory, and never settle
 * when a connection breaks in the middle of an answer.
 */
export interface Transport {
  /** Sends one request. Resolves with the answer's head, whatever its status; the caller reads or destroys it. */
  send(request: EngineRequest): Promise<IncomingMessage>;
  /** Turns a connection into a raw one, as `POST /session` wants it. @throws Refusal when it stays as it is. */
  upgrade(path: string, headers: Readonly<Record<string, string>>, body?: object): Promise<Duplex>;
  /** Pins the API version for everything sent from now on, such as `1.41`. */
  pin(apiVersion: string): void;
  dispose(): void;
}

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** Absolute, without version; parts of it already escaped with `escapePath`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, Query>>;
  readonly body?: object;
  readonly upload?: Readable | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export type Query = string | number | boolean | readonly string[] | undefined;

/** Part of what dockerode hands to its modem; its own typings have none for it. */
interface Modem {
  version?: string;
  dial(options: object, done: (error: Error | null, answer: unknown) => void): void;
}

/** Every status is an answer: which of them are successes is for the caller to say. */
const anyStatus = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [index + 100, true]));

export function openTransport(address: EngineAddress): Transport {
  const agent = agentFor(address);
  const modem = new Docker({ ...connectionOptions(address), agent } as Docker.DockerOptions).modem as Modem;
  return {
    async send(request) {
      request.signal?.throwIfAborted();
      const sent = new Promise<IncomingMessage>((resolve, reject) => {
        modem.dial(dialOptions(request), (error, answer) => {
          if (error === null) resolve(answer as IncomingMessage);
          else reject(error);
        });
      });
      return abandonable(sent, request.signal, (late) => late.destroy());
    },
    upgrade(path, headers, body) {
      return new Promise((resolve, reject) => {
        const options = {
          method: 'POST',
          path: body === undefined ? path : `${path}?`,
          hijack: true,
          headers: { ...headers },
          statusCodes: anyStatus,
          ...(body === undefined ? {} : { options: { _query: {}, _body: body } }),
        };
        modem.dial({ ...options, isStream: true }, (error, socket) => {
          if (error !== null) reject(error);
          else if (socket instanceof IncomingMessage) reject(notUpgraded(socket));
          else resolve(socket as Duplex);
        });
      });
    },
    pin(apiVersion) {
      modem.version = `v${apiVersion}`;
    },
    dispose: () => agent.destroy(),
  };
}

/** The engine answered instead of handing the connection over. */
function notUpgraded(answer: IncomingMessage): Refusal {
  answer.destroy();
  const status = answer.statusCode ?? 0;
  return new Refusal(status, `The engine answered with status ${status} where a connection was asked for.`);
}

/** Escapes a name for one place in a path; slashes of image references stay. */
export function escapePath(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@');
}

function dialOptions(request: EngineRequest): object {
  const query = Object.fromEntries(
    Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined),
  );
  return {
    method: request.method,
    // The modem wants the question mark and writes the query itself.
    path: `${request.path}?`,
    options: { _query: query, _body: request.body ?? {} },
    file: request.upload,
    headers: request.headers === undefined ? undefined : { ...request.headers },
    abortSignal: request.signal,
    isStream: true,
    statusCodes: anyStatus,
  };
}

function agentFor(address: EngineAddress): HttpAgent {
  if (address.kind === 'ssh') return new SshAgent(address);
  if (address.kind === 'tcp' && address.tls !== undefined) {
    return new HttpsAgent({ keepAlive: true, rejectUnauthorized: address.tls.skipVerify !== true });
  }
  return new HttpAgent({ keepAlive: true });
}

function connectionOptions(address: EngineAddress): object {
  switch (address.kind) {
    case 'unix':
    case 'npipe':
      return { socketPath: address.path, host: undefined, protocol: 'http' };
    case 'ssh':
      return { host: 'docker.invalid', port: 80, protocol: 'http' };
    case 'tcp':
      return {
        host: address.host.includes(':') ? `[${address.host}]` : address.host,
        port: address.port,
        protocol: address.tls === undefined ? 'http' : 'https',
        ca: address.tls?.ca,
        cert: address.tls?.cert,
        key: address.tls?.key,
      };
  }
}
