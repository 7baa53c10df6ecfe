import { connect } from 'node:net';
import { request } from 'node:http';
import type { Probe } from '../../protocol/shapes/deployment.ts';

/** How an instance answered. `message` is a clause: "answered 503 (starting up)", "refused the connection". */
export type ProbeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly kind: 'connect' | 'answer'; readonly message: string };

export interface Prober {
  /** HTTP GET that must answer exactly 200; redirects are not followed. */
  http(
    address: string,
    probe: Probe,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<ProbeResult>;
  /** Whether somebody takes the connection. */
  tcp(
    address: string,
    port: number,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<ProbeResult>;
}

/** As much of a refusing answer's body as is told. */
const shownBytes = 200;

export const networkProber: Prober = {
  http(address, probe, { timeoutMs, signal }) {
    return new Promise((resolve) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const asked = request(
        {
          host: address,
          port: probe.port,
          path: encodeURI(decodeSafely(probe.path)),
          method: 'GET',
          headers: { 'user-agent': 'patr-probe', connection: 'close', accept: '*/*' },
          agent: false,
          signal: limit,
        },
        (response) => {
          if (response.statusCode === 200) {
            response.destroy();
            resolve({ ok: true });
            return;
          }
          const start = `answered ${response.statusCode} at ${probe.path}`;
          const chunks: Buffer[] = [];
          const tell = (): void => {
            response.destroy();
            const words = Buffer.concat(chunks).toString('utf8').slice(0, shownBytes).trim();
            resolve({ ok: false, kind: 'answer', message: words === '' ? start : `${start}: ${words}` });
          };
          response.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            if (chunks.reduce((sum, { length }) => sum + length, 0) >= shownBytes) tell();
          });
          response.on('end', tell);
          response.on('error', tell);
        },
      );
      asked.on('error', (error) => resolve(refusal(error, limit.aborted, probe.port, timeoutMs)));
      asked.end();
    });
  },

  tcp(address, port, { timeoutMs, signal }) {
    return new Promise((resolve) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const socket = connect({ host: address, port, signal: limit });
      socket.once('connect', () => {
        socket.destroy();
        resolve({ ok: true });
      });
      socket.once('error', (error) => resolve(refusal(error, limit.aborted, port, timeoutMs)));
    });
  },
};

function refusal(error: Error, timedOut: boolean, port: number, timeoutMs: number): ProbeResult {
  if (timedOut)
    return {
      ok: false,
      kind: 'connect',
      message: `did not answer on port ${port} within ${timeoutMs / 1000} s`,
    };
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED')
    return { ok: false, kind: 'connect', message: `does not listen on port ${port}` };
  return {
    ok: false,
    kind: 'answer',
    message: `broke off the connection on port ${port} (${error.message})`,
  };
}

/** A path that is encoded already must not be encoded twice. */
function decodeSafely(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
