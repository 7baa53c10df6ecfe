import assert from 'node:assert/strict';
import { machineTypes } from '../../src/control-plane/state/seed.ts';
import { testControlPlane, type TestControlPlane } from '../support/controlPlane.ts';
import { addDeployment, addRelease } from '../support/deployments.ts';
import { digestOf } from '../support/fakeRegistry.ts';

/** 1 CPU with 0.5 GB, and 4 CPUs with 8 GB. */
const [small, large] = [machineTypes[0]!.id, machineTypes.at(-1)!.id];

describe('room on the machine, over the API', () => {
  let plane: TestControlPlane;

  beforeEach(() => {
    plane = testControlPlane();
    machine({ cpus: 2, memoryBytes: 2_100_000_000 });
  });

  afterEach(() => plane.dispose());

  function machine(capacity: { cpus: number; memoryBytes: number } | undefined): void {
    plane.reconciler.facts = { ...plane.reconciler.facts, capacity };
  }

  const send: TestControlPlane['send'] = (...wanted) => plane.send(...wanted);

  const create = (changes: Record<string, unknown>) =>
    send('POST', '/deployment', {
      name: 'shop api',
      registry: 'docker.io',
      imageName: 'library/nginx',
      imageTag: 'latest',
      runner: plane.notary.regionId,
      machineType: small,
      deployOnPush: false,
      deployOnCreate: true,
      minHorizontalScale: 1,
      maxHorizontalScale: 256,
      ports: { 80: 'http' },
      ...changes,
    });
  const eventsOf = async (id: unknown) =>
    (await send('GET', `/deployment/${String(id)}/event`)).body['events'] as {
      kind: string;
      message: string;
    }[];

  it('refuses what one instance can never have, by its field and with both numbers', async () => {
    const { status, body } = await create({ machineType: large });
    assert.equal(status, 422);
    assert.equal(body['error'], 'insufficientCapacity');
    assert.match(
      String(body['message']),
      /Each instance has 4 CPUs, and the region's machine 2 CPUs\. Choose/,
    );
    assert.deepEqual((body['fields'] as { field: string }[])[0]?.field, 'machineType');
    assert.deepEqual((await send('GET', '/deployment')).body['deployments'], []);
  });

  it('refuses a smallest number of instances that there is no memory for, and lets the largest be any', async () => {
    const { status, body } = await create({ minHorizontalScale: 5 });
    assert.equal(status, 422);
    assert.match(String(body['message']), /asks for 5 × 0\.5 GB = 2\.5 GB of memory.* has 2\.1 GB/);
    assert.equal((await create({ minHorizontalScale: 4 })).status, 201);
  });

  it('refuses an update that asks for too much, and a start on a machine that has become too small', async () => {
    const { id } = addDeployment(plane.notary, { intent: 'stopped' });
    for (const change of [{ machineType: large }, { minHorizontalScale: 5, maxHorizontalScale: 5 }]) {
      assert.equal((await send('PATCH', `/deployment/${id}`, change)).status, 422);
    }
    machine({ cpus: 2, memoryBytes: 400_000_000 });
    assert.equal((await send('POST', `/deployment/${id}/start`)).status, 422);
    assert.equal((await send('PATCH', `/deployment/${id}`, { name: 'renamed' })).status, 202);
  });

  it('refuses to go back to a machine type that is too large, and goes back to the rest', async () => {
    const { id, config } = addDeployment(plane.notary, { intent: 'running' });
    const before = { ...config, machineTypeId: large };
    addRelease(plane.notary, id, { digest: digestOf(1), config: before });
    addRelease(plane.notary, id, { digest: digestOf(2) });
    const path = `/deployment/${id}/deploy-history/${encodeURIComponent(digestOf(1))}/revert`;
    const refused = await send('POST', `${path}?parts=image,machineType`);
    assert.equal(refused.body['error'], 'insufficientCapacity');
    assert.equal((await send('POST', `${path}?parts=image`)).status, 202);
  });

  it('refuses nothing while the machine is not known', async () => {
    machine(undefined);
    assert.equal((await create({ machineType: large })).status, 201);
  });

  it('lets limits add up to more than there is, and says so where a deployment adds to it', async () => {
    const first = await create({ minHorizontalScale: 4 });
    assert.deepEqual(await eventsOf(first.body['id']), []);
    const second = await create({ name: 'another', minHorizontalScale: 2 });
    const [event] = await eventsOf(second.body['id']);
    assert.equal(event?.kind, 'overcommitted');
    assert.match(event?.message ?? '', /may use 3 GB of memory together, and its machine has 2\.1 GB/);
    await send('PATCH', `/deployment/${String(first.body['id'])}`, { environmentVariables: { A: '1' } });
    assert.deepEqual(await eventsOf(first.body['id']), []);
    const { body } = await send('GET', '/runner');
    const [runner] = body['runners'] as Record<string, unknown>[];
    assert.deepEqual(
      [runner?.['cpus'], runner?.['memoryBytes'], runner?.['allocatedBytes']],
      [2, 2_100_000_000, 3_000_000_000],
    );
  });
});
