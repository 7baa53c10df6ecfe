import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Disposable } from '../base/disposable.ts';
import { pinnedTls, type PinnedCertificate } from './certificates.ts';

/** Statuses whose answers have no body, whatever comes behind their headers. */
const withoutBody = new Set([204, 205, 304]);

/** As much of `fetch` as a connection needs: an address, a text or bytes as body; no redirect is followed. */
export type PinnedFetch = Disposable & { readonly fetch: typeof fetch };

/**
 * `fetch` for a server with a pinned certificate, which the editor's own has no word for. Requests go by Node's HTTPS,
 * whose ways through proxies are the editor's there too. Ends with its connections.
 */
export function pinnedFetch(pin: PinnedCertificate): PinnedFetch {
  const tls = pinnedTls(pin);
  const agent = new Agent({ keepAlive: true, ...tls });
  return {
    async fetch(input, init = {}) {
      if (typeof input !== 'string') throw new TypeError('Only addresses are asked.');
      const { method = 'GET', headers, body = null, signal } = init;
      const sent = body instanceof Uint8Array || typeof body === 'string' ? body : undefined;
      if (sent === undefined && body !== null) throw new TypeError('Only texts and bytes are sent.');
      const asking = request(input, {
        method,
        headers: Object.fromEntries(new Headers(headers)),
        // Where a proxy is in between the editor has an agent of its own, which goes by these.
        ...tls,
        agent,
        ...(signal ? { signal } : {}),
      });
      // What breaks behind the headers breaks the body, which says so itself.
      asking.on('error', () => undefined);
      asking.end(sent);
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      return asResponse(answer);
    },
    dispose: () => agent.destroy(),
  };
}

function asResponse(answer: IncomingMessage): Response {
  const { statusCode: status = 0, headersDistinct } = answer;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  if (withoutBody.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  const body = Readable.toWeb(answer) as ReadableStream<Uint8Array>;
  return new Response(body as unknown as BodyInit, { status, headers });
}
