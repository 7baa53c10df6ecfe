import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import {
  shownCertificate,
  whyCertificateRefused,
  type PinnedCertificate,
} from '../../../src/client/certificates.ts';
import { pinnedFetch } from '../../../src/client/pinnedFetch.ts';
import { openSocket } from '../../../src/client/socket.ts';
import { issue, makeAuthority, type Credential } from '../../../src/control-plane/tls/authority.ts';
import { answer, faultyServer, json, type FaultyServer } from '../../support/faultyServer.ts';
import { selfSigned, TlsFront } from '../../support/tls.ts';

const timeoutMs = 20_000;

function pinOf({ certificate }: Credential): PinnedCertificate {
  return { sha256: new X509Certificate(certificate).fingerprint256, pem: certificate };
}

describe('a server with a certificate that the machine does not trust', () => {
  let own: Credential;
  let other: Credential;
  let server: FaultyServer;
  let front: TlsFront;

  const ask = async (pin: PinnedCertificate, init?: RequestInit): Promise<Response> => {
    const pinned = pinnedFetch(pin);
    try {
      const response = await pinned.fetch(`${front.url}/here`, init);
      const { status, headers } = response;
      return new Response(status === 205 ? null : await response.text(), { status, headers });
    } finally {
      pinned.dispose();
    }
  };
  const whyNot = async (asking: Promise<unknown>): Promise<string | undefined> =>
    asking.then(
      () => assert.fail('it was not refused'),
      (error: unknown) => whyCertificateRefused(error),
    );

  before(async () => {
    own = await selfSigned('patr.example.com', ['patr.example.com', '127.0.0.1']);
    other = await selfSigned('patr.example.com', ['patr.example.com', '127.0.0.1']);
  });
  beforeEach(async () => {
    server = await faultyServer();
    server.next(json({ success: true }));
    front = await TlsFront.start(server.url, own);
  });
  afterEach(async () => {
    await front.stop();
    await server.close();
  });

  it('is refused with a reason, and not told a byte', async () => {
    assert.match((await whyNot(fetch(front.url))) ?? '', /signed by itself/);
    assert.equal(front.heard, 0);
  });

  it('shows what people compare, without being told anything but that it is asked', async () => {
    server.next(answer(404, ''));
    const shown = await shownCertificate(`${front.url}/api/secret`, { timeoutMs });
    assert.equal(shown.sha256, pinOf(own).sha256);
    assert.equal(shown.subject, 'CN=patr.example.com');
    assert.equal(shown.issuer, shown.subject);
    assert.deepEqual(shown.names, ['patr.example.com', '127.0.0.1']);
    assert.equal(shown.trusted, false);
    assert.ok(shown.validFrom < new Date() && shown.validTo > new Date());
    assert.deepEqual(
      server.asked.map(({ method, path, headers }) => [method, path, headers.authorization]),
      [['HEAD', '/', undefined]],
    );
  });

  it('is asked as any other once its certificate is pinned: headers, body, answer', async () => {
    server.next(json({ success: true }, 202, { 'x-total-count': '7' }));
    const response = await ask(pinOf(own), {
      method: 'PATCH',
      headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
      body: '{"name":"größe"}',
    });
    assert.equal(response.status, 202);
    assert.equal(response.headers.get('x-total-count'), '7');
    assert.deepEqual(await response.json(), { success: true });
    const [asked] = server.asked;
    assert.equal(asked?.method, 'PATCH');
    assert.equal(asked?.path, '/here');
    assert.equal(asked?.headers.authorization, 'Bearer t');
    assert.equal(asked?.body, '{"name":"größe"}');
  });

  it('is sent bytes as they are, and nothing that it does not know', async () => {
    server.next(json({ success: true }), json({ success: true }));
    await ask(pinOf(own), { method: 'PUT', body: new Uint8Array([104, 105]) });
    assert.equal(server.asked[0]?.body, 'hi');
    await assert.rejects(ask(pinOf(own), { method: 'PUT', body: new Blob(['hi']) }), TypeError);
    assert.equal(server.asked.length, 1);
  });

  it('may answer without a body, and is not followed elsewhere', async () => {
    server.next(answer(205, ''));
    assert.equal((await ask(pinOf(own))).status, 205);
    server.next(answer(302, '', { location: 'https://elsewhere.example' }));
    assert.equal((await ask(pinOf(own))).status, 302);
    assert.equal(server.asked.length, 1);
  });

  it('is not told a byte when it shows another certificate than the pinned one, though all names are the same', async () => {
    front.show(other);
    assert.notEqual(await whyNot(ask(pinOf(own))), undefined);
    assert.equal(front.heard, 0);
  });

  it('is trusted by its own certificate, not by who issued it', async () => {
    const now = Date.now();
    const authority = await makeAuthority('elsewhere', 'localhost', now);
    const [leaf, sibling] = [
      await issue(authority, ['a.localhost'], now),
      await issue(authority, ['a.localhost'], now),
    ];
    front.show(leaf);
    assert.equal((await ask(pinOf(leaf))).status, 200);
    front.show(sibling);
    const heard = front.heard;
    assert.notEqual(await whyNot(ask(pinOf(leaf))), undefined);
    assert.notEqual(await whyNot(ask({ ...pinOf(leaf), pem: authority.certificate })), undefined);
    assert.equal(front.heard, heard);
  });

  it('is refused when its pinned certificate has expired', async () => {
    const old = await selfSigned('patr.example.com', ['127.0.0.1'], -1);
    front.show(old);
    assert.match((await whyNot(ask(pinOf(old)))) ?? '', /has expired/);
    assert.equal(front.heard, 0);
  });

  it('is left when whoever asked gives up', async () => {
    server.next(() => undefined);
    const leaving = new AbortController();
    const asking = ask(pinOf(own), { signal: leaving.signal });
    while (server.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort();
    await assert.rejects(asking, { name: 'AbortError' });
  });

  it('is followed over a WebSocket with the pinned certificate alone', async () => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(sockets, 'listening');
    sockets.on('connection', (socket) => {
      socket.send('a line');
      socket.close(1000);
    });
    const { port } = sockets.address() as { port: number };
    const streams = await TlsFront.start(`http://127.0.0.1:${port}`, own);
    const follow = (pinned: PinnedCertificate): Promise<string[]> => {
      const options = { headers: { authorization: 'Bearer t' }, timeoutMs, signal: undefined, pinned };
      return Array.fromAsync(openSocket(streams.url.replace('https', 'wss'), options));
    };
    try {
      assert.deepEqual(await follow(pinOf(own)), ['', 'a line']);
      const heard = streams.heard;
      assert.notEqual(await whyNot(follow(pinOf(other))), undefined);
      assert.equal(streams.heard, heard);
    } finally {
      await streams.stop();
      sockets.close();
    }
  });
});
