import { connect } from 'node:net';
import type { Probe } from '../../protocol/shapes/deployment.ts';
import type { AppProtocol } from '../edge/contract.ts';
import { askHttp1, askHttp2 } from './askHttp.ts';
import { askProtocol } from './askProtocol.ts';
import { refusal } from './refusal.ts';

/** How an instance answered. `message` is a clause: "answered 503 (starting up)", "refused the connection". */
export type ProbeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly kind: 'connect' | 'answer'; readonly message: string };

export interface ProbeOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Prober {
  /** HTTP GET that must answer exactly 200; redirects are not followed. */
  http(address: string, probe: Probe, options: ProbeOptions): Promise<ProbeResult>;
  /** Whether somebody takes the connection. */
  tcp(address: string, port: number, options: ProbeOptions): Promise<ProbeResult>;
  /** What the port wants to be spoken to in; `silent` while nobody takes the connection. */
  protocol(address: string, port: number, options: ProbeOptions): Promise<AppProtocol | 'silent'>;
}

export const networkProber: Prober = {
  async http(address, probe, { timeoutMs, signal }) {
    const wanted = { address, probe, timeoutMs, limit: limitOf(timeoutMs, signal) };
    const answer = await askHttp1(wanted);
    if (answer.kind === 'result') return answer.result;
    return (await askHttp2(wanted)) ?? answer.otherwise;
  },

  tcp(address, port, { timeoutMs, signal }) {
    return new Promise((resolve) => {
      const limit = limitOf(timeoutMs, signal);
      const socket = connect({ host: address, port, signal: limit });
      socket.once('connect', () => {
        socket.destroy();
        resolve({ ok: true });
      });
      socket.once('error', (error) => resolve(refusal(error, { limit, port, timeoutMs })));
    });
  },

  protocol: (address, port, { timeoutMs, signal }) => askProtocol(address, port, limitOf(timeoutMs, signal)),
};

function limitOf(timeoutMs: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}
