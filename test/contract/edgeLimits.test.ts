import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { freePort } from '../support/distribution.ts';
import { openIdleClients, type IdleClients } from '../support/edge/idleClients.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';

const slow = 'GET / HTTP/1.1\r\nHost: web.localhost\r\nX-Slow: ';

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

  async function start(connections?: number): Promise<void> {
    const port = await freePort();
    proxy = await startTestEdge({ slots: 1, ...(connections === undefined ? {} : { connections }) });
    upstream = await startUpstream('web', '127.1.0.3', port);
    const members = [{ instanceId: 'web', address: upstream.address, state: 'ready' as const }];
    const hosts = ['127.0.0.1', 'web.localhost'];
    await proxy.edge().apply({ deploymentId: 'a'.repeat(32), ports: [{ port, hosts, members }] });
  }

  async function hold(port: number, count: number, text?: string): Promise<IdleClients> {
    const made = await openIdleClients(port, count, text);
    clients.push(made);
    return made;
  }

  const ask = (): Promise<Response> => fetch(`http://127.0.0.1:${proxy.httpPort}/`);

  it('let others be served beside idle connections and senders of half a request, and end both', async () => {
    await start();
    const [idle, halves] = [await hold(proxy.httpPort, 1500), await hold(proxy.httpPort, 300, slow)];
    await hold(proxy.httpsPort, 200);
    assert.equal(await (await ask()).text(), 'web');
    assert.deepEqual([idle.open(), halves.open()], [1500, 300]);
    while (idle.open() + halves.open() > 0) await systemClock.sleep(50);
    assert.deepEqual(Array.from(halves.answers()), [['HTTP/1.1 408 Request Time-out', 300]]);
    // Nothing of a half request reached the instance.
    assert.deepEqual(upstream.seen, ['GET /']);
  });

  it('are answered with 503 and when to come back, until there is room again', async () => {
    await start(100);
    await hold(proxy.httpPort, 150);
    const full = await ask();
    assert.deepEqual([full.status, full.headers.get('retry-after')], [503, '10']);
    assert.match(await full.text(), /more connections than it serves/);
    for (const one of clients) one.close();
    while ((await ask()).status !== 200) await systemClock.sleep(20);
  });
});
