import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { createCollector, type Collector } from '../../../../src/control-plane/registry/collect/collector.ts';
import type { RegistryStorage } from '../../../../src/control-plane/registry/collect/storage.ts';
import { PushGate } from '../../../../src/control-plane/registry/pushGate.ts';
import type { ManifestAt } from '../../../../src/control-plane/state/contents.ts';
import { revertDeployment } from '../../../../src/control-plane/api/handlers/revert.ts';
import { releaseView } from '../../../../src/control-plane/api/views.ts';
import { isProblem } from '../../../../src/protocol/problems.ts';
import { memoryNotary, testControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease, addRepository } from '../../../support/deployments.ts';
import { digestOf, FakeRegistry } from '../../../support/fakeRegistry.ts';

const hourMs = 60 * 60 * 1000;

/** What is in the storage: manifests by path, tagged or not. */
class FakeStorage implements RegistryStorage {
  readonly registry: FakeRegistry;
  readonly manifests = new Map<string, Set<string>>();
  readonly onEngine = new Map<string, ManifestAt>();
  looseBlobs = 0;
  sweeps = 0;
  duringSweep: () => void = () => undefined;

  constructor(registry: FakeRegistry) {
    this.registry = registry;
  }

  keep(path: string, ...digests: readonly string[]): void {
    this.manifests.set(path, new Set([...(this.manifests.get(path) ?? []), ...digests]));
    for (const digest of digests) this.registry.untagged.add(`${path}@${digest}`);
  }

  async survey() {
    return { manifests: new Map(this.manifests), looseBlobs: this.looseBlobs };
  }

  async sweep(work: (url: string) => Promise<void>): Promise<number> {
    this.sweeps += 1;
    this.duringSweep();
    await work('http://beside');
    return this.looseBlobs;
  }

  async images(): Promise<readonly ManifestAt[]> {
    return Array.from(this.onEngine.values());
  }

  async forgetImage(image: ManifestAt): Promise<'removed' | 'inUse'> {
    return this.onEngine.delete(`${image.path}@${image.digest}`) ? 'removed' : 'inUse';
  }
}

