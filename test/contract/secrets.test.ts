import assert from 'node:assert/strict';
import type { EnvValue } from '../../src/protocol/shapes/deployment.ts';
import { testControlPlane, type TestControlPlane } from '../support/controlPlane.ts';
import { addDeployment, addRelease } from '../support/deployments.ts';
import { digestOf } from '../support/fakeRegistry.ts';

const planted = 'hunter2-planted-value';

describe('secrets over the API', () => {
  let plane: TestControlPlane;
  /** Every answer of a test, to look for what must not be in any. */
  let answers: string[];

  beforeEach(() => {
    plane = testControlPlane();
    answers = [];
  });

  afterEach(() => {
    plane.dispose();
    assert.doesNotMatch(answers.join('\n'), new RegExp(planted));
  });

  const send: TestControlPlane['send'] = async (...wanted) => {
    const answer = await plane.send(...wanted);
    answers.push(answer.text);
    return answer;
  };

  async function made(name = 'database url'): Promise<string> {
    const { status, body } = await send('POST', '/secret', { name, value: planted });
    assert.equal(status, 201);
    return String(body['id']);
  }

  function textOf(id: string): string | undefined {
    const found = plane.notary.vault.valueOf(plane.notary.workspaceId, id);
    return found.kind === 'value' ? found.text : undefined;
  }

  const listed = async () => (await send('GET', '/secret')).body['secrets'] as Record<string, unknown>[];
  /** A deployment that takes the variable URL from somewhere. */
  function withUrl(URL: EnvValue, changes: Partial<Parameters<typeof addDeployment>[1]> = {}) {
    const { config } = addDeployment(plane.notary);
    return addDeployment(plane.notary, {
      name: 'shop api',
      config: { ...config, environment: { URL } },
      ...changes,
    });
  }

  it('takes a value, and never gives it back', async () => {
    const id = await made();
    const [shown] = await listed();
    assert.deepEqual(Object.keys(shown ?? {}).toSorted(), ['id', 'name', 'updated', 'usedBy', 'version']);
    assert.deepEqual([shown?.['id'], shown?.['name'], shown?.['usedBy']], [id, 'database url', []]);
    assert.equal(textOf(id), planted);
    assert.equal((await send('GET', `/secret/${id}`)).status, 404);
  });

  it('is renamed without touching its value, and given another value', async () => {
    const id = await made();
    assert.equal((await send('PATCH', `/secret/${id}`, { name: 'main database' })).status, 202);
    assert.equal(textOf(id), planted);
    assert.equal((await send('PATCH', `/secret/${id}`, { value: ' kept as it is\n' })).status, 202);
    assert.equal(textOf(id), ' kept as it is\n');
    const [shown] = await listed();
    assert.deepEqual([shown?.['name'], shown?.['version']], ['main database', 2]);
  });

  it('refuses an update that changes nothing, a name that is taken, and values that no variable can have', async () => {
    const id = await made();
    await made('another');
    assert.equal((await send('PATCH', `/secret/${id}`, {})).status, 400);
    assert.equal((await send('PATCH', `/secret/${id}`, { name: 'ANOTHER' })).status, 409);
    assert.equal((await send('POST', '/secret', { name: 'Another', value: 'x' })).status, 409);
    for (const value of ['', `${planted}\0`, `${planted}${'x'.repeat(40_000)}`, 7, { planted }, undefined]) {
      const { status, body } = await send('POST', '/secret', { name: 'fine name', value });
      assert.equal(status, 400);
      assert.deepEqual((body['fields'] as { field: string }[])[0]?.field, 'value');
    }
    assert.equal((await send('PATCH', `/secret/${'f'.repeat(32)}`, { value: 'x' })).status, 404);
  });

  it('is not deleted while something uses it, and says where that is', async () => {
    const id = await made();
    const deployment = withUrl({ fromSecret: id });
    const { id: releaseId } = addRelease(plane.notary, deployment.id);
    const whole = await send('DELETE', `/secret/${id}`);
    assert.equal(whole.status, 422);
    assert.equal(whole.body['error'], 'resourceInUse');
    assert.match(String(whole.body['message']), /used by shop api, release 1 of shop api\./);
    assert.deepEqual((await listed())[0]?.['usedBy'], [deployment.id]);
    await send('PATCH', `/deployment/${deployment.id}`, { environmentVariables: {} });
    plane.notary.store.releases.settle(releaseId, ['superseded'], { state: 'live', finishedAt: 1 });
    const running = await send('DELETE', `/secret/${id}`);
    assert.match(String(running.body['message']), /used by release 1 of shop api\./);
    plane.notary.store.releases.settle(releaseId, ['live'], { state: 'retired', finishedAt: 1 });
    assert.equal((await send('DELETE', `/secret/${id}`)).status, 205);
    assert.equal((await send('DELETE', `/secret/${id}`)).status, 404);
  });

  it('tells those who use it that a restart gives them the new value', async () => {
    const id = await made();
    const deployment = withUrl({ fromSecret: id });
    plane.reconciler.woken.length = 0;
    await send('PATCH', `/secret/${id}`, { value: `${planted} again` });
    assert.deepEqual(plane.reconciler.woken, [deployment.id]);
    const { body } = await send('GET', `/deployment/${deployment.id}/event`);
    const [event] = body['events'] as { kind: string; message: string }[];
    assert.equal(event?.kind, 'secretChanged');
    assert.match(event?.message ?? '', /The secret database url has another value.*restart the deployment/);
  });

  it('is what a deployment may refer to by its id, and nothing else is', async () => {
    const id = await made();
    const { id: deploymentId } = addDeployment(plane.notary);
    const set = (URL: EnvValue) =>
      send('PATCH', `/deployment/${deploymentId}`, { environmentVariables: { URL } });
    assert.equal((await set({ fromSecret: id })).status, 202);
    const shown = await send('GET', `/deployment/${deploymentId}`);
    assert.deepEqual(shown.body['environmentVariables'], { URL: { fromSecret: id } });
    const refused = await set({ fromSecret: 'f'.repeat(32) });
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.body['fields'], [
      { field: 'environmentVariables.URL', message: 'is taken from a secret that does not exist' },
    ]);
  });

  it('that is gone lets a deployment be scaled and mended, and nothing new be started from it', async () => {
    const { id, config } = withUrl({ fromSecret: 'f'.repeat(32) }, { intent: 'running' });
    addRelease(plane.notary, id, { digest: digestOf(1), config });
    assert.equal((await send('PATCH', `/deployment/${id}`, { maxHorizontalScale: 5 })).status, 202);
    assert.equal((await send('PATCH', `/deployment/${id}`, { ports: { 81: 'http' } })).status, 400);
    const restart = await send('POST', `/deployment/${id}/start?forceRestart=true`);
    assert.equal(restart.status, 404);
    assert.match(
      String(restart.body['message']),
      /The secret that URL is taken from does not exist any more/,
    );
    const mended = { environmentVariables: { URL: 'raw' } };
    assert.equal((await send('PATCH', `/deployment/${id}`, mended)).status, 202);
    const back = await send(
      'POST',
      `/deployment/${id}/deploy-history/${encodeURIComponent(digestOf(1))}/revert`,
    );
    assert.equal(back.status, 202);
  });

  it('that is gone is not gone back to', async () => {
    const { id, config } = withUrl('raw', { intent: 'running' });
    const environment = { URL: { fromSecret: 'f'.repeat(32) } };
    addRelease(plane.notary, id, { digest: digestOf(1), config: { ...config, environment } });
    addRelease(plane.notary, id, { digest: digestOf(2) });
    const path = `/deployment/${id}/deploy-history/${encodeURIComponent(digestOf(1))}/revert`;
    assert.equal((await send('POST', `${path}?parts=image,environment`)).status, 404);
    assert.equal((await send('POST', path)).status, 202);
  });
});
