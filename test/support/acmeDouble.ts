import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As much of an ACME server as refusals need: it believes every signature and checks no host. */
export interface AcmeDouble {
  readonly directory: string;
  /** What the checks of hosts have come to. */
  status: 'pending' | 'invalid';
  /** Sent with every authorization. */
  retryAfter: string | undefined;
  /** Instead of the next answer. */
  instead: ((response: ServerResponse) => void) | undefined;
  /** Paths, in the order in which they were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function startAcmeDouble(): Promise<AcmeDouble> {
  const asked: string[] = [];
  let hosts: readonly string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    let sent = '';
    request.setEncoding('utf8').on('data', (text: string) => (sent += text));
    request.on('end', () => {
      const { instead } = double;
      double.instead = undefined;
      if (instead !== undefined) instead(response);
      else answer(path, sent, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function answer(path: string, sent: string, response: ServerResponse): void {
    const [, kind = '', which = ''] = path.split('/');
    if (kind === 'order' && which === 'new') hosts = identifiersOf(sent);
    response.setHeader('replay-nonce', 'abc');
    response.setHeader('location', `${base}/${kind}/1`);
    if (kind === 'authz' && double.retryAfter !== undefined)
      response.setHeader('retry-after', double.retryAfter);
    response.writeHead(which === 'new' ? 201 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(bodyOf(kind, Number(which))));
  }

  function bodyOf(kind: string, index: number): object {
    const challenge = (of: number): object => {
      const url = `${base}/challenge/${of}`;
      return { type: 'http-01', url, token: `token-${of}`, status: double.status };
    };
    switch (kind) {
      case 'directory':
        return {
          newNonce: `${base}/nonce`,
          newAccount: `${base}/account/new`,
          newOrder: `${base}/order/new`,
        };
      case 'order': {
        const authorizations = hosts.map((_, at) => `${base}/authz/${at}`);
        return { status: 'pending', authorizations, finalize: `${base}/finalize` };
      }
      case 'authz':
        return {
          status: double.status,
          identifier: { type: 'dns', value: hosts[index] },
          challenges: [challenge(index)],
        };
      case 'challenge':
        return challenge(index);
      default:
        return { status: 'valid' };
    }
  }

  const double: AcmeDouble = {
    directory: `${base}/directory`,
    status: 'pending',
    retryAfter: undefined,
    instead: undefined,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return double;
}

/** Names of an order, out of its signed body. */
function identifiersOf(sent: string): readonly string[] {
  const { payload } = JSON.parse(sent) as { payload: string };
  const order = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    identifiers: readonly { value: string }[];
  };
  return order.identifiers.map(({ value }) => value);
}
