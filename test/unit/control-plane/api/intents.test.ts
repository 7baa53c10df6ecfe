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

  const back = (digit: number) => `/deploy-history/${encodeURIComponent(digestOf(digit))}/revert`;

  async function shown(rest = ''): Promise<Record<string, unknown>> {
    const path = `/workspace/${plane.notary.workspaceId}/deployment/${id}${rest}`;
    const response = await plane.app.request(`http://127.0.0.1${path}`, {
      headers: { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' },
    });
    return (await response.json()) as Record<string, unknown>;
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
    reconcileStore(plane.notary.store, plane.notary.vault, plane.notary.registryVault).releaseFailed(
      failed,
      1,
      reason,
    );
    await ask('POST', '/start');
    assert.deepEqual(releases(), ['start 1', 'push 1']);
  });

  it('replaces every instance when a restart is forced', async () => {
    push(1);
    await ask('POST', '/start?forceRestart=true');
    assert.deepEqual(releases(), ['restart 1', 'push 1']);
  });

  it('goes back to the image of an old release alone, and stays there', async () => {
    push(1);
    push(2);
    await ask('PATCH', '', environment('new'));
    assert.equal(await ask('POST', back(1)), 202);
    push(3);
    assert.deepEqual(releases(), ['revert 1', 'update 2', 'push 2', 'push 1']);
    assert.deepEqual(now().config.environment, { MODE: 'new' });
    await ask('POST', '/start?forceRestart=true');
    assert.equal(releases()[0], 'restart 1');
  });

  it('goes on with pushes after a revert when deploy on push is asked for', async () => {
    push(1);
    push(2);
    await ask('POST', back(1));
    await ask('PATCH', '', { deployOnPush: true });
    push(3);
    assert.deepEqual(releases(), ['push 3', 'revert 1', 'push 2', 'push 1']);
  });

  it('goes on with pushes after a revert when it is resumed', async () => {
    push(1);
    push(2);
    await ask('POST', back(1));
    assert.equal((await shown())['pushesPaused'], true);
    await ask('PATCH', '', { pushesPaused: false });
    assert.equal((await shown())['pushesPaused'], undefined);
    push(3);
    assert.equal(releases()[0], 'push 3');
  });

  it('brings back the parts of an old release that are asked for, and no others', async () => {
    push(1);
    await ask('PATCH', '', environment('old'));
    await ask('PATCH', '', { ...environment('new'), ports: { 81: 'http' } });
    push(2);
    assert.equal(await ask('POST', `${back(1)}?parts=image,environment&release=2`), 202);
    const { environment: env, ports } = now().config;
    assert.deepEqual([env, Object.keys(ports)], [{ MODE: 'old' }, ['81']]);
    assert.equal(releases()[0], 'revert 1');
  });

  it('brings back configuration alone, without another image and without a pause', async () => {
    push(1);
    await ask('PATCH', '', environment('old'));
    push(2);
    await ask('PATCH', '', environment('new'));
    assert.equal(await ask('POST', `${back(1)}?parts=environment&release=2`), 202);
    assert.deepEqual(now().config.environment, { MODE: 'old' });
    assert.deepEqual([releases()[0], now().pushesPaused], ['revert 2', false]);
  });

  it('refuses parts that do not fit together, unknown parts, and a release that has another image', async () => {
    push(1);
    await ask('PATCH', '', { ports: { 81: 'http' }, startupProbe: { port: 81, path: '/' } });
    push(2);
    assert.equal(await ask('POST', `${back(1)}?parts=image,ports&release=1`), 400);
    assert.equal(await ask('POST', `${back(1)}?parts=image,everything`), 400);
    assert.equal(await ask('POST', `${back(1)}?release=3`), 404);
    assert.deepEqual(releases(), ['push 2', 'update 1', 'push 1']);
  });

  it('offers what was pushed while deploy on push is off, and rolls it out when asked to', async () => {
    push(1);
    await ask('PATCH', '', { deployOnPush: false });
    push(2);
    await ask('PATCH', '', environment('x'));
    const { digest, pushedAt } = (await shown())['newerImage'] as Record<string, string>;
    assert.equal(digest, digestOf(2));
    assert.match(pushedAt!, /^1970-01-01 00:00:01/);
    assert.equal(await ask('POST', '/roll-out'), 202);
    assert.deepEqual(releases(), ['rollOut 2', 'update 1', 'push 1']);
    assert.equal((await shown())['newerImage'], undefined);
  });

  it('does not offer what a revert left behind, but what is pushed after it; rolling it out ends the pause', async () => {
    push(1);
    push(2);
    await ask('POST', back(1));
    assert.equal((await shown())['newerImage'], undefined);
    push(3);
    assert.equal(((await shown())['newerImage'] as { digest: string }).digest, digestOf(3));
    await ask('POST', '/roll-out');
    push(4);
    assert.deepEqual(releases(), ['push 4', 'rollOut 3', 'revert 1', 'push 2', 'push 1']);
  });

  it('has nothing to roll out where nothing was pushed', async () => {
    assert.equal(await ask('POST', '/roll-out'), 400);
    assert.deepEqual(releases(), []);
  });

  it('tells the size of an image, how long a release took, and the configuration that it had', async () => {
    push(1);
    plane.notary.store.change(() => plane.notary.store.repositories.weigh(repositoryId, digestOf(1), 4096));
    await ask('PATCH', '', environment('x'));
    const target = plane.notary.store.releases.find(now().targetReleaseId!)!;
    const loop = reconcileStore(plane.notary.store, plane.notary.vault, plane.notary.registryVault);
    loop.releaseLive(target.id, target.createdAt + 1500, undefined);
    const { releases: listed } = await shown('/release');
    const [newest] = listed as Record<string, unknown>[];
    assert.deepEqual([newest!['size'], newest!['tookMs']], [4096, 1500]);
    const details = await shown(`/release/${String(newest!['id'])}`);
    assert.deepEqual(details['environmentVariables'], { MODE: 'x' });
    assert.equal(details['repositoryId'], repositoryId);
    assert.equal(details['machineType'], now().machineTypeId);
    assert.equal(await ask('GET', `/release/${'f'.repeat(32)}`), 404);
  });
});
