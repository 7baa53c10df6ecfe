import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { WebSocket } from 'ws';
import type { AppProtocol, Member } from '../../src/control-plane/edge/contract.ts';
import { freePort } from '../support/distribution.ts';
import { call, http2Session } from '../support/edge/grpc.ts';
import { startGrpcUpstream } from '../support/edge/grpcUpstream.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';

const deploymentId = 'c'.repeat(32);
const host = 'web.localhost';

/** Every kind of traffic through HAProxy in its container, with applications that notice what comes when. */
describe('what passes the edge', function () {
  this.timeout(120_000);
  let proxy: TestEdge;
  let port: number;
  let addresses = 1;
  let close: (() => unknown)[];

  beforeEach(async () => {
    close = [];
    port = await freePort();
    proxy = await startTestEdge({ slots: 2 });
  });
  afterEach(async () => {
    for (const one of close.toReversed()) await one();
    await proxy.close();
  });

  const nextAddress = (): string => `127.3.0.${addresses++}`;
  const apply = (...members: readonly Member[]): Promise<void> =>
    proxy
      .edge()
      .apply({ deploymentId, ports: [{ port, hosts: [host], members }], limits: { maxBodyBytes: null } });
  const member = (
    { id, address }: { id: string; address: string },
    protocol: AppProtocol,
    state: Member['state'] = 'ready',
  ): Member => ({ instanceId: id, address, protocol, state });

  /** An application that speaks HTTP/1.1, and takes traffic. */
  async function application(listener: RequestListener): Promise<void> {
    const [address, server] = [nextAddress(), createServer(listener)];
    server.listen(port, address);
    await once(server, 'listening');
    close.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    await apply(member({ id: 'one', address }, 'http1'));
  }

  async function grpcInstance(id: string, options: { alsoHttp1?: boolean } = {}) {
    const upstream = await startGrpcUpstream(id, nextAddress(), port, options);
    close.push(() => upstream.stop());
    return upstream;
  }

  function session(way: 'tls' | 'clear'): ClientHttp2Session {
    const opened =
      way === 'tls'
        ? http2Session({ host, port: proxy.httpsPort }, proxy.authority)
        : http2Session({ host, port: proxy.httpPort }, undefined);
    close.push(() => opened.destroy());
    return opened;
  }

  function send(method: string, path: string, headers: Record<string, string> = {}) {
    const at = { host: '127.0.0.1', port: proxy.httpPort, agent: false, method, path } as const;
    const sent = request({ ...at, headers: { host, ...headers } });
    return { sent, answered: once(sent, 'response') as Promise<[IncomingMessage]> };
  }

  async function get(path = '/'): Promise<{ status: number | undefined; body: string }> {
    const { sent, answered } = send('GET', path);
    sent.end();
    const [response] = await answered;
    return { status: response.statusCode, body: (await response.setEncoding('utf8').toArray()).join('') };
  }

  for (const way of ['tls', 'clear'] as const) {
    it(`gRPC, message by message in both directions, with its trailers (${way})`, async () => {
      await apply(member(await grpcInstance('one'), 'h2c'));
      const one = call(session(way), host);
      for (const message of ['first', 'second', 'x'.repeat(100_000)]) {
        one.send(message);
        assert.equal(await one.next(), message);
      }
      assert.equal((await one.finish())['grpc-status'], '0');
    });
  }

  it('HTTP/1.1 to an application that speaks HTTP/2 alone', async () => {
    await apply(member(await grpcInstance('one'), 'h2c'));
    assert.deepEqual(await get(), { status: 200, body: 'one' });
  });

  it('WebSockets beside gRPC, to an application that speaks both on one port', async () => {
    await apply(member(await grpcInstance('one', { alsoHttp1: true }), 'h2c'));
    const one = call(session('tls'), host);
    one.send('hello');
    assert.equal(await one.next(), 'hello');
    const options = { headers: { host }, ca: proxy.authority, servername: host };
    const socket = new WebSocket(`wss://127.0.0.1:${proxy.httpsPort}/`, options);
    await once(socket, 'open');
    socket.send('over a WebSocket');
    const [echoed] = (await once(socket, 'message')) as [Buffer];
    assert.equal(echoed.toString(), 'over a WebSocket');
    const closed = once(socket, 'close');
    socket.close(1000, 'done');
    assert.deepEqual((await closed).map(String), ['1000', 'done']);
    assert.equal((await one.finish())['grpc-status'], '0');
  });

  it('a gRPC call to its end while its instance is drained, and new ones to the instance that follows', async () => {
    const [old, next] = [await grpcInstance('old'), await grpcInstance('next')];
    await apply(member(old, 'h2c'));
    const one = call(session('tls'), host);
    one.send('before');
    assert.equal(await one.next(), 'before');
    await apply(member(old, 'h2c', 'drain'), member(next, 'h2c'));
    assert.equal((await get()).body, 'next');
    assert.equal((await proxy.edge().inFlight(deploymentId)).get('old'), 1);
    one.send('after');
    assert.equal(await one.next(), 'after');
    assert.equal((await one.finish())['grpc-status'], '0');
    while ((await proxy.edge().inFlight(deploymentId)).get('old') !== 0) await get();
  });

  it('requests all the while as an instance turns out to speak HTTP/2', async () => {
    const both = await grpcInstance('both', { alsoHttp1: true });
    await apply(member(both, 'http1'));
    assert.equal((await get()).body, 'both over HTTP/1.1');
    await apply(member(both, 'h2c'));
    assert.equal((await get()).body, 'both');
    // Nothing new was learned: it goes on as it was.
    await apply({ instanceId: both.id, address: both.address, state: 'ready' });
    assert.equal((await get()).body, 'both');
    assert.equal(proxy.reloads(), 0);
  });

  it('events of a stream one by one, each as it is sent', async () => {
    const streams: { write(text: string): unknown; end(): unknown }[] = [];
    await application((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
      response.flushHeaders();
      streams.push(response);
    });
    const { sent, answered } = send('GET', '/events', { accept: 'text/event-stream' });
    sent.end();
    const [response] = await answered;
    const arriving = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      streams[0]!.write(event);
      assert.equal((await arriving.next()).value, event);
    }
    streams[0]!.end();
    assert.equal((await arriving.next()).done, true);
  });

  it('an upload of a gigabyte, as it comes: the first bytes arrive before the last are sent', async () => {
    const [whole, piece] = [1_000_000_000, Buffer.alloc(1_000_000, 'x')];
    let [received, tellFirst] = [0, (): void => undefined];
    const first = new Promise<void>((resolve) => (tellFirst = resolve));
    await application((asked, response) => {
      asked.on('data', (chunk: Buffer) => {
        received += chunk.length;
        tellFirst();
      });
      asked.on('end', () => response.end(String(received)));
    });
    const { sent, answered } = send('PUT', '/', { 'content-length': String(whole) });
    sent.write(piece);
    await first;
    for (let bytes = piece.length; bytes < whole; bytes += piece.length) {
      if (!sent.write(piece)) await once(sent, 'drain');
    }
    sent.end();
    const [response] = await answered;
    assert.equal((await response.setEncoding('utf8').toArray()).join(''), String(whole));
  });

  it('nothing while no instance is ready: gRPC and HTTP/2 clients get the same plain refusal', async () => {
    await apply();
    const stream = session('tls').request({ ':path': '/', ':authority': host, accept: 'application/json' });
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    assert.equal(headers[':status'], 503);
    const body = (await stream.setEncoding('utf8').toArray()).join('');
    assert.equal(JSON.parse(body).error, 'noReadyInstance');
  });
});
