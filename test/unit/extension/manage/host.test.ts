import assert from 'node:assert/strict';
import { saveChange } from '../../../../src/extension/manage/save.ts';
import { readFacts, readUsage } from '../../../../src/extension/manage/facts.ts';
import { systemClock } from '../../../../src/base/clock.ts';
import { openServer } from '../../../../src/client/server.ts';
import type { Target } from '../../../../src/deploy/target.ts';
import { isProblem, problem } from '../../../../src/protocol/problems.ts';
import { FakePatr, fakeToken } from '../../../support/fakePatr.ts';
import { aDeployment, anInstance, aRelease, workspaceId } from '../../../support/fakePatrState.ts';

const id = '5'.repeat(32);
const volume = '7'.repeat(32);

describe('the host of a panel of a deployment', () => {
  let patr: FakePatr;
  let target: Target;

  beforeEach(async () => {
    patr = await FakePatr.start();
    const server = await openServer({
      url: patr.url,
      token: fakeToken,
      fetch,
      userAgent: 'test',
      clock: systemClock,
      chance: () => 0,
      timeoutMs: 5000,
    });
    target = { ...server, workspaceId, token: fakeToken };
    patr.state.put(aDeployment({ id, name: 'shop', volumes: { [volume]: '/data' } }));
  });
  afterEach(() => patr.stop());

  const update = (): unknown => patr.seen.findLast(({ name }) => name === 'updateDeployment')?.body;
  const newVolumes = [{ name: 'shop logs', size: 1, path: '/logs' }];

  it('saves a change as one update, with the volumes that are made for it', async () => {
    const change = { update: { volumes: { [volume]: '/data' }, ifRevision: 1 }, newVolumes };
    await saveChange(target, id, change, () => undefined);
    const [made] = patr.state.volumes;
    assert.equal(made?.name, 'shop logs');
    assert.deepEqual(update(), { volumes: { [volume]: '/data', [made.id]: '/logs' }, ifRevision: 1 });
  });

  it('takes volumes away again when the update is refused, and says why', async () => {
    patr.refuse('updateDeployment', problem('revisionConflict'));
    const saving = saveChange(target, id, { update: { ifRevision: 1 }, newVolumes }, () => undefined);
    await assert.rejects(saving, (error) => isProblem(error, 'revisionConflict'));
    assert.deepEqual(patr.state.volumes, []);
  });

  it('reads everything that is shown, and does without what a server does not keep', async () => {
    patr.state.repositories.set('4'.repeat(32), 'shop/web');
    patr.state.instances.set(id, [anInstance()]);
    patr.state.releases.set(id, [
      aRelease({ number: 3, state: 'failed' }),
      aRelease({ number: 2, state: 'retired', imageRemoved: true }),
      aRelease(),
    ]);
    const facts = await readFacts(target, id, {});
    assert.ok(facts !== 'gone');
    assert.equal(facts.image, 'shop/web');
    assert.equal(facts.region, 'local');
    assert.deepEqual(
      facts.releases?.map(({ number, canRevert, canCompare }) => [number, canRevert, canCompare]),
      [
        [3, true, true],
        [2, false, true],
        [1, true, true],
      ],
    );
    assert.ok(facts.verbs.includes('stop') && !facts.verbs.includes('start'));
    const plain = { ...target, backend: { ...target.backend, offers: () => false } };
    const less = await readFacts(plain, id, {});
    assert.ok(less !== 'gone');
    assert.deepEqual([less.instances, less.releases, less.events], [undefined, undefined, undefined]);
    assert.deepEqual(await readUsage(plain, id, {}), {});
  });

  it('lists config mounts with who changed them, and what can be done with each on this server', async () => {
    patr.state.change(id, { configMounts: { 'app.yaml': 'cG9ydDogMQo=' } });
    const marks = (_: string, name: string) => (name === 'app.yaml' ? { follows: 'conf/app.yaml' } : {});
    const facts = await readFacts(target, id, {}, marks);
    assert.ok(facts !== 'gone');
    const [mount] = facts.mounts;
    assert.match(mount?.words ?? '', /^8 B · changed .* by admin$/);
    assert.equal(mount?.follows, 'conf/app.yaml');
    assert.deepEqual(mount.verbs, ['open', 'history', 'rename', 'stopFollowing', 'delete']);
    assert.ok(facts.liveMounts);
    const plain = await readFacts({ ...target, backend: { ...target.backend, offers: () => false } }, id, {});
    assert.ok(plain !== 'gone');
    assert.equal(plain.liveMounts, false);
    assert.deepEqual(plain.mounts, [{ name: 'app.yaml', words: '8 B', verbs: ['open', 'rename', 'delete'] }]);
  });

  it('knows a deployment that was deleted from a server that does not answer', async () => {
    assert.equal(await readFacts(target, 'f'.repeat(32), {}), 'gone');
    patr.refuse('getDeployment', problem('unauthorized'));
    await assert.rejects(readFacts(target, id, {}), (error) => isProblem(error, 'unauthorized'));
  });

  it('reads what instances use, of those that the engine measured', async () => {
    const usage = { cpus: 0.5, memoryBytes: 10 };
    patr.state.instances.set(id, [anInstance({ id: 'a', usage }), anInstance({ id: 'b' })]);
    assert.deepEqual(await readUsage(target, id, {}), { a: usage });
  });
});
