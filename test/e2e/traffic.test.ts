import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/base/clock.ts';
import type { ReleaseInfo } from '../../src/protocol/shapes/release.ts';
import type { TrafficLimits } from '../../src/protocol/shapes/trafficLimits.ts';
import { call, http2Session } from '../support/edge/grpc.ts';
import { assertNoFailures, startLoad } from '../support/edge/load.ts';
import { startLoadedDeployment, type LoadedDeployment } from '../support/edge/loadedDeployment.ts';
import { openTestRegion, type TestRegion } from '../support/localRegion.ts';

describe('traffic in a rollout', function () {
  this.timeout(180_000);
  let region: TestRegion;
  let loaded: LoadedDeployment;

  before(async () => {
    region = await openTestRegion('traffic');
    loaded = await startLoadedDeployment(region, { lastsMs: 1500 });
  });
  after(async () => {
    await loaded.close();
    await region.close();
  });

  /** A release's proof is complete when nothing is left of what ran before it. */
  async function untilOnlyNewestRuns(): Promise<readonly ReleaseInfo[]> {
    const { api, workspaceId } = loaded.target;
    const params = { workspaceId, deploymentId: loaded.deploymentId };
    for (;;) {
      const [releases, { instances }] = [await loaded.releases(), await api.listInstances({ params })];
      if (instances.every(({ release }) => release === releases[0]!.number)) return releases;
      await systemClock.sleep(100);
    }
  }

  /** Of a POST with this body. */
  async function statusOf(body: string): Promise<number | undefined> {
    const { host, httpPort } = loaded.address;
    const headers = { host, 'content-length': String(body.length) };
    const sent = request({ host: '127.0.0.1', port: httpPort, method: 'POST', agent: false, headers });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }

  it('loses nothing of any kind over an update, a push, a restart, changes of scale and a revert', async () => {
    const { host, httpPort } = loaded.address;
    const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/`, { headers: { host } });
    await once(socket, 'open');
    const outlived = once(socket, 'close') as Promise<[number, Buffer]>;
    const load = startLoad(loaded.address);
    await load.progress(1);
    for (const kind of ['update', 'push', 'restart', 'scale', 'scale', 'revert'] as const) {
      await loaded.roll(kind);
      await load.progress(1);
    }
    assertNoFailures(await load.stop());
    // Longer than the drain: the application says goodbye on it when it is told to end.
    assert.deepEqual((await outlived).map(String), ['1001', 'going away']);
    const [newest, ...others] = await untilOnlyNewestRuns();
    assert.equal(newest?.cause, 'revert');
    for (const { number, proof } of [newest!, ...others.filter(({ number }) => number > 1)]) {
      assert.equal(proof?.failures, 0, `release ${number}`);
      assert.ok((proof?.requests ?? 0) > 0, `release ${number}`);
    }
  });

  it('is held to a limit as soon as it is declared, by the instances that run', async () => {
    const { api, workspaceId } = loaded.target;
    const params = { workspaceId, deploymentId: loaded.deploymentId };
    const declare = (trafficLimits: TrafficLimits) =>
      api.updateDeployment({ params, body: { trafficLimits } });
    const running = async (): Promise<readonly string[]> =>
      (await api.listInstances({ params })).instances.map(({ id }) => id).toSorted();
    const [instances, releases] = [await running(), (await loaded.releases()).length];
    await declare({ maxBodyBytes: 3 });
    while ((await statusOf('four')) !== 413) await systemClock.sleep(20);
    assert.equal(await statusOf('few'), 200);
    await declare({});
    while ((await statusOf('four')) !== 200) await systemClock.sleep(20);
    assert.deepEqual([await running(), (await loaded.releases()).length], [instances, releases]);
  });

  it('reaches an application that speaks HTTP/2 alone, and gRPC calls end as they began while it is replaced', async () => {
    await loaded.update({ SPEAKS: 'h2c', VERSION: 'grpc' });
    const { number } = (await loaded.releases())[0]!;
    while ((await loaded.info()).liveRelease !== number) await systemClock.sleep(50);
    const { host, httpsPort, authority } = loaded.address;
    const session = http2Session({ host, port: httpsPort }, authority);
    const one = call(session, host);
    one.send('before');
    assert.equal(await one.next(), 'before');
    await loaded.roll('restart');
    one.send('after');
    assert.equal(await one.next(), 'after');
    assert.equal((await one.finish())['grpc-status'], '0');
    const other = call(session, host);
    other.send('to the next release');
    assert.equal(await other.next(), 'to the next release');
    assert.equal((await other.finish())['grpc-status'], '0');
    session.close();
  });
});
