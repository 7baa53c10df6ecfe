import type { ProbeResult } from './prober.ts';

/** Why nothing came back, in a clause. */
export function refusal(
  error: Error,
  { limit, port, timeoutMs }: { limit: AbortSignal; port: number; timeoutMs: number },
): ProbeResult {
  if (limit.aborted)
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
