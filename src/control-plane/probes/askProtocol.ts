import { connect } from 'node:net';
import type { AppProtocol } from '../edge/contract.ts';

/** What a client with prior knowledge begins with: the preface and an empty SETTINGS frame (RFC 9113, 3.4). */
const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

const frameHeadBytes = 9;
const settings = 4;
const acknowledges = 1;

/**
 * An application that speaks HTTP/2 in clear answers the preface with its own SETTINGS; to any other it is a request
 * that no application sees: it is refused, or the connection closed. Silence until the limit counts as HTTP/1.1 too.
 */
export function askProtocol(
  address: string,
  port: number,
  limit: AbortSignal,
): Promise<AppProtocol | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, signal: limit });
    let start = Buffer.alloc(0);
    let connected = false;
    socket.once('connect', () => {
      connected = true;
      socket.write(preface);
    });
    socket.on('data', (chunk) => {
      start = Buffer.concat([start, chunk]);
      if (start.length >= frameHeadBytes) socket.destroy();
    });
    socket.on('end', () => socket.destroy());
    // What went wrong, if anything did, is in what came until then.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!connected) resolve('silent');
      else resolve(isSettings(start) ? 'h2c' : 'http1');
    });
  });
}

/** The head of a frame: length in three bytes, type, flags, and the number of the stream, which is 0 here. */
function isSettings(start: Buffer): boolean {
  return (
    start.length >= frameHeadBytes &&
    start[3] === settings &&
    ((start[4] ?? 0) & acknowledges) === 0 &&
    start.readUInt32BE(5) === 0
  );
}
