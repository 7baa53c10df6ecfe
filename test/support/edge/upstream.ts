import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';

/** An application instance as the edge sees one: an address of loopback of its own, and a port that all share. */
export interface Upstream {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** Requests that arrived, by method and path. */
  readonly seen: readonly string[];
  /** Connections that it has taken so far, and those that are open. */
  connections(): { readonly taken: number; readonly open: number };
  /** Headers of the last request. */
  lastHeaders(): IncomingMessage['headers'];
  /** Answers `/held`, which waits for this. */
  release(): void;
  /** Ends as an application does that was told to: says goodbye on what stays open, and finishes the rest. */
  leave(): Promise<void>;
  /** Ends as a killed container does: whatever is open breaks. */
  stop(): Promise<void>;
}

/**
 * `/` answers with the instance's id, a POST with its body, `/slow?ms=` after this time, `/stream?ms=` in twenty pieces
 * over this time, `/status?code=` with this status, `/large` with eight megabytes, `/held` when it is told to, `/broken` not at all, `/half` breaks off; a WebSocket echoes.
 */
export async function startUpstream(id: string, address: string, port: number): Promise<Upstream> {
  const seen: string[] = [];
  const held: ServerResponse[] = [];
  let headers: IncomingMessage['headers'] = {};
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    headers = request.headers;
    response.setHeader('x-instance', id);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://any');
    const ms = Number(searchParams.get('ms') ?? 200);
    if (pathname === '/held') held.push(response);
    else if (pathname === '/large') response.end(large);
    else if (pathname === '/broken') request.socket.destroy();
    else if (pathname === '/half') breakOff(response);
    else if (pathname === '/stream') void stream(response, ms);
    else if (pathname === '/slow') setTimeout(() => response.end(id), ms);
    else if (pathname === '/status') response.writeHead(Number(searchParams.get('code'))).end();
    else if (request.method === 'POST') request.pipe(response);
    else response.end(id);
  });
  // Idle connections are the edge's to close: that is what applications behind a proxy are told to do as well.
  server.keepAliveTimeout = 3_600_000;
  let taken = 0;
  server.on('connection', (socket) => {
    taken += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await listen(server, address, port);
  return {
    id,
    address,
    port: (server.address() as AddressInfo).port,
    seen,
    connections: () => ({ taken, open: sockets.size }),
    lastHeaders: () => headers,
    async leave() {
      const ended = once(server, 'close');
      for (const socket of webSockets.clients) socket.close(1001, 'going away');
      webSockets.close();
      server.close();
      await ended;
    },
    release: () => held.splice(0).forEach((response) => response.end(id)),
    async stop() {
      webSockets.close();
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

const large = Buffer.alloc(8_000_000);

async function listen(server: Server, address: string, port: number): Promise<void> {
  server.listen(port, address);
  await once(server, 'listening');
}

function breakOff(response: ServerResponse): void {
  response.setHeader('content-length', 1000);
  response.write('half', () => response.socket?.destroy());
}

export const streamedPieces = 20;

async function stream(response: ServerResponse, ms: number): Promise<void> {
  for (let piece = 0; piece < streamedPieces; piece += 1) {
    response.write(`piece ${piece}\n`);
    await new Promise((resolve) => setTimeout(resolve, ms / streamedPieces));
  }
  response.end();
}
