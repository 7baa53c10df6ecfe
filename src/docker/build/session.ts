import { randomUUID } from 'node:crypto';
import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { CredentialSource } from '../registryCredentials.ts';
import type { Transport } from '../transport.ts';
import { fields, textMessage } from './protobuf.ts';

/**
 * The connection on which BuildKit asks the client back: here, for credentials of base images only. Of our own
 * and not dockerode's, which answers every registry with the same credentials and never closes after an abort.
 */
export interface BuildSession {
  readonly id: string;
  close(): void;
}

type Method = (request: Buffer) => Promise<Buffer>;

export async function openSession(
  transport: Transport,
  credentials: CredentialSource | undefined,
  signal: AbortSignal | undefined,
): Promise<BuildSession> {
  const methods: Readonly<Record<string, Method>> = {
    '/moby.filesync.v1.Auth/Credentials': (request) => answerCredentials(request, credentials, signal),
    // Field 1 = 1: serving. BuildKit drops a session that does not answer.
    '/grpc.health.v1.Health/Check': () => Promise.resolve(Buffer.from([0x08, 0x01])),
  };
  const id = randomUUID();
  const socket = await transport.upgrade('/session', {
    Upgrade: 'h2c',
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Name': 'patr',
    'X-Docker-Expose-Session-Grpc-Method': Object.keys(methods).join(','),
  });
  const session = serve(socket, methods);
  return {
    id,
    close() {
      session.destroy();
      socket.destroy();
    },
  };
}

function serve(socket: Duplex, methods: Readonly<Record<string, Method>>): ServerHttp2Session {
  const session = performServerHandshake(socket);
  // A session that breaks fails the build that needs it, on the build's own connection.
  session.on('error', () => undefined);
  socket.on('error', () => undefined);
  session.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const method = methods[String(headers[':path'])];
    if (method === undefined) refuse(stream, 12, 'not offered by this client');
    else answer(stream, method).catch((error: unknown) => refuse(stream, 2, String(error)));
  });
  return session;
}

/** Frames of gRPC: one byte that says "not compressed", the length in four, the message. */
async function answer(stream: ServerHttp2Stream, method: Method): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const reply = await method(Buffer.concat(chunks).subarray(5));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(reply.length, 1);
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.concat([head, reply]));
}

function refuse(stream: ServerHttp2Stream, status: number, message: string): void {
  if (stream.destroyed || stream.headersSent) return;
  const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) };
  stream.respond({ ...headers, 'grpc-message': encodeURIComponent(message) }, { endStream: true });
}

/** Credentials for the one registry that is asked about; an empty answer where none are known. */
async function answerCredentials(
  request: Buffer,
  credentials: CredentialSource | undefined,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const host = Array.from(fields(request)).find((field) => field.number === 1)?.value;
  if (!Buffer.isBuffer(host) || credentials === undefined) return Buffer.alloc(0);
  const found = await credentials(host.toString('utf8'), signal === undefined ? {} : { signal });
  if (found === undefined) return Buffer.alloc(0);
  if (found.identityToken !== undefined) return textMessage({ 2: found.identityToken });
  return textMessage({ 1: found.username, 2: found.password });
}
