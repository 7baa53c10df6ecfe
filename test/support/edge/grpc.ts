import { once } from 'node:events';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';

/** gRPC as it is on the wire: messages with a flag and a length before them, and the status in the trailers. */
export function frame(message: string): Buffer {
  const body = Buffer.from(message, 'utf8');
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** Takes the messages that are whole out of what has come so far. */
export function unframe(bytes: Buffer): { readonly messages: readonly string[]; readonly rest: Buffer } {
  const messages: string[] = [];
  let rest = bytes;
  while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
    const length = rest.readUInt32BE(1);
    messages.push(rest.subarray(5, 5 + length).toString('utf8'));
    rest = rest.subarray(5 + length);
  }
  return { messages, rest };
}

/** A call in which either side may send at any time. */
export interface Call {
  send(message: string): void;
  /** The next message of the other side. */
  next(): Promise<string>;
  /** Sends nothing more, and resolves with the trailers. */
  finish(): Promise<IncomingHttpHeaders>;
}

/** Calls an echo method over a connection of the caller's. */
export function call(session: ClientHttp2Session, authority: string): Call {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/echo.Echo/Both',
    ':authority': authority,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>;
  trailers.catch(() => undefined);
  const messages = messagesOf(stream);
  return {
    send: (message) => void stream.write(frame(message)),
    async next() {
      const { value, done } = await messages.next();
      if (done === true) throw new Error('The call ended before its next message.');
      return value;
    },
    async finish() {
      stream.end();
      const { done } = await messages.next();
      if (done !== true) throw new Error('A message came that nobody asked for.');
      return (await trailers)[0];
    },
  };
}

async function* messagesOf(stream: ClientHttp2Stream): AsyncGenerator<string, undefined> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    const { messages, rest } = unframe(Buffer.concat([bytes, chunk as Buffer]));
    bytes = rest;
    yield* messages;
  }
  return undefined;
}

/** A connection to this machine's loopback: over TLS with a certificate that is checked, or in clear. */
export function http2Session(
  { host, port }: { host: string; port: number },
  authority: string | undefined,
): ClientHttp2Session {
  if (authority === undefined) return connect(`http://127.0.0.1:${port}`);
  return connect(`https://${host}:${port}`, {
    ca: authority,
    servername: host,
    lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  });
}
