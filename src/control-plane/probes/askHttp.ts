import { request } from 'node:http';
import { connect } from 'node:http2';
import type { Readable } from 'node:stream';
import type { Probe } from '../../protocol/shapes/deployment.ts';
import type { ProbeResult } from './prober.ts';
import { refusal } from './refusal.ts';

export interface Asked {
  readonly address: string;
  readonly probe: Probe;
  readonly timeoutMs: number;
  /** The caller's signal and the time-out. */
  readonly limit: AbortSignal;
}

export type Http1Answer =
  | { readonly kind: 'result'; readonly result: ProbeResult }
  /** What came back is no HTTP/1.1: it may be an application that speaks HTTP/2 alone. */
  | { readonly kind: 'notHttp1'; readonly otherwise: ProbeResult };

/** As much of a refusing answer's body as is told. */
const shownBytes = 200;

const common = { 'user-agent': 'patr-probe', accept: '*/*' };

export function askHttp1({ address, probe, timeoutMs, limit }: Asked): Promise<Http1Answer> {
  const { port } = probe;
  return new Promise((resolve) => {
    const asked = request({
      host: address,
      port,
      path: pathOf(probe),
      method: 'GET',
      headers: { ...common, connection: 'close' },
      agent: false,
      signal: limit,
    });
    asked.on('response', (response) => {
      void verdict(response.statusCode, probe, response).then((result) =>
        resolve({ kind: 'result', result }),
      );
    });
    asked.on('error', (error) => {
      const result = refusal(error, { limit, port, timeoutMs });
      const foreign = !limit.aborted && isForeign(error);
      resolve(foreign ? { kind: 'notHttp1', otherwise: result } : { kind: 'result', result });
    });
    asked.end();
  });
}

/** The same over HTTP/2 in clear, with prior knowledge. Nothing when no HTTP/2 answer comes. */
export function askHttp2({ address, probe, limit }: Asked): Promise<ProbeResult | undefined> {
  const host = address.includes(':') ? `[${address}]` : address;
  return new Promise((resolve) => {
    const session = connect(`http://${host}:${probe.port}`);
    const end = (result: ProbeResult | undefined): void => {
      session.destroy();
      resolve(result);
    };
    const nothing = (): void => end(undefined);
    session.on('error', nothing);
    const stream = session.request({ ...common, ':path': pathOf(probe) }, { signal: limit });
    stream.on('error', nothing);
    stream.on('close', nothing);
    stream.on('response', (headers) => {
      // From here on its end is the answer's.
      stream.off('close', nothing);
      void verdict(headers[':status'], probe, stream).then(end);
    });
  });
}

/** What a parser says of another protocol's bytes, or a server that hangs up on bytes of another protocol. */
function isForeign(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return code.startsWith('HPE_') || code === 'ECONNRESET' || code === 'EPIPE';
}

function verdict(status: number | undefined, { path }: Probe, body: Readable): Promise<ProbeResult> {
  if (status === 200) {
    body.destroy();
    return Promise.resolve({ ok: true });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const tell = (): void => {
      body.destroy();
      const start = `answered ${status} at ${path}`;
      const words = Buffer.concat(chunks).toString('utf8').slice(0, shownBytes).trim();
      resolve({ ok: false, kind: 'answer', message: words === '' ? start : `${start}: ${words}` });
    };
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunks.reduce((sum, { length }) => sum + length, 0) >= shownBytes) tell();
    });
    body.on('end', tell);
    body.on('error', tell);
  });
}

/** A path that is encoded already must not be encoded twice. */
export function pathOf({ path }: Pick<Probe, 'path'>): string {
  try {
    return encodeURI(decodeURI(path));
  } catch {
    return encodeURI(path);
  }
}