describe('the collector of the registry', () => {
  let notary: ReturnType<typeof memoryNotary>;
  let registry: FakeRegistry;
  let storage: FakeStorage;
  let gate: PushGate;
  let path: string;
  let repositoryId: string;
  let slept: number[];
  let made: Collector[];

  beforeEach(() => {
    notary = memoryNotary();
    // Far from the beginning, so that nothing is young by chance.
    notary.time = 1000 * hourMs;
    registry = new FakeRegistry();
    storage = new FakeStorage(registry);
    gate = new PushGate();
    repositoryId = addRepository(notary);
    path = `${notary.workspaceId}/shop`;
    slept = [];
    made = [];
  });
  afterEach(async () => {
    for (const collector of made) await collector.stop();
    notary.store.dispose();
  });

  function collector(changes: { everyMs?: number } = {}): Collector {
    const one = createCollector({
      notary,
      storage,
      registry,
      registryAt: () => registry,
      gate,
      rules: { versions: 1, ageMs: 0, everyMs: 0, graceMs: hourMs, ...changes },
      clock: {
        now: () => notary.time,
        async sleep(ms, signal) {
          signal?.throwIfAborted();
          slept.push(ms);
          notary.time += ms;
          await new Promise((resolve) => setImmediate(resolve));
          signal?.throwIfAborted();
        },
      },
      log: silentLog,
    });
    made.push(one);
    return one;
  }

  const left = () => registry.removed.length === 0;

  it('removes what is neither tagged nor kept for a release, from the registry and from the engine', async () => {
    storage.keep(path, digestOf(1), digestOf(2));
    registry.push(path, 'latest', digestOf(2));
    storage.onEngine.set(`${path}@${digestOf(1)}`, { path, digest: digestOf(1) });
    storage.onEngine.set('foreign', { path: 'somebody/else', digest: digestOf(3) });
    const done = await collector().collect();
    assert.deepEqual(registry.removed, [`${path}@${digestOf(1)}`]);
    assert.deepEqual([done.removedImages, done.forgottenImages, done.freedBytes], [1, 1, 1000]);
    assert.deepEqual(Array.from(storage.onEngine.keys()), ['foreign']);
    assert.equal(notary.store.contents.size(path), 1000);
    assert.deepEqual(collector().last(), done);
  });

  it('keeps what releases are kept for, and whatever an index needs', async () => {
    const source = { registry: 'registry.patr.cloud', repositoryId } as const;
    const { id } = addDeployment(notary, { source });
    addRelease(notary, id, { digest: digestOf(1) });
    storage.keep(path, digestOf(1), digestOf(2), digestOf(3));
    registry.children.set(`${path}@${digestOf(1)}`, [digestOf(2)]);
    await collector().collect();
    assert.deepEqual(registry.removed, [`${path}@${digestOf(3)}`]);
  });

  it('disturbs nobody while there is nothing to remove', async () => {
    storage.keep(path, digestOf(1));
    registry.push(path, 'latest', digestOf(1));
    await collector().collect();
    assert.equal(storage.sweeps, 0);
    storage.looseBlobs = 2;
    assert.equal((await collector().collect()).removedBlobs, 2);
    assert.equal(storage.sweeps, 1);
  });

  it('lets nobody push meanwhile, and everybody afterwards, also when it fails', async () => {
    storage.keep(path, digestOf(1));
    let closed = false;
    storage.duringSweep = () => {
      ({ closed } = gate);
      throw new Error('the engine is gone');
    };
    await assert.rejects(collector().collect(), /the engine is gone/);
    assert.deepEqual([closed, gate.closed], [true, false]);
  });

  it('keeps what was tagged while it began', async () => {
    storage.keep(path, digestOf(1));
    storage.duringSweep = () => registry.push(path, 'again', digestOf(1));
    await collector().collect();
    assert.ok(left());
  });

  it('keeps what was reverted to while it began, and nobody goes back to what it removed', async () => {
    const plane = testControlPlane();
    const parts = { ...plane, store: notary.store, notary };
    const source = { registry: 'registry.patr.cloud', repositoryId } as const;
    const { id } = addDeployment(notary, { source });
    for (const digit of [1, 2, 3]) addRelease(notary, id, { digest: digestOf(digit) });
    storage.keep(path, digestOf(1), digestOf(2), digestOf(3));
    const at = { workspaceId: notary.workspaceId, deploymentId: id };
    const back = (digit: number) =>
      revertDeployment(parts as never, at, { digest: digestOf(digit), parts: ['image'] });
    storage.duringSweep = () => back(1);
    await collector().collect();
    assert.deepEqual(registry.removed, [`${path}@${digestOf(2)}`]);
    assert.throws(
      () => back(2),
      (error: unknown) => isProblem(error, 'resourceDoesNotExist') && /Push it again/.test(error.message),
    );
    const [shown] = notary.store.releases.list(id, { count: 1, page: 2 }).rows;
    assert.equal(releaseView(parts as never, shown!).imageRemoved, true);
    // It was pushed again.
    notary.store.change(() => notary.store.contents.put({ path, digest: digestOf(2) }, []));
    back(2);
    plane.dispose();
  });

  it('by itself removes only what nobody has needed for a while, and waits until pushes have ended', async () => {
    storage.keep(path, digestOf(1));
    const one = collector({ everyMs: 30 * 60_000 });
    const removed = new Promise<void>((resolve) => (registry.onRemove = resolve));
    storage.duringSweep = () => slept.push(-1);
    gate.gaveLeave(notary.time + 2 * hourMs);
    one.start();
    await removed;
    await one.stop();
    const waits = slept.slice(0, slept.indexOf(-1));
    const rested = waits.filter((ms) => ms > 5000).reduce((sum, ms) => sum + ms, 0);
    assert.ok(rested >= hourMs, 'the grace is waited for');
    assert.ok(waits.filter((ms) => ms === 5000).length > 5, 'leave to push has ended');
  });
});
