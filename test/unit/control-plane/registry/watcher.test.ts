import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import type { Clock } from '../../../../src/base/clock.ts';
import { createWatcher, type Watcher } from '../../../../src/control-plane/registry/watcher.ts';
import { memoryNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRepository } from '../../../support/deployments.ts';
import { digestOf, FakeRegistry } from '../../../support/fakeRegistry.ts';

describe('the look at the registry', () => {
  let notary: ReturnType<typeof memoryNotary>;
  let registry: FakeRegistry;
  let watcher: Watcher;
  let path: string;
  let repositoryId: string;
  let waits: number[];
  let wakeAt: (() => unknown) | undefined;

  beforeEach(() => {
    notary = memoryNotary();
    registry = new FakeRegistry();
    repositoryId = addRepository(notary);
    path = `${notary.workspaceId}/shop`;
    waits = [];
    wakeAt = undefined;
    // A wait ends with the signal, or at once where the test says what happens meanwhile.
    const clock: Clock = {
      now: () => 1,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          waits.push(ms);
          if (wakeAt !== undefined) {
            wakeAt();
            resolve();
          }
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    };
    watcher = createWatcher({ notary, registry, clock, log: silentLog, chance: () => 0 });
  });
  afterEach(async () => {
    await watcher.stop();
    notary.store.dispose();
  });

  const seen = () =>
    notary.store.repositories.seenTags(repositoryId).map(({ tag, digest, size }) => [tag, digest, size]);

  it('finds what was pushed while nobody listened, and how large it is', async () => {
    registry.push(path, 'latest', digestOf(1));
    const { id } = addDeployment(notary, { source: { registry: 'registry.patr.cloud', repositoryId } });
    await watcher.look();
    assert.deepEqual(seen(), [['latest', digestOf(1), 1000]]);
    assert.equal(notary.store.deployments.find(id)?.intent, 'running');
    assert.equal(notary.store.contents.size(path), 1000);
  });

  it('forgets tags that are gone', async () => {
    registry.push(path, 'old', digestOf(1));
    await watcher.look();
    registry.repositories.get(path)?.delete('old');
    await watcher.look();
    assert.deepEqual(seen(), []);
  });

  it('takes what the registry has, not what a notification meant', async () => {
    registry.push(path, 'latest', digestOf(2));
    watcher.pushed({ path, tag: 'latest', digest: digestOf(1) });
    watcher.pushed({ path: 'nobody/knows', tag: 'latest', digest: digestOf(1) });
    await turns();
    assert.deepEqual(seen(), [['latest', digestOf(2), 1000]]);
  });

  it('waits for the tag that the registry moves only after it has told of it', async () => {
    registry.push(path, 'latest', digestOf(1));
    await watcher.look();
    wakeAt = () => registry.push(path, 'latest', digestOf(2));
    watcher.pushed({ path, tag: 'latest', digest: digestOf(2) });
    await turns();
    assert.deepEqual(waits, [10]);
    assert.deepEqual(seen(), [['latest', digestOf(2), 1000]]);
  });

  it('asks again when the tag is read while the registry writes it', async () => {
    registry.push(path, 'latest', digestOf(1));
    await watcher.look();
    registry.push(path, 'latest', digestOf(2));
    registry.reachable = false;
    wakeAt = () => (registry.reachable = true);
    watcher.pushed({ path, tag: 'latest', digest: digestOf(2) });
    await turns();
    assert.deepEqual(waits, [10]);
    assert.deepEqual(seen(), [['latest', digestOf(2), 1000]]);
  });

  it('lets nobody wait behind a notification that is late', async () => {
    registry.push(path, 'latest', digestOf(2));
    await watcher.look();
    watcher.pushed({ path, tag: 'latest', digest: digestOf(1) });
    await turns();
    assert.deepEqual(waits, [10]);
    registry.push(path, 'latest', digestOf(3));
    watcher.pushed({ path, tag: 'latest', digest: digestOf(3) });
    await turns();
    assert.deepEqual(waits, [10]);
    assert.deepEqual(seen(), [['latest', digestOf(3), 1000]]);
  });

  it('takes repositories over that only the registry knows, once, and rolls nothing out that they have', async () => {
    const other = `${notary.workspaceId}/team/other`;
    registry.push(other, 'latest', digestOf(1));
    registry.push(`${notary.workspaceId}/emptied`, 'latest', digestOf(1));
    registry.repositories.get(`${notary.workspaceId}/emptied`)?.clear();
    registry.push(`${'f'.repeat(32)}/foreign`, 'latest', digestOf(1));
    await watcher.look();
    const { repositories, deployments } = notary.store;
    assert.deepEqual(
      repositories.all().map(({ name }) => name),
      ['shop', 'team/other'],
    );
    const adopted = repositories.byName(notary.workspaceId, 'team/other')!;
    assert.deepEqual(
      repositories.seenTags(adopted.id).map(({ digest }) => digest),
      [digestOf(1)],
    );
    assert.equal(repositories.isAdopted(adopted.id), false);
    notary.store.change(() => repositories.delete(adopted.id));
    await watcher.look();
    assert.equal(repositories.byName(notary.workspaceId, 'team/other'), undefined);
    assert.deepEqual(deployments.ids(), []);
  });

  it('only notes the tags of a repository that was taken over, and rolls out what comes later', async () => {
    registry.push(path, 'latest', digestOf(1));
    const { id } = addDeployment(notary, { source: { registry: 'registry.patr.cloud', repositoryId } });
    notary.store.change(() => notary.store.repositories.markAdopted(repositoryId));
    await watcher.look();
    assert.equal(notary.store.deployments.find(id)?.intent, 'created');
    registry.push(path, 'latest', digestOf(2));
    await watcher.look();
    assert.equal(notary.store.deployments.find(id)?.intent, 'running');
  });

  it('looks again soon while the registry does not answer, and every minute once it does', async () => {
    registry.reachable = false;
    watcher.start();
    await turns();
    assert.deepEqual(waits, [500]);
    await watcher.stop();
  });
});

/** Lets everything that is ready run. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
