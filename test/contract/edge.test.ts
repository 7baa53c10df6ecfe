import assert from 'node:assert/strict';
import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { bucketBounds } from '../../src/control-plane/edge/answerTimes.ts';
import type { Member } from '../../src/control-plane/edge/contract.ts';
import { freePort } from '../support/distribution.ts';
import { assertNoFailures, startLoad } from '../support/edge/load.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';

const first = 'a'.repeat(32);
const second = 'b'.repeat(32);

/** The edge against HAProxy in its container, with real requests all the while. */
describe('the edge', function () {
  this.timeout(120_000);
  let proxy: TestEdge;
  let upstreams: Upstream[] = [];
  let addresses = 1;
  let port: number;

  beforeEach(async () => {
    port = await freePort();
  });

  afterEach(async () => {
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
    upstreams = [];
    await proxy.close();
  });

  async function instance(id: string): Promise<Upstream> {
    const upstream = await startUpstream(id, `127.1.${addresses >> 8}.${addresses++ & 255}`, port);
    upstreams.push(upstream);
    return upstream;
  }

  async function end(upstream: Upstream): Promise<void> {
    upstreams = upstreams.filter((other) => other !== upstream);
    await upstream.stop();
  }

  const member = (upstream: Upstream, state: Member['state'] = 'ready'): Member => ({
    instanceId: upstream.id,
    address: upstream.address,
    state,
  });

  function apply(deploymentId: string, host: string, ...members: readonly Member[]): Promise<void> {
    const hosts = [host, `${port}-${deploymentId}.localhost`];
    return proxy.edge().apply({ deploymentId, ports: [{ port, hosts, members }] });
  }

  interface Answer {
    readonly status: number;
    readonly body: string;
    readonly headers: IncomingMessage['headers'];
  }

  async function ask(
    host: string,
    path = '/',
    wanted: { method?: string; headers?: Record<string, string>; agent?: Agent } = {},
  ): Promise<Answer> {
    const headers = { ...wanted.headers, host };
    const { method = 'GET', agent = false } = wanted;
    const sent = request({ host: '127.0.0.1', port: proxy.httpPort, agent, method, path, headers });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const body = (await response.setEncoding('utf8').toArray()).join('');
    return { status: response.statusCode ?? 0, body, headers: response.headers };
  }

  async function untilIdle(deploymentId: string, instanceId: string): Promise<void> {
    while (((await proxy.edge().inFlight(deploymentId)).get(instanceId) ?? 0) > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** As the loop does it: the new one takes traffic, the old one is drained, waited for, removed and stopped. */
  async function replace(deploymentId: string, host: string, old: Upstream, next: Upstream): Promise<void> {
    await apply(deploymentId, host, member(old), member(next));
    await apply(deploymentId, host, member(old, 'drain'), member(next));
    await untilIdle(deploymentId, old.id);
    await apply(deploymentId, host, member(next));
    await end(old);
  }

  it('loses no request of any kind over twenty changes of members', async () => {
    proxy = await startTestEdge({ slots: 4 });
    let current = await instance('i0');
    await apply(first, 'web.localhost', member(current));
    const load = startLoad(proxy.target('web.localhost'));
    for (let change = 1; change <= 20; change += 1) {
      await load.progress(2);
      const next = await instance(`i${change}`);
      await replace(first, 'web.localhost', current, next);
      current = next;
    }
    await load.progress(2);
    const traffic = await proxy.edge().traffic(first);
    const results = await load.stop();
    assertNoFailures(results);
    assert.equal(traffic.failures, 0);
    assert.ok(traffic.requests > 0);
    assert.equal(proxy.reloads(), 0);
  });

  it('loses no request while it gets more slots, and goes on changing members of those served before', async () => {
    proxy = await startTestEdge({ slots: 2 });
    let current = await instance('i0');
    await apply(first, 'web.localhost', member(current));
    const other = await instance('other');
    const load = startLoad(proxy.target('web.localhost'));
    for (let more = 0; more < 4; more += 1) {
      await load.progress(2);
      await apply(`${more}`.repeat(32), `more-${more}.localhost`, member(other));
      const next = await instance(`i${more + 1}`);
      await replace(first, 'web.localhost', current, next);
      current = next;
    }
    await load.progress(2);
    assertNoFailures(await load.stop());
    assert.equal(proxy.reloads(), 2);
    for (let more = 0; more < 4; more += 1) assert.equal((await ask(`more-${more}.localhost`)).body, 'other');
  });

  it('waits for what an instance is serving, also in a worker that was replaced', async () => {
    proxy = await startTestEdge({ slots: 1 });
    const [old, next] = [await instance('old'), await instance('next')];
    await apply(first, 'web.localhost', member(old));
    const held = ask('web.localhost', '/held');
    while ((await proxy.edge().inFlight(first)).get('old') !== 1) await ask('web.localhost');
    await apply(second, 'two.localhost', member(next));
    assert.equal(proxy.reloads(), 1);
    await apply(first, 'web.localhost', member(old, 'drain'), member(next));
    assert.equal((await ask('web.localhost')).body, 'next');
    assert.equal((await proxy.edge().inFlight(first)).get('old'), 1);
    old.release();
    assert.equal((await held).body, 'old');
    await untilIdle(first, 'old');
  });

  it('lets an instance that takes nothing new finish what it has', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const [old, next] = [await instance('old'), await instance('next')];
    await apply(first, 'web.localhost', member(old), member(next, 'drain'));
    const held = ask('web.localhost', '/held');
    while ((await proxy.edge().inFlight(first)).get('old') !== 1) await ask('web.localhost');
    await apply(first, 'web.localhost', member(next));
    assert.equal((await ask('web.localhost')).body, 'next');
    old.release();
    assert.equal((await held).body, 'old');
  });

  it('follows an instance to another address', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const old = await instance('same');
    await apply(first, 'web.localhost', member(old));
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.httpPort}/`, { headers: { host: 'web.localhost' } });
    await once(socket, 'open');
    const next = await instance('same');
    await apply(first, 'web.localhost', member(next));
    assert.equal((await ask('web.localhost')).status, 200);
    assert.deepEqual(next.seen, ['GET /']);
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  });

  it('gives slots of forgotten deployments to others, with nothing of the former left', async () => {
    proxy = await startTestEdge({ slots: 1 });
    const [one, two] = [await instance('one'), await instance('two')];
    await apply(first, 'one.localhost', member(one));
    await ask('one.localhost');
    await ask('one.localhost', '/broken');
    await proxy.edge().forget(first);
    assert.equal((await ask('one.localhost')).status, 404);
    await apply(second, 'two.localhost', member(two));
    assert.deepEqual(await proxy.edge().traffic(second), { requests: 0, failures: 0 });
    assert.equal((await ask('two.localhost')).body, 'two');
    assert.equal((await ask('one.localhost')).status, 404);
    assert.deepEqual(await proxy.edge().traffic(second), { requests: 1, failures: 0 });
    assert.equal(proxy.reloads(), 0);
  });

  it('keeps counting when a deployment gives up one port for another', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const one = await instance('one');
    await apply(first, 'web.localhost', member(one));
    await ask('web.localhost');
    const otherPort = await freePort();
    const moved = await startUpstream('moved', '127.2.0.1', otherPort);
    upstreams.push(moved);
    const hosts = ['web.localhost'];
    await proxy
      .edge()
      .apply({ deploymentId: first, ports: [{ port: otherPort, hosts, members: [member(moved)] }] });
    assert.equal((await ask('web.localhost')).body, 'moved');
    assert.deepEqual(await proxy.edge().traffic(first), { requests: 2, failures: 0 });
    assert.equal((await ask(`${port}-${first}.localhost`)).status, 404);
  });

  it('counts what it had to answer itself and what broke off as failures', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const one = await instance('one');
    await apply(first, 'web.localhost', member(one));
    const failures = async (): Promise<number> => (await proxy.edge().traffic(first)).failures;
    assert.equal((await ask('web.localhost')).status, 200);
    assert.equal(await failures(), 0);
    let before = 0;
    const assertCounted = async (what: string): Promise<void> => {
      const now = await failures();
      assert.ok(now > before, what);
      before = now;
    };
    assert.equal((await ask('web.localhost', '/broken')).status, 502);
    await assertCounted('no answer');
    await assert.rejects(ask('web.localhost', '/half'));
    await assertCounted('half an answer');
    await end(one);
    assert.equal((await ask('web.localhost')).status, 503);
    await assertCounted('no connection');
    await apply(first, 'web.localhost');
    assert.equal((await ask('web.localhost')).status, 503);
    await assertCounted('no instance');
    assert.equal((await proxy.edge().traffic(first)).requests, 5);
  });

  it('counts the answers of a known load by deployment, instance, class of status and time', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const [one, two] = [await instance('one'), await instance('two')];
    await apply(first, 'web.localhost', member(one));
    for (let count = 0; count < 12; count += 1) await ask('web.localhost');
    for (const code of [404, 302, 500]) await ask('web.localhost', `/status?code=${code}`);
    await ask('web.localhost', '/slow?ms=60');
    await apply(second, 'other.localhost', member(two));
    await ask('other.localhost');
    await apply(first, 'web.localhost');
    assert.equal((await ask('web.localhost')).status, 503);

    const { run, deployments, instances } = await proxy.edge().counts();
    assert.deepEqual(deployments.get(first), { requests: 17, failures: 1, answers: [0, 13, 1, 1, 2] });
    assert.deepEqual(deployments.get(second), { requests: 1, failures: 0, answers: [0, 1, 0, 0, 0] });
    assert.deepEqual(instances.get('two')?.answers, [0, 1, 0, 0, 0]);
    const times = Array.from(instances.get('one')?.times ?? []);
    assert.equal(
      times.reduce((all, [, count]) => all + count, 0),
      16,
    );
    const slow = bucketBounds.findIndex((bound) => bound > 50_000);
    assert.ok(times.some(([bucket]) => bucket >= slow));
    assert.equal((await proxy.edge().counts()).run, run);
  });

  it('goes on from whatever it finds when the control plane was killed', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const [one, two, three] = [await instance('one'), await instance('two'), await instance('three')];
    await apply(first, 'web.localhost', member(one), member(two));
    await apply(second, 'gone.localhost', member(two));
    const load = startLoad(proxy.target('web.localhost'));
    await load.progress(2);
    await proxy.reopen();
    await proxy.edge().refresh();
    await apply(first, 'web.localhost', member(two), member(three));
    await proxy.edge().forget(second);
    await load.progress(2);
    assertNoFailures(await load.stop());
    const answers = await Promise.all([1, 2, 3, 4].map(async () => (await ask('web.localhost')).body));
    assert.deepEqual([...new Set(answers)].toSorted(), ['three', 'two']);
    assert.equal((await ask('gone.localhost')).status, 404);
  });

  it('serves at once after a start of its own, drained instances still drained', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const [one, two] = [await instance('one'), await instance('two')];
    await apply(first, 'web.localhost', member(one), member(two, 'drain'));
    const { engine } = proxy.test;
    await engine.stopContainer(proxy.container, 5);
    await engine.startContainer(proxy.container);
    await proxy.untilAnswering();
    const answers = await Promise.all([1, 2, 3, 4].map(async () => (await ask('web.localhost')).body));
    assert.deepEqual([...new Set(answers)], ['one']);
    assert.deepEqual((await secure('web.localhost')).names, ['web.localhost', `${port}-${first}.localhost`]);
    await apply(first, 'web.localhost', member(two));
    assert.equal((await ask('web.localhost')).body, 'two');
  });

  async function secure(servername: string): Promise<{ names: string[] }> {
    const socket = connectTls({
      host: '127.0.0.1',
      port: proxy.httpsPort,
      servername,
      ca: proxy.authority,
    });
    await once(socket, 'secureConnect');
    const { subjectaltname = '' } = socket.getPeerCertificate();
    socket.destroy();
    return { names: subjectaltname.split(', ').map((name) => name.replace('DNS:', '')) };
  }

  it('has a certificate for exactly the names of a deployment, made and renewed while it runs', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const one = await instance('one');
    await apply(first, 'web.localhost', member(one));
    assert.deepEqual((await secure('web.localhost')).names, ['web.localhost', `${port}-${first}.localhost`]);
    await apply(first, 'renamed.localhost', member(one));
    assert.deepEqual((await secure('renamed.localhost')).names, [
      'renamed.localhost',
      `${port}-${first}.localhost`,
    ]);
    await assert.rejects(secure('web.localhost'), /does not match/);
    await proxy.edge().forget(first);
    await assert.rejects(secure('renamed.localhost'), /does not match/);
    assert.equal(proxy.reloads(), 0);
  });

  it('says in words, to people and to programs, when a name or a ready instance is missing', async () => {
    proxy = await startTestEdge({ slots: 4 });
    await apply(first, 'web.localhost');
    const json = { headers: { accept: 'application/json' } };
    const unknown = await ask('<b>.localhost', '/<script>');
    assert.equal(unknown.status, 404);
    assert.match(unknown.headers['content-type'] ?? '', /^text\/html/);
    assert.doesNotMatch(unknown.body, /<script|<b>/);
    assert.match(unknown.body, /No deployment has this address/);
    assert.equal(JSON.parse((await ask('x.localhost', '/', json)).body).error, 'noDeploymentHere');
    const none = await ask('web.localhost');
    assert.equal(none.status, 503);
    assert.equal(none.headers['retry-after'], '2');
    assert.match(none.body, /none of its instances takes traffic/);
    assert.equal(JSON.parse((await ask('web.localhost', '/', json)).body).error, 'noReadyInstance');
    assert.equal((await ask('web.localhost', '/', { method: 'HEAD' })).body, '');
  });

  it('takes names in any case and with a port, and believes no client about who it is', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const one = await instance('one');
    await apply(first, 'web.localhost', member(one));
    const headers = {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
    };
    const host = `WEB.Localhost:${proxy.httpPort}`;
    assert.equal((await ask(host, '/', { headers })).body, 'one');
    const seen = one.lastHeaders();
    assert.equal(seen['x-forwarded-for'], '127.0.0.1');
    assert.equal(seen['x-forwarded-proto'], 'http');
    assert.equal(seen['x-forwarded-host'], host);
    assert.equal(seen.forwarded, undefined);
    assert.equal(seen['x-real-ip'], undefined);
    assert.equal(seen.host, host);
  });

  it('passes on what is sent, both ways, as it comes', async () => {
    proxy = await startTestEdge({ slots: 4 });
    await apply(first, 'web.localhost', member(await instance('one')));
    const headers = { host: 'web.localhost', 'transfer-encoding': 'chunked' };
    const options = {
      host: '127.0.0.1',
      port: proxy.httpPort,
      agent: false,
      method: 'POST',
      headers,
    } as const;
    const sent = request(options);
    sent.write('first');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const [piece] = (await once(response.setEncoding('utf8'), 'data')) as [string];
    assert.equal(piece, 'first');
    const large = Buffer.alloc(20_000_000, 'x');
    sent.end(large);
    const rest = (await response.toArray()) as string[];
    assert.equal(rest.join('').length, large.length);
  });

  it('keeps connections to an instance for later requests, and closes those that nobody needs', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const one = await instance('one');
    await apply(first, 'web.localhost', member(one));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const requests = 100;
    for (let count = 0; count < requests; count += 1) {
      assert.equal((await ask('web.localhost', '/', { agent })).body, 'one');
    }
    assert.equal(one.seen.length, requests);
    assert.ok(one.connections().taken < requests / 2, `${one.connections().taken} connections`);
    // The client's own stays open all the while.
    while (one.connections().open > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    agent.destroy();
  });

  it('sends no request twice that reached an instance', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const [one, two] = [await instance('one'), await instance('two')];
    await apply(first, 'web.localhost', member(one), member(two));
    assert.equal((await ask('web.localhost', '/broken', { method: 'POST' })).status, 502);
    assert.equal([...one.seen, ...two.seen].length, 1);
    await end(one);
    for (let tries = 0; tries < 6; tries += 1) assert.equal((await ask('web.localhost')).body, 'two');
  });

  it('refuses values that could be more than a value in a command', async () => {
    proxy = await startTestEdge({ slots: 4 });
    const evil = { instanceId: 'a;shutdown', address: '127.0.0.1', state: 'ready' } as const;
    await assert.rejects(apply(first, 'web.localhost', evil), /cannot be part of a command/);
    await assert.rejects(apply(first, 'web.localhost\nx'), /cannot be part of a command/);
    await apply(first, 'web.localhost');
    assert.equal((await ask('web.localhost')).status, 503);
  });
});
