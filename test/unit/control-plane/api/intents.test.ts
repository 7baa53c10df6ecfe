import assert from 'node:assert/strict';
import { pushObserved } from '../../../../src/control-plane/state/pushes.ts';
import { reconcileStore } from '../../../../src/control-plane/state/reconcileStore.ts';
import { testControlPlane, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment, addRepository } from '../../../support/deployments.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';

/** What becomes of a deployment's releases when people start, stop, change and revert it. */
describe('what is wanted of a deployment', () => {
  let plane: TestControlPlane;
  let id: string;
  let repositoryId: string;

  beforeEach(() => {
    plane = testControlPlane();
    repositoryId = addRepository(plane.notary, 'shop');
    ({ id } = addDeployment(plane.notary, { source: { registry: 'registry.patr.cloud', repositoryId } }));
  });
  afterEach(() => plane.dispose());

  async function ask(method: string, rest: string, body?: unknown): Promise<number> {
    const path = `/workspace/${plane.notary.workspaceId}/deployment/${id}${rest}`;
    const response = await plane.app.request(`http://127.0.0.1${path}`, {
      method,
      headers: { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.status;
  }

  function push(digit: number): void {
    plane.registry.push(`${plane.notary.workspaceId}/shop`, 'latest', digestOf(digit));
    pushObserved(plane.notary, { repositoryId, tag: 'latest', digest: digestOf(digit) }, 'pushed');
  }

  const releases = () =>
    plane.notary.store.releases
      .list(id, { count: 100, page: 0 })
      .rows.map(({ cause, digest }) => `${cause} ${digest?.slice(7, 8) ?? '?'}`);
  const now = () => plane.notary.store.deployments.find(id)!;
  const environment = (value: string) => ({ environmentVariables: { MODE: value } });

  it('starts again what ran before, without a release', async () => {
    push(1);
    await ask('POST', '/stop');
    assert.equal(now().intent, 'stopped');
    assert.equal(await ask('POST', '/start'), 200);
    assert.equal(now().intent, 'running');
    assert.deepEqual(releases(), ['push 1']);
  });

  it('stores a change while it is stopped and releases it at the start', async () => {
    push(1);
    await ask('POST', '/stop');
    assert.equal(await ask('PATCH', '', environment('x')), 202);
    assert.deepEqual(releases(), ['push 1']);
    await ask('POST', '/start');
    assert.deepEqual(releases(), ['start 1', 'push 1']);
  });

  it('takes at the start what was pushed while it was stopped', async () => {
    push(1);
    await ask('POST', '/stop');
    push(2);
    assert.equal(now().intent, 'stopped');
    await ask('POST', '/start');
    assert.deepEqual(releases(), ['start 2', 'push 1']);
  });

  it('starts from what ran before while the registry does not answer', async () => {
    push(1);
    await ask('POST', '/stop');
    plane.registry.reachable = false;
    assert.equal(await ask('POST', '/start'), 200);
    assert.equal(now().intent, 'running');
  });

  it('tries a failed release again as a new one', async () => {
    push(1);
    const failed = now().targetReleaseId!;
    const reason = { code: 'exited', message: 'It ended.' } as const;
    reconcileStore(plane.notary.store, plane.notary.vault).releaseFailed(failed, 1, reason);
    await ask('POST', '/start');
    assert.deepEqual(releases(), ['start 1', 'push 1']);
  });

  it('replaces every instance when a restart is forced', async () => {
    push(1);
    await ask('POST', '/start?forceRestart=true');
    assert.deepEqual(releases(), ['restart 1', 'push 1']);
  });

  it('goes back to the image and the configuration of an old release, and stays there', async () => {
    push(1);
    await ask('PATCH', '', environment('new'));
    push(2);
    const back = `/deploy-history/${encodeURIComponent(digestOf(1))}/revert`;
    assert.equal(await ask('POST', back), 202);
    push(3);
    assert.deepEqual(releases(), ['revert 1', 'push 2', 'update 1', 'push 1']);
    assert.deepEqual(now().config.environment, { MODE: 'new' });
    await ask('POST', '/start?forceRestart=true');
    assert.equal(releases()[0], 'restart 1');
  });

  it('goes on with pushes after a revert when deploy on push is asked for', async () => {
    push(1);
    push(2);
    await ask('POST', `/deploy-history/${encodeURIComponent(digestOf(1))}/revert`);
    await ask('PATCH', '', { deployOnPush: true });
    push(3);
    assert.deepEqual(releases(), ['push 3', 'revert 1', 'push 2', 'push 1']);
  });
});
