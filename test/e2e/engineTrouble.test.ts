import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { bodyAt, differences } from '../support/kill/differences.ts';
import { create, perform } from '../support/kill/operations.ts';
import { openWorld, type World } from '../support/kill/world.ts';
import { openOwnEngine, type OwnEngine } from '../support/ownEngine.ts';

/** On an engine of the suite's own, because nobody else's may be stopped or filled. */
describe('an engine in trouble', function () {
  this.timeout(300_000);
  let own: OwnEngine;
  let world: World;
  let plain: string;
  let withData: string;

  before(async () => {
    own = await openOwnEngine();
    world = await openWorld('trouble', own);
    plain = await deployed('plain', 2, undefined);
    const params = { workspaceId: world.target.workspaceId };
    const { id: volumeId } = await world.target.api.createVolume({ params, body: { name: 'data', size: 1 } });
    withData = await deployed('data', 1, volumeId);
    await eventually(settled);
  });
  after(async () => {
    await world?.region.close();
    await own?.close();
  });

  async function deployed(tag: string, count: number, volumeId: string | undefined): Promise<string> {
    await world.push('a', tag);
    return (await create(world, { tag, volumeId, image: 'a' }, count)).id;
  }

  const at = (deploymentId: string) => ({
    params: { workspaceId: world.target.workspaceId, deploymentId },
  });
  const get = (id: string): Promise<DeploymentInfo> => world.target.api.getDeployment(at(id));

  /** Asks until nothing is wrong any more; what is wrong is said when it stays so for two minutes. */
  async function eventually(wrong: () => Promise<readonly string[]>): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const found = await wrong().catch((error: unknown) => [String(error)]);
      if (found.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`${found.join('\n')}\n${world.region.printed().slice(-5000)}`);
      await systemClock.sleep(100);
    }
  }

  const settled = (): Promise<string[]> => differences(world);

  /** Waits until a deployment shows this status with this reason. */
  async function shows(id: string, status: string, code: string): Promise<void> {
    await eventually(async () => {
      const { status: now, reason } = await get(id);
      return now === status && reason?.code === code ? [] : [`${now}, ${reason?.code}: ${reason?.message}`];
    });
  }

  const instancesOf = (id: string) =>
    own.engine.listContainers({ labels: { 'cloud.patr.deployment': id, 'cloud.patr.role': 'instance' } });

  it('is restarted: instances, edge and registry come back, and nothing is left over', async () => {
    await own.stop('SIGTERM');
    await own.start();
    await eventually(settled);
    // The registry runs again; that it takes pushes as well may take a moment longer.
    await eventually(async () => {
      await world.push('b', 'plain');
      return [];
    });
    await eventually(async () =>
      (await bodyAt(world, await get(plain))).includes('image b') ? [] : ['not yet'],
    );
    await eventually(settled);
  });

  it('breaks off in the middle of saves of config mounts: they are whole, and what was left is cleared away', async () => {
    const subject = { id: plain, tag: 'plain', volumeId: undefined };
    const saves = perform['config mounts']({ world, subject, chance: Math.random, version: 'broken off' });
    await own.stop('SIGKILL');
    await own.start();
    const promised = await saves;
    await eventually(settled);
    assert.equal(promised(await get(plain)), undefined);
  });

  it('is away: deployments say so while the API answers, and are as they were when it is back', async () => {
    await own.stop('SIGTERM');
    await shows(plain, 'unreachable', 'engineUnreachable');
    await eventually(async () => {
      const { message = '' } = (await get(plain)).reason ?? {};
      return /The container engine cannot be looked at: .*Start it/.test(message) ? [] : [message];
    });
    const environmentVariables = { VERSION: 'meanwhile' };
    await world.target.api.updateDeployment({ ...at(plain), body: { environmentVariables } });
    const { runners } = await world.target.api.listRunners({
      params: { workspaceId: world.target.workspaceId },
    });
    assert.equal(runners[0]!.connected, false);
    await own.start();
    await eventually(settled);
    assert.match(await bodyAt(world, await get(plain)), /version meanwhile/);
  });

  /** What the control plane tried and the full disk refused. */
  const refusals = (): string[] => world.region.printed().match(/.*no space left.*/g) ?? [];

  it('has no room: what runs goes on, the reason is said, and it goes on when there is room', async () => {
    await own.fillDisk();
    try {
      const body = { minHorizontalScale: 3, maxHorizontalScale: 3 };
      await world.target.api.updateDeployment({ ...at(plain), body });
      await eventually(async () => {
        const { reason } = await get(plain);
        return reason?.code === 'noRoom' ? [] : [`its reason is ${reason?.code}: ${reason?.message}`];
      });
      assert.match((await get(plain)).reason!.message, /Remove images or volumes that are not needed/);
      assert.match(await bodyAt(world, await get(plain)), /version meanwhile/);
      await world.target.api.updateDeployment({
        ...at(withData),
        body: { environmentVariables: { VERSION: 'full' } },
      });
      await shows(withData, 'deploying', 'noRoom');
      assert.match(await bodyAt(world, await get(withData)), /version 1/);
      assert.deepEqual(refusals(), []);
    } finally {
      await own.makeRoom();
    }
    await eventually(settled);
    assert.equal((await get(withData)).liveRelease, 2);
  });

  it('loses a container, a network, a volume, the edge and the registry by hand, and has them again', async () => {
    const { engine } = own;
    const [gone] = await instancesOf(plain);
    await engine.removeContainer(gone!.id);
    await eventually(settled);

    const networks = await engine.listNetworks({ labels: { 'cloud.patr.deployment': plain } });
    for (const { name } of networks)
      for (const { id } of await instancesOf(plain)) await engine.disconnectNetwork(name, id);
    await eventually(settled);

    // A volume can be removed only while nobody uses it: it goes while the control plane is away.
    await world.region.kill();
    for (const { id } of await instancesOf(withData)) await engine.removeContainer(id);
    const [volume] = await engine.listVolumes({ labels: { 'cloud.patr.deployment': withData } });
    assert.equal(await engine.removeVolume(volume!.name), 'removed');
    for (const role of ['edge', 'registry'])
      await engine.removeContainer(`patr-${world.region.name}-${role}`);
    await world.region.restart();
    await eventually(settled);
  });
});
