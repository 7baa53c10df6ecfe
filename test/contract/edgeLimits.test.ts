import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { systemClock } from '../../src/base/clock.ts';
import { freePort } from '../support/distribution.ts';
import { openIdleClients, type IdleClients, type Idleness } from '../support/edge/idleClients.ts';
import { startTestEdge, type TestEdge, type TestEdgeOptions } from '../support/edge/testEdge.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';

const head = (request: string): string => `${request} HTTP/1.1\r\nHost: web.localhost\r\n`;
const slow = `${head('GET /')}X-Slow: `;

/** The edge while clients hold what they can and send what keeps it waiting. */
describe('the limits of the edge', function () {
  this.timeout(120_000);
  let proxy: TestEdge;
  let upstream: Upstream;
  let clients: IdleClients[] = [];

  afterEach(async () => {
    for (const one of clients) one.close();
    clients = [];
    await upstream.stop();
    await proxy.close();
  });

  async function start(more: Partial<TestEdgeOptions> = {}): Promise<void> {
    const port = await freePort();
    proxy = await startTestEdge({ slots: 1, ...more });
    upstream = await startUpstream('web', '127.1.0.3', port);
    const members = [{ instanceId: 'web', address: upstream.address, state: 'ready' as const }];
    const hosts = ['127.0.0.1', 'web.localhost'];
    await proxy.edge().apply({ deploymentId: 'a'.repeat(32), ports: [{ port, hosts, members }] });
  }

  async function hold(port: number, count: number, idleness?: Idleness): Promise<IdleClients> {
    const made = await openIdleClients(port, count, idleness);
    clients.push(made);
    return made;
  }

  /** As another client. */
  async function askFrom(localAddress: string): Promise<IncomingMessage> {
    const sent = request({ host: '127.0.0.1', port: proxy.httpPort, localAddress, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response.resume();
  }

  const ask = (): Promise<Response> => fetch(`http://127.0.0.1:${proxy.httpPort}/`);

  it('let others be served beside idle connections and slow senders of headers, and end all of them', async () => {
    await start();
    const [idle, halves] = [
      await hold(proxy.httpPort, 1500),
      await hold(proxy.httpPort, 300, { text: slow }),
    ];
    const drops = await hold(proxy.httpPort, 200, { text: slow, dripMs: 100 });
    await hold(proxy.httpsPort, 200);
    assert.equal(await (await ask()).text(), 'web');
    assert.deepEqual(
      [idle, halves, drops].map((one) => one.open()),
      [1500, 300, 200],
    );
    while (idle.open() + halves.open() + drops.open() > 0) await systemClock.sleep(50);
    assert.deepEqual(Array.from(halves.answers()), [['HTTP/1.1 408 Request Time-out', 300]]);
    // Nothing of a half request reached the instance.
    assert.deepEqual(upstream.seen, ['GET /']);
  });

  it('let others be served beside bodies that come byte by byte, and readers that do not read', async () => {
    await start();
    const text = `${head('POST /')}Content-Length: 1000000\r\n\r\n`;
    const bodies = await hold(proxy.httpPort, 200, { text, dripMs: 100 });
    const readers = await hold(proxy.httpPort, 100, { text: `${head('GET /large')}\r\n`, deaf: true });
    while (upstream.seen.length < 300) await systemClock.sleep(20);
    for (let asked = 0; asked < 20; asked += 1) assert.equal(await (await ask()).text(), 'web');
    assert.deepEqual([bodies.open(), readers.open()], [200, 100]);
  });

  it('leave one client no more connections than its share, and the others theirs', async () => {
    await start({ connectionsPerClient: 100 });
    const idle = await hold(proxy.httpsPort, 150);
    while (idle.open() > 100) await systemClock.sleep(20);
    await assert.rejects(ask());
    assert.equal((await askFrom('127.0.0.88')).statusCode, 200);
    for (const one of clients) one.close();
    while ((await ask().catch(() => undefined)) === undefined) await systemClock.sleep(20);
  });

  it('are answered with 503 and when to come back, until there is room again', async () => {
    await start({ connections: 100 });
    await hold(proxy.httpPort, 150);
    const full = await ask();
    assert.deepEqual([full.status, full.headers.get('retry-after')], [503, '10']);
    assert.match(await full.text(), /more connections than it serves/);
    for (const one of clients) one.close();
    while ((await ask()).status !== 200) await systemClock.sleep(20);
  });
});
