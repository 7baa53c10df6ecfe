import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { networkProber } from '../../../../src/control-plane/probes/prober.ts';
import { startGrpcUpstream } from '../../../support/edge/grpcUpstream.ts';
import { freePort } from '../../../support/editor/freePort.ts';

const options = () => ({ timeoutMs: 1000, signal: new AbortController().signal });

async function serving<T>(listener: RequestListener, work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('probing over the network', () => {
  it('takes exactly 200 for well', async () => {
    await serving(
      (_, response) => response.end('ok'),
      async (port) =>
        assert.deepEqual(await networkProber.http('127.0.0.1', { port, path: '/' }, options()), { ok: true }),
    );
  });

  it('takes no other status, follows no redirect, and shows the first words of the answer', async () => {
    await serving(
      (request, response) => {
        response.writeHead(request.url === '/moved' ? 302 : 204, { location: '/' });
        response.end();
      },
      async (port) => {
        for (const path of ['/moved', '/empty']) {
          assert.equal((await networkProber.http('127.0.0.1', { port, path }, options())).ok, false);
        }
      },
    );
    await serving(
      (_, response) => response.writeHead(503).end(`starting up ${'x'.repeat(10_000)}`),
      async (port) => {
        const result = await networkProber.http('127.0.0.1', { port, path: '/healthz' }, options());
        assert.ok(!result.ok && /answered 503 at \/healthz: starting up x+$/.test(result.message));
        assert.ok(!result.ok && result.message.length < 300);
      },
    );
  });

  it('says that nobody listens, and that nobody answers in time', async () => {
    const port = await serving(
      () => undefined,
      async (free) => free,
    );
    const refused = await networkProber.tcp('127.0.0.1', port, options());
    assert.ok(!refused.ok && refused.message === `does not listen on port ${port}`);
    await serving(
      () => undefined,
      async (silent) => {
        const late = await networkProber.http(
          '127.0.0.1',
          { port: silent, path: '/' },
          { ...options(), timeoutMs: 50 },
        );
        assert.ok(!late.ok && /did not answer on port \d+ within 0.05 s/.test(late.message));
      },
    );
  });

  it('connects', async () => {
    await serving(
      () => undefined,
      async (port) => assert.deepEqual(await networkProber.tcp('127.0.0.1', port, options()), { ok: true }),
    );
  });

  describe('of an application that speaks HTTP/2 in clear', () => {
    const address = '127.0.0.1';

    async function speaking<T>(alsoHttp1: boolean, work: (port: number) => Promise<T>): Promise<T> {
      const port = await freePort();
      const upstream = await startGrpcUpstream('one', address, port, { alsoHttp1 });
      try {
        return await work(port);
      } finally {
        await upstream.stop();
      }
    }

    it('asks in HTTP/2 where no HTTP/1.1 comes back', async () => {
      await speaking(false, async (port) => {
        assert.deepEqual(await networkProber.http(address, { port, path: '/' }, options()), { ok: true });
      });
    });

    it('recognises it by its settings, whether it speaks HTTP/1.1 as well or not', async () => {
      for (const alsoHttp1 of [false, true]) {
        await speaking(alsoHttp1, async (port) =>
          assert.equal(await networkProber.protocol(address, port, options()), 'h2c'),
        );
      }
    });

    it('takes everything else that listens for HTTP/1.1, and tells of what does not listen', async () => {
      const silent = await serving(
        (_, response) => response.end('ok'),
        async (port) => {
          assert.equal(await networkProber.protocol(address, port, options()), 'http1');
          return port;
        },
      );
      assert.equal(await networkProber.protocol(address, silent, options()), 'silent');
    });

    it('says that a connection broke off, in whatever it was asked', async () => {
      const server = createTcpServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => server.listen(0, address, resolve));
      const { port } = server.address() as AddressInfo;
      const result = await networkProber.http(address, { port, path: '/' }, options());
      assert.ok(!result.ok && /^broke off the connection on port \d+/.test(result.message));
      assert.equal(await networkProber.protocol(address, port, options()), 'http1');
      await new Promise((resolve) => server.close(resolve));
    });
  });
});
