import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { usualLimits, type TrafficLimits } from '../../src/protocol/shapes/trafficLimits.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  /** An address of loopback of its own, for another client. */
  readonly localAddress?: string;
}

const json = { accept: 'application/json' };
const sized = (bytes: number): Asked => ({
  method: 'POST',
  headers: { ...json, 'content-length': `${bytes}` },
});
const chunked = (headers: Readonly<Record<string, string>> = {}): Asked => ({
  method: 'POST',
  headers: { ...json, 'transfer-encoding': 'chunked', ...headers },
});

/** What deployments declare, at HAProxy in its container. The second one declares nothing, and is there to be spared. */
describe('the traffic limits of a deployment', function () {
  this.timeout(60_000);
  let proxy: TestEdge;
  let web: Upstream;
  let other: Upstream;
  let kept: Agent;

  before(async () => {
    proxy = await startTestEdge({ slots: 2 });
    [web, other] = [await startUpstream('web', '127.1.0.4', 0), await startUpstream('other', '127.1.0.5', 0)];
    await apply(other, {});
  });
  beforeEach(() => (kept = new Agent({ keepAlive: true, maxSockets: 1 })));
  afterEach(() => kept.destroy());
  after(async () => {
    await Promise.all([web.stop(), other.stop()]);
    await proxy.close();
  });

  function apply({ id, address, port }: Upstream, limits: TrafficLimits): Promise<void> {
    const members = [{ instanceId: id, address, state: 'ready' as const }];
    const ports = [{ port, hosts: [`${id}.localhost`], members }];
    return proxy.edge().apply({ deploymentId: id, ports, limits });
  }

  /** Begins a request; what has a body waits for it. */
  function begin({ headers, ...more }: Asked, name = 'web'): ClientRequest {
    const to = { host: '127.0.0.1', port: proxy.httpPort, agent: false, ...more } as const;
    const sent = request({ ...to, headers: { host: `${name}.localhost`, ...headers } });
    sent.flushHeaders();
    return sent;
  }

  async function answerOf(sent: ClientRequest) {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = (await response.setEncoding('utf8').toArray()).join('');
    return { status: response.statusCode, text, headers: response.headers };
  }

  /** Status and answer of a request whose body is this. */
  function ask(asked: Asked = {}, body = '', name = 'web') {
    const sent = begin(asked, name);
    sent.end(body);
    return answerOf(sent);
  }

  async function refusal(sent: ClientRequest): Promise<readonly [number | undefined, string]> {
    const { status, text } = await answerOf(sent);
    sent.destroy();
    return [status, JSON.parse(text).error];
  }

  it('are the usual ones where none is declared, and can be lifted', async () => {
    await apply(web, {});
    const large = sized(usualLimits.maxBodyBytes + 1);
    assert.deepEqual(await refusal(begin(large)), [413, 'requestTooLarge']);
    const stream = begin(chunked());
    stream.end('of any length');
    assert.equal((await answerOf(stream)).text, 'of any length');
    await apply(web, { maxBodyBytes: null });
    const upload = begin(large);
    upload.write('b');
    const [answer] = (await once(upload, 'response')) as [IncomingMessage];
    assert.equal(answer.headers['x-instance'], 'web');
    answer.destroy();
  });

  it('let bodies of the declared size in, and refuse larger ones and those that do not say theirs', async () => {
    await apply(web, { maxBodyBytes: 4 });
    assert.equal((await ask(sized(4), 'four')).text, 'four');
    assert.deepEqual(await refusal(begin(sized(5))), [413, 'requestTooLarge']);
    const page = await ask({ method: 'POST', headers: { 'content-length': '5' } }, 'fives');
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
    assert.match(page.text, /<title>The request is too large<\/title>/);
    assert.deepEqual(await refusal(begin(chunked())), [411, 'lengthRequired']);
    const call = begin(chunked({ 'content-type': 'application/grpc' }));
    call.end('a call of any length');
    assert.equal((await answerOf(call)).text, 'a call of any length');
    assert.equal((await ask()).text, 'web');
  });

  it('hold over HTTP/2 as well', async () => {
    await apply(web, { maxBodyBytes: 4 });
    const session = connect(`http://127.0.0.1:${proxy.httpPort}`);
    const statusOf = async (headers: Readonly<Record<string, string>>, ends = false): Promise<unknown> => {
      const host = { ':authority': 'web.localhost', ':method': 'POST' };
      const stream = session.request({ ...host, ...headers }, { endStream: ends });
      stream.on('error', () => undefined);
      const [answered] = await once(stream, 'response');
      stream.close();
      return (answered as Record<string, unknown>)[':status'];
    };
    assert.equal(await statusOf({ 'content-length': '5' }), 413);
    assert.equal(await statusOf({}), 411);
    assert.equal(await statusOf({}, true), 200);
    session.destroy();
  });

  it('let what is too much at once wait, and in as soon as there is room or the limit is another', async () => {
    await apply(web, { maxRequestsPerInstance: 1 });
    const arrived = (): number => web.seen.filter((one) => one === 'GET /held').length;
    const before = arrived();
    const held = [begin({ path: '/held' }), begin({ path: '/held' }), begin({ path: '/held' })];
    for (const one of held) one.end();
    const answers = held.map(answerOf);
    while (arrived() === before) await systemClock.sleep(10);
    // Whatever could have arrived beside it has by the time that others are served.
    assert.equal((await ask({}, '', 'other')).text, 'other');
    assert.equal(arrived(), before + 1);
    web.release();
    while (arrived() === before + 1) await systemClock.sleep(10);
    await apply(web, { maxRequestsPerInstance: null });
    while (arrived() === before + 2) await systemClock.sleep(10);
    web.release();
    assert.deepEqual(
      (await Promise.all(answers)).map(({ text }) => text),
      ['web', 'web', 'web'],
    );
  });

  it('refuse a client that asks too often with when to come back, and no other one', async () => {
    await apply(web, { maxRequestsPerSecond: 1 });
    const statuses: (number | undefined)[] = [];
    for (let asked = 0; asked < 40; asked += 1) statuses.push((await ask({ headers: json })).status);
    // Ten in ten seconds are within the limit, however they come.
    assert.deepEqual(
      statuses.slice(0, 10),
      Array.from({ length: 10 }, () => 200),
    );
    assert.ok(statuses.includes(429));
    const { text, headers } = await ask({ headers: json });
    assert.deepEqual([JSON.parse(text).error, headers['retry-after']], ['tooManyRequests', '5']);
    assert.equal((await ask({ localAddress: '127.0.0.77' })).text, 'web');
    assert.equal((await ask({}, '', 'other')).text, 'other');
    await apply(web, {});
    assert.equal((await ask()).text, 'web');
  });

  it('give an instance up that is silent for longer than it may, and wait for the others', async () => {
    await apply(web, { answerTimeoutSeconds: 1 });
    const [silent, quiet] = [ask({ path: '/held' }), ask({ path: '/slow?ms=1400' }, '', 'other')];
    const { status, text } = await silent;
    assert.equal(status, 504);
    assert.match(text, /<title>The deployment took too long<\/title>/);
    assert.equal((await quiet).text, 'other');
    // Of an answer that comes piece by piece no pause is as long, however long it takes as a whole.
    assert.match((await ask({ path: '/stream?ms=1600' })).text, /piece 19/);
    web.release();
  });

  it('are in force on connections that are open, without a reload', async () => {
    await apply(web, { maxBodyBytes: 3 });
    const reloads = proxy.reloads();
    const statusOf = async (): Promise<unknown> => {
      const sent = begin({ ...sized(4), agent: kept });
      sent.end('four');
      return [(await answerOf(sent)).status, sent.reusedSocket];
    };
    assert.deepEqual(await statusOf(), [413, false]);
    await apply(web, { maxBodyBytes: 4 });
    assert.deepEqual(await statusOf(), [200, true]);
    await apply(web, { maxBodyBytes: 3 });
    assert.deepEqual(await statusOf(), [413, true]);
    assert.equal(proxy.reloads(), reloads);
  });

  it('come to a proxy that was started before there were any, which reads its configuration anew once', async () => {
    const path = join(proxy.folder, 'haproxy.cfg');
    const lines = (await readFile(path, 'utf8')).split('\n');
    const older = lines.filter((line) => !/proc\.patr_config|bodies\.map|txn\.largest/.test(line)).join('\n');
    await writeFile(path, older);
    const before = await proxy.edge().ping();
    await proxy.test.engine.killContainer(proxy.container, 'SIGUSR2');
    while (
      (await proxy
        .edge()
        .ping()
        .catch(() => before)) === before
    )
      await systemClock.sleep(20);
    // The master takes the next signal once it can be asked again.
    await proxy.edge().inFlight(web.id);
    const reloads = proxy.reloads();
    await apply(web, { maxBodyBytes: 4 });
    await apply(web, { maxBodyBytes: 3 });
    assert.equal(proxy.reloads(), reloads + 1);
    assert.deepEqual(await refusal(begin(sized(4))), [413, 'requestTooLarge']);
  });
});
