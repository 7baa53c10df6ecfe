import assert from 'node:assert/strict';
import { testControlPlane, type TestControlPlane } from '../support/controlPlane.ts';
import { addDeployment } from '../support/deployments.ts';

describe('volumes over the API', () => {
  let plane: TestControlPlane;

  beforeEach(() => {
    plane = testControlPlane();
  });

  afterEach(() => {
    plane.stopping.abort();
    plane.dispose();
  });

  const send: TestControlPlane['send'] = (...wanted) => plane.send(...wanted);

  async function made(name = 'data'): Promise<string> {
    const { status, body } = await send('POST', '/volume', { name, size: 5 });
    assert.equal(status, 201);
    return String(body['id']);
  }

  /** A deployment with two instances that mounts the volume. */
  function mounting(volumeId: string) {
    const { config } = addDeployment(plane.notary);
    return addDeployment(plane.notary, {
      name: 'with data',
      intent: 'stopped',
      minScale: 2,
      maxScale: 2,
      scale: 2,
      config: { ...config, volumes: { [volumeId]: '/data' } },
    });
  }

  it('creates, lists, shows, grows and deletes one', async () => {
    const id = await made();
    const shown = { id, name: 'data', size: 5, deploymentId: null };
    assert.deepEqual((await send('GET', '/volume')).body['volumes'], [shown]);
    assert.deepEqual((await send('GET', `/volume/${id}`)).body, { success: true, ...shown });
    assert.equal((await send('PATCH', `/volume/${id}`, { size: 7 })).status, 202);
    assert.equal((await send('GET', `/volume/${id}`)).body['size'], 7);
    assert.equal((await send('DELETE', `/volume/${id}`)).status, 205);
    assert.equal((await send('GET', `/volume/${id}`)).status, 404);
  });

  it('refuses to shrink one', async () => {
    const { status, body } = await send('PATCH', `/volume/${await made()}`, { size: 4 });
    assert.equal(status, 400);
    assert.equal(body['error'], 'cannotReduceVolumeSize');
  });

  it('refuses a name that is taken, whatever its case', async () => {
    await made('data');
    const { status, body } = await send('POST', '/volume', { name: 'DATA', size: 1 });
    assert.equal(status, 409);
    assert.equal(body['error'], 'resourceAlreadyExists');
  });

  it('tells who mounts it, and is not deleted while somebody does', async () => {
    const id = await made();
    const deployment = mounting(id);
    assert.equal((await send('GET', `/volume/${id}`)).body['deploymentId'], deployment.id);
    const { status, body } = await send('DELETE', `/volume/${id}`);
    assert.equal(status, 422);
    assert.equal(body['error'], 'resourceInUse');
    assert.match(String(body['message']), /with data/);
  });

  it('lets only one deployment mount it', async () => {
    const id = await made();
    mounting(id);
    const other = addDeployment(plane.notary, { name: 'another' });
    const { status } = await send('PATCH', `/deployment/${other.id}`, { volumes: { [id]: '/data' } });
    assert.equal(status, 422);
  });

  it('refuses a volume that is not there, and two on one path', async () => {
    const { id: deploymentId } = addDeployment(plane.notary);
    const missing = await send('PATCH', `/deployment/${deploymentId}`, {
      volumes: { ['f'.repeat(32)]: '/data' },
    });
    assert.equal(missing.status, 404);
    const volumes = { [await made('one-data')]: '/data', [await made('two-data')]: '/data' };
    assert.equal((await send('PATCH', `/deployment/${deploymentId}`, { volumes })).status, 400);
  });

  it('says what a smaller scale would delete, and does it only when that is known', async () => {
    const { id } = mounting(await made());
    const change = { minHorizontalScale: 1, maxHorizontalScale: 1 };
    const refused = await send('PATCH', `/deployment/${id}`, change);
    assert.equal(refused.status, 422);
    assert.equal(refused.body['error'], 'dataLossNotConfirmed');
    assert.match(String(refused.body['message']), /the volume of 1 instance.*Confirm/);
    assert.equal(plane.notary.store.deployments.find(id)?.scale, 2);
    assert.equal((await send('PATCH', `/deployment/${id}`, { ...change, allowDataLoss: true })).status, 202);
    assert.equal(plane.notary.store.deployments.find(id)?.scale, 1);
  });
});
