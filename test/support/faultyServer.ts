import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with a request. */
export type Behaviour = (response: ServerResponse, asked: Asked) => void | Promise<void>;

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server on loopback that misbehaves as it is told: the first behaviour for the first request, and so on. */
export interface FaultyServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** The last one goes on for all later requests. */
  next(...behaviours: Behaviour[]): void;
  close(): Promise<void>;
}

export async function faultyServer(): Promise<FaultyServer> {
  const asked: Asked[] = [];
  let script: Behaviour[] = [answer(500, '')];
  const server = createServer((request, response) => {
    void Array.fromAsync(request).then(async (chunks) => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks as Buffer[]).toString() };
      asked.push(one);
      const behave = script.length > 1 ? script.shift() : script[0];
      await behave?.(response, one);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    next(...behaviours) {
      asked.length = 0;
      script = behaviours;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function answer(status: number, body: string, headers: Record<string, string> = {}): Behaviour {
  return (response) => void response.writeHead(status, headers).end(body);
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Behaviour {
  return answer(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

/** The connection is cut before anything was answered. */
export const reset: Behaviour = (response) => void response.socket?.resetAndDestroy();

/** Half of an answer, then the connection is cut. */
export function truncated(text: string): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-length': String(text.length * 2) });
    response.write(text, () => response.socket?.destroy());
  };
}

/** Nothing is ever answered. */
export const silent: Behaviour = () => undefined;

/** Lines that are sent, and a stream that stays open. */
export function streaming(...lines: string[]): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (const line of lines) response.write(line);
  };
}
