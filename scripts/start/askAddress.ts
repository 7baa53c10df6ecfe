import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface AddressAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks a deployment's address once. Names under `localhost` mean this machine, as they do for browsers; not every
 * system's resolver knows. The certificate of a region's own authority is not checked: what is asked is whether it
 * serves.
 */
export function askAddress(url: string, signal: AbortSignal): Promise<AddressAnswer> {
  const { protocol, hostname, host, port, pathname } = new URL(url);
  const secure = protocol === 'https:';
  const local = hostname === 'localhost' || hostname.endsWith('.localhost');
  const options = {
    host: local ? '127.0.0.1' : hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    path: pathname,
    headers: { host },
    ...(secure ? { servername: hostname, rejectUnauthorized: false } : {}),
    signal,
  };
  return new Promise((resolve, reject) => {
    const asked = (secure ? httpsRequest : httpRequest)(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}
