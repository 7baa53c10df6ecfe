import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { ConfigSync } from '../../../../src/control-plane/config/configSync.ts';
import type { Poster } from '../../../../src/control-plane/config/poster.ts';
import type { InstanceSpec } from '../../../../src/control-plane/executors/executor.ts';
import { memoryNotary, type TestNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';
import { FakeExecutor } from '../../../support/fakeExecutor.ts';
import { aRecord } from '../../../support/remains.ts';
import { loopOver } from '../../../support/scale.ts';

describe('config mounts on their way into instances', () => {
  let notary: TestNotary;
  let executor: FakeExecutor;
  let id: string;
  let answer: Poster;
  let sync: ConfigSync;
  let posts: number;

  beforeEach(async () => {
    notary = memoryNotary();
    executor = new FakeExecutor(notary.now);
    posts = 0;
    answer = () => Promise.resolve(undefined);
    const post: Poster = (wanted, options) => {
      posts += 1;
      return answer(wanted, options);
    };
    sync = new ConfigSync({ notary, executor, post, log: silentLog });
    const afterConfigChange = { kind: 'post', port: 80, path: '/reload' } as const;
    ({ id } = addDeployment(notary, { intent: 'running', afterConfigChange }));
    executor.images.add('page:1');
    const spec: Partial<InstanceSpec> = {
      instanceId: 'one',
      deploymentId: id,
      deploymentName: 'app',
      image: 'page:1',
      hasConfig: true,
      volumes: {},
      published: [],
      record: aRecord(),
    };
    await executor.run(spec as InstanceSpec);
  });
  afterEach(() => notary.store.dispose());

  const save = (text: string): number =>
    notary.store.change(() =>
      notary.store.configMounts.write(id, [{ name: 'a', content: Buffer.from(text) }], {
        at: 1,
        who: undefined,
      }),
    );

  it('are written one at a time, each time as they are by then', async () => {
    const written: string[] = [];
    let under = 0;
    executor.putConfig = async (_, { files }) => {
      under += 1;
      assert.equal(under, 1);
      written.push(String(files.get('a')));
      await Promise.resolve();
      under -= 1;
    };
    save('1');
    const first = sync.put(id);
    save('2');
    const second = sync.put(id);
    save('3');
    assert.deepEqual([(await first).generation, (await second).generation], [3, 3]);
    assert.deepEqual(written, ['3', '3']);
  });

  it('do not wait for a rollout that does not get on', async () => {
    addRelease(notary, id);
    const { promise: pulled, reject } = Promise.withResolvers<never>();
    const { promise: pulling, resolve: begun } = Promise.withResolvers<void>();
    executor.ensureImage = () => {
      begun();
      return pulled;
    };
    const loop = loopOver(notary, executor, { config: sync });
    loop.start();
    await pulling;
    save('while it pulls');
    const { instances } = await sync.sync(id);
    assert.equal(instances.get('one'), 1);
    reject(new Error('It is given up.'));
    await loop.stop();
  });

  it('do not wait for the action after the change before', async () => {
    const { promise: answered, resolve } = Promise.withResolvers<undefined>();
    answer = () => answered;
    save('1');
    const first = sync.sync(id);
    while (posts === 0) await Promise.resolve();
    save('2');
    assert.equal((await sync.put(id)).generation, 2);
    assert.deepEqual(await executor.configSeen(id), new Map([['one', 2]]));
    resolve(undefined);
    assert.equal((await first).announced?.generation, 1);
  });

  it('are followed by one action when several changes come together', async () => {
    save('1');
    const first = sync.sync(id);
    save('2');
    const outcomes = await Promise.all([first, sync.sync(id), sync.sync(id)]);
    assert.deepEqual(
      outcomes.map(({ announced }) => announced?.generation),
      [2, 2, 2],
    );
    assert.equal(posts, 1);
  });

  it('are finished by the next look, with the action that was not carried out, and then nothing is done', async () => {
    save('1');
    await sync.finish(id);
    await sync.finish(id);
    assert.deepEqual(await executor.configSeen(id), new Map([['one', 1]]));
    assert.equal(posts, 1);
    save('2');
    // The process was killed after the write: another one goes on.
    await sync.put(id);
    const next = new ConfigSync({ notary, executor, post: (...all) => answer(...all), log: silentLog });
    answer = () => {
      posts += 1;
      return Promise.resolve(undefined);
    };
    await next.finish(id);
    assert.equal(posts, 2);
    assert.equal(notary.store.configMounts.announced(id), 2);
  });

  it('hold nothing else up when they cannot be written, and are tried again', async () => {
    addRelease(notary, id);
    executor.putConfig = () => Promise.reject(new Error('No space left on the device.'));
    save('1');
    const loop = loopOver(notary, executor, { config: sync });
    const { promise: looked, resolve } = Promise.withResolvers<void>();
    const listening = loop.onChange(() => resolve());
    loop.start();
    await looked;
    assert.notEqual(loop.status(id).status, 'unreachable');
    listening.dispose();
    await loop.stop();
  });

  it('are left alone where the deployment is gone', async () => {
    save('1');
    notary.store.change(() => notary.store.deployments.delete(id, 1));
    executor.putConfig = () => assert.fail('nothing is written');
    await sync.put(id);
  });
});
