import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { EngineError, type Engine } from '../../src/docker/engine.ts';
import type { Region } from '../../src/control-plane/region/region.ts';
import { freePort } from '../support/distribution.ts';
import { aContainer, testImages } from '../support/engine.ts';
import { nudgedClock, openRegionGround, type RegionGround } from '../support/edge/testRegion.ts';
import { startUpstream } from '../support/edge/upstream.ts';

const deploymentId = 'c'.repeat(32);

/** A region's own containers on a real engine. */
describe('a region', function () {
  this.timeout(120_000);
  let ground: RegionGround;

  beforeEach(async () => {
    ground = await openRegionGround();
  });

  afterEach(() => ground.close());

  async function idOf(role: 'edge' | 'registry'): Promise<string> {
    const record = await ground.container(role);
    assert.ok(record !== 'absent' && record.state === 'running', `${role} runs`);
    return record.id;
  }

  /** Waits for a change of the region's own making, or of the engine's. */
  async function until(what: () => Promise<boolean>): Promise<void> {
    while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  function httpPort(region: Region): number {
    const { edge, message } = region.facts();
    assert.ok(edge !== undefined, message);
    return edge.httpPort;
  }

  /** Absent while nobody listens. */
  const ask = (port: number): Promise<{ status: number; body: string } | undefined> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      async (answer) => ({ status: answer.status, body: await answer.text() }),
      () => undefined,
    );

  it('has an edge that answers, a registry that asks for tokens, and facts about both', async () => {
    const region = await ground.start();
    const facts = region.facts();
    assert.equal(facts.connected, true, facts.message);
    assert.match(facts.platform ?? '', /^linux\//);
    assert.ok((facts.freeBytes ?? 0) > 0);
    assert.match(facts.edge?.certificateAuthority ?? '', /BEGIN CERTIFICATE/);
    assert.equal((await fetch(`http://${facts.registryHost}/v2/`)).status, 401);
    assert.equal((await ask(httpPort(region)))?.status, 404);
  });

  it('does nothing while a container is the control plane of the same region, and goes on when that is gone', async () => {
    const name = `patr-${ground.name}-control-plane`;
    const labels = { 'cloud.patr.region': ground.name, 'cloud.patr.role': 'control-plane' };
    const made = await ground.engine.createContainer(aContainer({ name, labels }));
    assert.ok(typeof made === 'object');
    await ground.engine.startContainer(made.id);
    const clock = nudgedClock();
    const region = await ground.start({ clock });
    assert.match(region.facts().message ?? '', new RegExp(`The container ${name} is the control plane`));
    assert.equal(region.refusal(), region.facts().message);
    assert.equal(await ground.container('edge'), 'absent');
    await ground.engine.removeContainer(made.id);
    clock.nudge();
    await until(async () => region.facts().connected);
    assert.equal(region.refusal(), undefined);
  });

  it('leaves its containers running when it stops, and the next one takes them as they are', async () => {
    const first = await ground.start();
    const before = [await idOf('edge'), await idOf('registry'), first.facts()];
    await first.stop();
    assert.equal((await ask(httpPort(first)))?.status, 404);
    const second = await ground.start();
    const { edge, registryHost } = second.facts();
    assert.deepEqual([await idOf('edge'), await idOf('registry')], before.slice(0, 2));
    assert.deepEqual(
      { edge, registryHost },
      { edge: first.facts().edge, registryHost: first.facts().registryHost },
    );
  });

  it('puts back what was removed by hand, at the same ports and with the same routes', async () => {
    const region = await ground.start();
    const { edge, registryHost } = region.facts();
    const upstream = await startUpstream('one', '127.4.0.1', await freePort());
    try {
      const hosts = ['127.0.0.1'];
      const members = [{ instanceId: 'one', address: upstream.address, state: 'ready' as const }];
      await region.edge()?.apply({ deploymentId, ports: [{ port: upstream.port, hosts, members }] });
      const before = await idOf('edge');
      await ground.engine.removeContainer(before);
      await ground.engine.removeContainer(await idOf('registry'));
      await until(async () => (await ask(httpPort(region)))?.body === 'one');
      await until(async () => (await ground.container('registry')) !== 'absent');
      await until(
        async () => (await fetch(`http://${registryHost}/v2/`).catch(() => undefined))?.status === 401,
      );
      assert.notEqual(await idOf('edge'), before);
      assert.deepEqual(region.facts().edge, edge);
      assert.equal(region.facts().registryHost, registryHost);
    } finally {
      await upstream.stop();
    }
  });

  it('takes the next free ports when the preferred ones are in use, and goes back to them for ever after', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const preferredPorts = { registry: port, http: port, https: port };
    const region = await ground.start({ preferredPorts });
    taken.close();
    const { edge, registryHost, message } = region.facts();
    assert.ok(edge !== undefined && registryHost !== undefined, message);
    const ports = [Number(registryHost.split(':')[1]), edge.httpPort, edge.httpsPort];
    assert.equal(new Set([...ports, port]).size, 4);
    await region.stop();
    const again = await ground.start({ preferredPorts });
    assert.deepEqual(again.facts().edge, edge);
    assert.equal(again.facts().registryHost, registryHost);
  });

  it('moves to other ports when other ones are preferred', async () => {
    const first = await ground.start();
    await first.stop();
    const [registry, http, https] = [await freePort(), await freePort(), await freePort()];
    const second = await ground.start({ preferredPorts: { registry, http, https } });
    assert.equal(second.facts().registryHost, `127.0.0.1:${registry}`);
    assert.equal(httpPort(second), http);
    assert.equal((await ask(http))?.status, 404);
    assert.equal((await fetch(`http://127.0.0.1:${registry}/v2/`)).status, 401);
  });

  it('replaces only what another version wants otherwise', async () => {
    const first = await ground.start();
    const before = [await idOf('edge'), await idOf('registry')];
    await first.stop();
    const other = `patr-test-edge:${ground.name}`;
    await ground.engine.tagImage(testImages().edge, other);
    try {
      const second = await ground.start({ images: { registry: testImages().registry, edge: other } });
      assert.equal(second.facts().connected, true, second.facts().message);
      assert.notEqual(await idOf('edge'), before[0]);
      assert.equal(await idOf('registry'), before[1]);
      assert.equal(httpPort(second), httpPort(first));
    } finally {
      await ground.engine.removeContainer(await idOf('edge'));
      await ground.engine.removeImage(other);
    }
  });

  it('says that the engine is away, and repairs what it finds when it is back', async () => {
    let away = false;
    const engine = new Proxy(ground.engine, {
      get(target, name: keyof Engine) {
        if (away) throw new EngineError('unreachable', 'The engine does not answer.');
        return target[name];
      },
    });
    const clock = nudgedClock();
    const region = await ground.start({ engine, clock });
    away = true;
    const told = once(changes(region), 'change');
    await ground.engine.removeContainer(await idOf('edge'));
    clock.nudge();
    await told;
    assert.equal(region.facts().connected, false);
    assert.equal(region.facts().message, 'The engine does not answer.');
    away = false;
    const back = once(changes(region), 'change');
    clock.nudge();
    await back;
    assert.equal(region.facts().connected, true);
    assert.equal((await ask(httpPort(region)))?.status, 404);
  });

  it('says what to do when an image is neither there nor to be had', async () => {
    const edge = '127.0.0.1:9/nobody/edge:1';
    const region = await ground.start({ images: { registry: testImages().registry, edge } });
    assert.equal(region.facts().connected, false);
    assert.match(region.facts().message ?? '', /edge:1 is not on this machine and cannot be pulled\. Check/);
  });
});

function changes(region: Region): EventTarget {
  const target = new EventTarget();
  const heard = region.onChange(() => {
    heard.dispose();
    target.dispatchEvent(new Event('change'));
  });
  return target;
}
