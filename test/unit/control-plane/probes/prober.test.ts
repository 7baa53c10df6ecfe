import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkProber } from '../../../../src/control-plane/probes/prober.ts';

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
});
