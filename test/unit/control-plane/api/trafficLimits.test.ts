import assert from 'node:assert/strict';
import { testControlPlane, type Sent, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';

/** What the edge holds a deployment's clients to, as it is declared over the API. */
describe('traffic limits of a deployment', () => {
  let plane: TestControlPlane;
  let id: string;

  beforeEach(() => {
    plane = testControlPlane();
    ({ id } = addDeployment(plane.notary, { intent: 'running' }));
    addRelease(plane.notary, id, { digest: digestOf(1) });
  });
  afterEach(() => plane.dispose());

  const change = (trafficLimits: unknown): Promise<Sent> =>
    plane.send('PATCH', `/deployment/${id}`, { trafficLimits });
  const shown = async (): Promise<unknown> =>
    (await plane.send('GET', `/deployment/${id}`)).body['trafficLimits'];
  const events = (): readonly string[] =>
    plane.notary.store.events.list(id, { count: 10, page: 0 }).rows.map(({ message }) => message);

  it('are answered as they were declared, and not where none were', async () => {
    assert.equal(await shown(), undefined);
    assert.equal((await change({ maxBodyBytes: 1000, maxRequestsPerSecond: 5 })).status, 202);
    assert.deepEqual(await shown(), { maxBodyBytes: 1000, maxRequestsPerSecond: 5 });
    await change({ maxBodyBytes: null });
    assert.deepEqual(await shown(), { maxBodyBytes: null });
    await plane.send('PATCH', `/deployment/${id}`, { deployOnPush: false });
    assert.deepEqual(await shown(), { maxBodyBytes: null });
    await change({});
    assert.equal(await shown(), undefined);
  });

  it('change without a release: the loop is woken, and an event tells what they were', async () => {
    const releases = (): number => plane.notary.store.releases.list(id, { count: 10, page: 0 }).total;
    const [before, woken] = [releases(), plane.reconciler.woken.length];
    await change({ maxRequestsPerInstance: 10 });
    assert.equal(releases(), before);
    assert.deepEqual(plane.reconciler.woken.slice(woken), [id]);
    assert.deepEqual(events(), ['Traffic limits changed: requests at once per instance 10 (was 5000).']);
    await change({ maxRequestsPerInstance: 10 });
    assert.equal(events().length, 1);
  });

  it('are refused with the field where they are out of bounds, and nothing changes', async () => {
    const { status, body } = await change({ maxBodyBytes: 0, answerTimeoutSeconds: 4000 });
    assert.equal(status, 400);
    const fields = (body['fields'] as { field: string }[]).map(({ field }) => field);
    assert.deepEqual(fields, ['trafficLimits.maxBodyBytes', 'trafficLimits.answerTimeoutSeconds']);
    assert.equal(await shown(), undefined);
  });
});
