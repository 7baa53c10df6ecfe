import { serve, type ServerType } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import { withTimeout } from '../base/abort.ts';

/** How long requests that are being answered get at the end, in milliseconds. */
const patienceMs = 3000;

export interface Server {
  readonly port: number;
  /** Takes no more requests and resolves when those at work have ended, or after a few seconds. */
  close(): Promise<void>;
}

/** The address cannot be listened on; the message says why. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Serves an app on a port; 0 takes any free one. @throws ListenError. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  at: { host: string; port: number },
): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = serve({ fetch, hostname: at.host, port: at.port }, (info: AddressInfo) =>
    resolve(info.port),
  );
  server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, at)));
  return { port: await promise, close: () => close(server) };
}

function listenError(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program listens there. Choose another --port, or 0 for any free one.'
      : error.message;
  return new ListenError(`The control plane cannot listen on ${host}:${port}: ${why}`, { cause: error });
}

async function close(server: ServerType): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  const late = withTimeout(patienceMs);
  late.addEventListener('abort', () => {
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  await promise;
}
