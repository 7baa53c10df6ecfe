import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import {
  createServer as createHttp2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { frame, unframe } from './grpc.ts';

export interface GrpcUpstream {
  readonly id: string;
  readonly address: string;
  /** Ends as an application does that was told to: takes no new calls, and finishes those that are open. */
  leave(): Promise<void>;
  /** Ends as a killed container does: whatever is open breaks. */
  stop(): Promise<void>;
}

/**
 * An application that speaks HTTP/2 in clear: gRPC calls are echoed, message by message; anything else is answered
 * with the instance's id. With `alsoHttp1` it takes HTTP/1.1 on the same port, and echoes over a WebSocket.
 */
export async function startGrpcUpstream(
  id: string,
  address: string,
  port: number,
  { alsoHttp1 = false } = {},
): Promise<GrpcUpstream> {
  const http2 = createHttp2Server();
  http2.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    if (headers['content-type'] === 'application/grpc') echo(stream);
    else {
      stream.respond({ ':status': 200 });
      stream.end(id);
    }
  });
  const http1 = createHttpServer((_, response) => response.end(`${id} over HTTP/1.1`));
  const webSockets = new WebSocketServer({ server: http1 });
  webSockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (alsoHttp1) void firstBytes(socket).then((bytes) => speak(bytes, socket));
    else http2.emit('connection', socket);
  });
  const speak = (bytes: Buffer, socket: Socket): void => {
    if (bytes.toString('latin1').startsWith('PRI')) http2.emit('connection', socket);
    else {
      http1.emit('connection', socket);
      // What was put back flows once the server listens to it.
      process.nextTick(() => socket.resume());
    }
  };
  server.listen(port, address);
  await once(server, 'listening');
  return {
    id,
    address,
    async leave() {
      const ended = once(server, 'close');
      for (const session of sessions) session.close();
      webSockets.close();
      server.close();
      await ended;
    },
    async stop() {
      webSockets.close();
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Reads what a connection begins with, and puts it back. */
async function firstBytes(socket: Socket): Promise<Buffer> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  socket.unshift(bytes);
  return bytes;
}

function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  let bytes: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    const { messages, rest } = unframe(Buffer.concat([bytes, chunk]));
    bytes = rest;
    for (const message of messages) stream.write(frame(message));
  });
  stream.on('end', () => stream.end());
}
