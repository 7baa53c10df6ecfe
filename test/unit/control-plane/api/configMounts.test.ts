import assert from 'node:assert/strict';
import type { InstanceSpec } from '../../../../src/control-plane/executors/executor.ts';
import { versionsKept } from '../../../../src/control-plane/state/configMounts.ts';
import { testControlPlane, type Sent, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';
import { aRecord } from '../../../support/remains.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Config mounts as documents with versions, over the API and a state in memory. */
describe('config mounts', () => {
  let plane: TestControlPlane;
  let id: string;

  beforeEach(() => {
    plane = testControlPlane();
    ({ id } = addDeployment(plane.notary, { intent: 'running' }));
    addRelease(plane.notary, id, { digest: digestOf(1) });
  });
  afterEach(() => plane.dispose());

  const path = (): string => `/deployment/${id}/config-mount`;
  const change = (...changes: readonly unknown[]): Promise<Sent> => plane.send('PATCH', path(), { changes });
  const write = (name: string, text: string, more = {}): Promise<Sent> =>
    change({ name, content: base64(text), ...more });
  const contentOf = async (name: string, version?: number): Promise<unknown> => {
    const query = version === undefined ? '' : `?version=${version}`;
    const { body } = await plane.send('GET', `${path()}/${name}${query}`);
    return Buffer.from(String(body['content']), 'base64').toString();
  };
  const releases = (): readonly string[] =>
    plane.notary.store.releases.list(id, { count: 100, page: 0 }).rows.map(({ cause }) => cause);

  async function anInstance(instanceId: string): Promise<void> {
    const { executor } = plane;
    executor.images.add('page:1');
    const spec: Partial<InstanceSpec> = { instanceId, deploymentId: id, image: 'page:1', hasConfig: true };
    const rest = {
      deploymentName: 'app',
      releaseId: 'e'.repeat(32),
      volumes: {},
      published: [],
      record: aRecord(),
    };
    await executor.run({ ...rest, ...spec } as InstanceSpec);
  }

  it('are versions of their own in one row of generations, and say who changed them', async () => {
    await write('a.toml', 'one');
    await write('b.toml', 'two');
    const { body, status } = await write('a.toml', 'three');
    assert.equal(status, 200);
    assert.equal(body['generation'], 3);
    const { body: shown } = await plane.send('GET', path());
    const mounts = shown['mounts'] as Record<string, unknown>[];
    assert.deepEqual(
      mounts.map(({ name, version, size, changedBy }) => [name, version, size, changedBy]),
      [
        ['a.toml', 3, 5, 'local (Test)'],
        ['b.toml', 2, 3, 'local (Test)'],
      ],
    );
    assert.deepEqual([await contentOf('a.toml'), await contentOf('a.toml', 1)], ['three', 'one']);
  });

  it('change together as one generation, or not at all', async () => {
    await change({ name: 'a', content: base64('1') }, { name: 'b', content: base64('1') });
    const refused = await change({ name: 'a', content: base64('2') }, { name: 'none', content: null });
    assert.equal(refused.status, 404);
    assert.equal(await contentOf('a'), '1');
    const { body } = await change({ name: 'a', content: null }, { name: 'c', from: 'b' });
    const mounts = body['mounts'] as Record<string, unknown>[];
    assert.deepEqual([body['generation'], mounts.map(({ name }) => name)], [2, ['c']]);
    assert.equal(await contentOf('c'), '1');
  });

  it('are not written over what somebody else saved meanwhile: it says who, when and what is there now', async () => {
    await write('a', '1', { ifVersion: null });
    await write('a', '2', { ifVersion: 1 });
    const { status, body } = await write('a', '3', { ifVersion: 1 });
    assert.equal(status, 409);
    assert.equal(body['error'], 'configMountConflict');
    assert.match(String(body['message']), /^a was changed by local \(Test\) at 1970-.* is at version 2\./);
    assert.equal((body['fields'] as { field: string }[])[0]!.field, 'configMounts.a');
    assert.equal(await contentOf('a'), '2');
    assert.equal((await write('a', '3', { ifVersion: null })).status, 409);
    await change({ name: 'a', content: null, ifVersion: 2 });
    const gone = await write('a', '3', { ifVersion: 2 });
    assert.match(String(gone.body['message']), /^a was deleted by .*version 3/);
    assert.equal((await write('a', '3', { ifVersion: null })).status, 200);
  });

  it('have a history, also when they are deleted, and any version of it can be brought back', async () => {
    await write('a', '1');
    await write('a', '2');
    await change({ name: 'a', content: null });
    const { body } = await plane.send('GET', `${path()}/a/history`);
    const versions = body['versions'] as Record<string, unknown>[];
    assert.deepEqual(
      versions.map(({ version, removed }) => [version, removed]),
      [
        [3, true],
        [2, false],
        [1, false],
      ],
    );
    assert.equal((await plane.send('GET', `${path()}/a`)).status, 404);
    await change({ name: 'a', restore: 1 });
    assert.equal(await contentOf('a'), '1');
    assert.equal((await change({ name: 'a', restore: 9 })).status, 404);
    assert.equal((await plane.send('GET', `${path()}/never/history`)).status, 404);
  });

  it('are refused by the rule for names, with the rule, and nothing is written', async () => {
    for (const name of ['..', '../x', 'a/b', 'a\0b', 'NUL', 'com1.txt', '..data', '', 'x'.repeat(300), 'é']) {
      const { status, body } = await write(name, 'x');
      assert.equal(status, 400, name);
      assert.match(JSON.stringify(body['fields']), /must/, name);
    }
    await write('App.toml', 'x');
    const twin = await write('app.toml', 'x');
    assert.equal(twin.status, 400);
    assert.match(JSON.stringify(twin.body), /differ from App.toml in more than upper and lower case/);
    assert.equal((await change({ name: 'app.toml', from: 'App.toml' })).status, 200);
    const both = await change({ name: 'z', content: '' }, { name: 'z', content: null });
    assert.match(JSON.stringify(both.body), /changed twice/);
  });

  it('reach every running instance without a release, and the answer says which have them', async () => {
    await write('a', '1');
    for (const instance of ['one', 'two']) await anInstance(instance);
    const before = releases();
    const { body } = await write('a', '2');
    assert.deepEqual(body['instances'], [
      { id: 'one', generation: 2 },
      { id: 'two', generation: 2 },
    ]);
    assert.equal(typeof body['ms'], 'number');
    assert.deepEqual([body['message'], body['release'], releases()], [undefined, undefined, before]);
  });

  it('need new instances once, for those that run have no directory', async () => {
    const { body } = await write('a', '1');
    assert.deepEqual([body['release'], releases()], [2, ['update', 'create']]);
    assert.match(String(body['message']), /Release 2 brings it/);
    await change({ name: 'a', content: null }, { name: 'b', content: '' });
    assert.equal(releases().length, 2);
  });

  it('are kept when they cannot be put into instances, and it is tried again', async () => {
    await write('a', '1');
    plane.executor.putConfig = () => Promise.reject(new Error('No space left.'));
    const { status, body } = await write('a', '2');
    assert.equal(status, 200);
    assert.match(String(body['message']), /It is kept, and could not be put .*No space left/);
    assert.deepEqual(plane.reconciler.woken.at(-1), id);
    assert.equal(await contentOf('a'), '2');
  });

  it('are followed by what the deployment does after a change, once, and it is told how that went', async () => {
    await write('a', '1');
    for (const instance of ['one', 'two']) await anInstance(instance);
    await plane.send('PATCH', `/deployment/${id}`, {
      afterConfigChange: { kind: 'signal', signal: 'SIGHUP' },
    });
    const signalled = await write('a', '2');
    assert.deepEqual(signalled.body['after'], {
      kind: 'signal',
      outcomes: [{ instance: 'one' }, { instance: 'two' }],
    });
    assert.deepEqual(await plane.executor.lastLines('one', 5), ['SIGHUP']);

    const post = { kind: 'post', port: 80, path: '/reload' };
    await plane.send('PATCH', `/deployment/${id}`, { afterConfigChange: post });
    plane.posts.problem = 'It answered 500 at /reload.';
    const posted = await write('a', '3');
    assert.deepEqual((posted.body['after'] as { outcomes: unknown[] }).outcomes[0], {
      instance: 'one',
      problem: 'It answered 500 at /reload.',
    });
    assert.deepEqual(plane.posts.sent[0]?.path, '/reload');
    const [event] = plane.notary.store.events.list(id, { count: 1, page: 0 }).rows;
    assert.match(event!.message, /POST to \/reload.*: 0 of 2 instances\. one: It answered 500/);

    await plane.send('PATCH', `/deployment/${id}`, { afterConfigChange: { kind: 'restart' } });
    const restarted = await write('a', '4');
    assert.equal(restarted.body['release'], 3);
    const { body: info } = await plane.send('GET', `/deployment/${id}`);
    assert.deepEqual(info['afterConfigChange'], { kind: 'restart' });
  });

  it('refuse a POST to a port that does not speak HTTP', async () => {
    const afterConfigChange = { kind: 'post', port: 81, path: '/' };
    const { status, body } = await plane.send('PATCH', `/deployment/${id}`, { afterConfigChange });
    assert.equal(status, 400);
    assert.match(JSON.stringify(body['fields']), /afterConfigChange.port.*http ports/);
  });

  it('are the same ones that Patr’s own endpoints take and answer', async () => {
    await plane.send('PATCH', `/deployment/${id}`, { configMounts: { a: base64('1'), b: base64('1') } });
    assert.equal(await contentOf('a'), '1');
    await plane.send('PATCH', `/deployment/${id}`, { configMounts: { a: base64('1'), c: base64('1') } });
    const { body } = await plane.send('GET', path());
    const mounts = body['mounts'] as Record<string, unknown>[];
    assert.deepEqual(
      mounts.map(({ name, version }) => [name, version]),
      [
        ['a', 1],
        ['c', 2],
      ],
    );
    await write('c', '2');
    const { body: info } = await plane.send('GET', `/deployment/${id}`);
    assert.deepEqual(info['configMounts'], { a: base64('1'), c: base64('2') });
  });

  it('go back with a release when that is asked for, as the release had them last', async () => {
    await write('a', 'first');
    await write('a', 'second');
    const live = plane.notary.store.releases.byNumber(id, 2)!;
    assert.equal(live.configGeneration, 2);
    addRelease(plane.notary, id, { digest: digestOf(2) });
    await write('a', 'third');
    assert.equal(plane.notary.store.releases.byNumber(id, 2)!.configGeneration, 2);
    const { body: listed } = await plane.send('GET', `/deployment/${id}/release`);
    assert.deepEqual(
      (listed['releases'] as Record<string, unknown>[]).map((one) => one['configGeneration']),
      [3, 2, undefined],
    );
    const { body: details } = await plane.send('GET', `/deployment/${id}/release/${live.id}`);
    assert.deepEqual(details['configMounts'], { a: base64('second') });

    const back = `/deployment/${id}/deploy-history/${encodeURIComponent(digestOf(1))}/revert?release=2`;
    assert.equal((await plane.send('POST', `${back}&parts=image`)).status, 202);
    assert.equal(await contentOf('a'), 'third');
    assert.equal((await plane.send('POST', `${back}&parts=image,configMounts`)).status, 202);
    assert.equal(await contentOf('a'), 'second');
    const { body } = await plane.send('GET', path());
    assert.equal(body['generation'], 4);
  });

  it('are one event however often they are saved in a row, so that other decisions are still told', async () => {
    const kinds = (): readonly string[] =>
      plane.notary.store.events.list(id, { count: 10, page: 0 }).rows.map(({ kind }) => kind);
    await write('a', '1');
    await write('a', '2');
    await write('b', '3');
    assert.deepEqual(kinds(), ['configChanged']);
    const [event] = plane.notary.store.events.list(id, { count: 1, page: 0 }).rows;
    assert.equal(event!.message, 'Config mounts changed by local (Test): b. It is generation 3.');
  });

  it('keep so many versions, and those that releases need beyond them', async () => {
    await write('a', 'of the release');
    plane.notary.store.change(() =>
      plane.notary.store.releases.settle(plane.notary.store.releases.byNumber(id, 2)!.id, ['waiting'], {
        state: 'retired',
        finishedAt: 1,
      }),
    );
    for (let round = 0; round < versionsKept + 10; round += 1) await write('a', `round ${round}`);
    const { body } = await plane.send('GET', `${path()}/a/history?count=1000`);
    const versions = (body['versions'] as { version: number }[]).map(({ version }) => version);
    assert.equal(versions.length, versionsKept + 1);
    assert.deepEqual([versions[0], versions.at(-1)], [versionsKept + 11, 1]);
    assert.equal(await contentOf('a', 1), 'of the release');
  });
});
