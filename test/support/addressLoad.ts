import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Answered {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks an address once, at this machine's loopback or at `at`. With `ca` the certificate is checked against it and against
 * the name that is asked for.
 */
export function ask(
  url: string,
  options: { ca?: string; agent?: Agent; at?: string } = {},
): Promise<Answered> {
  const { protocol, hostname, host, port, pathname, search } = new URL(url);
  const secure = protocol === 'https:';
  const common = {
    host: options.at ?? '127.0.0.1',
    port: Number(port),
    path: pathname + search,
    headers: { host },
  };
  return new Promise((resolve, reject) => {
    const asked = secure
      ? httpsRequest({ ...common, servername: hostname, ca: options.ca ?? '' })
      : httpRequest({ ...common, ...(options.agent === undefined ? {} : { agent: options.agent }) });
    asked.setTimeout(10_000, () => asked.destroy(new Error(`${url} did not answer within 10 s.`)));
    asked.on('error', reject);
    asked.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.end();
  });
}

export interface LoadReport {
  readonly requests: number;
  /** What went wrong: a status other than 200, or a broken connection. */
  readonly failures: readonly string[];
  /** Distinct bodies, in the order in which they were first seen. */
  readonly bodies: readonly string[];
}

/** Load on an address from several connections that are kept open, until `stop`. Nothing is asked twice. */
export function loadOn(
  url: string,
  connections = 8,
): { seen(text: string): Promise<void>; stop(): Promise<LoadReport> } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const failures: string[] = [];
  const bodies = new Set<string>();
  const watched = new Map<string, () => void>();
  let [requests, going] = [0, true];
  const note = (body: string): void => {
    bodies.add(body);
    for (const [text, tell] of watched) if (body.includes(text)) tell();
  };
  const one = async (): Promise<void> => {
    while (going) {
      requests += 1;
      try {
        const { status, body } = await ask(url, { agent });
        if (status === 200) note(body);
        else failures.push(`${status}: ${body.slice(0, 100)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const workers = Array.from({ length: connections }, one);
  return {
    seen: (text) =>
      new Promise((resolve) => {
        watched.set(text, resolve);
        for (const body of bodies) if (body.includes(text)) resolve();
      }),
    async stop() {
      going = false;
      await Promise.all(workers);
      agent.destroy();
      return { requests, failures, bodies: [...bodies] };
    },
  };
}
