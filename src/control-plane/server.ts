import { serve, type ServerType } from '@hono/node-server';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLog, type Log } from '../base/log.ts';
import { acceptSockets, asksForSocket, type Answering, type Sockets } from './api/sockets.ts';

/** How long requests that are being answered get at the end, in milliseconds. */
const patienceMs = 3000;
const tidyEveryMs = 20;

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
  answering: Answering,
  at: { host: string; port: number },
  log: Log = silentLog,
): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fetch = (request: Request) => answering(request, {});
  const serverOptions = { shouldUpgradeCallback: asksForSocket };
  const wanted = { fetch, hostname: at.host, port: at.port, serverOptions };
  const server = serve(wanted, (info: AddressInfo) => resolve(info.port));
  const sockets = acceptSockets(server as HttpServer, answering, log);
  server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, at)));
  return { port: await promise, close: () => close(server, sockets) };
}

function listenError(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program listens there. Choose another --port, or 0 for any free one.'
      : error.message;
  return new ListenError(`The control plane cannot listen on ${host}:${port}: ${why}`, { cause: error });
}

async function close(server: ServerType, sockets: Sockets): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  sockets.close();
  if (!('closeIdleConnections' in server)) return promise;
  // A connection whose last answer ends only now would be kept open for the next request, which never comes.
  const tidying = setInterval(() => server.closeIdleConnections(), tidyEveryMs);
  const late = setTimeout(() => {
    server.closeAllConnections();
    sockets.terminate();
  }, patienceMs);
  await promise;
  clearInterval(tidying);
  clearTimeout(late);
}
