import assert from 'node:assert/strict';
import type { InstanceSpec, RunOutcome } from '../../../../src/control-plane/executors/executor.ts';
import { noRoom } from '../../../../src/control-plane/executors/reasons.ts';
import type { ReconcileLoop } from '../../../../src/control-plane/reconcile/reconciler.ts';
import { memoryNotary, type TestNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';
import { FakeExecutor } from '../../../support/fakeExecutor.ts';
import { handClock, type HandClock } from '../../../support/handClock.ts';
import { loopOver } from '../../../support/scale.ts';

const digest = `sha256:${'1'.repeat(64)}`;

/** An engine whose disk is full: what it cannot make it removes again, and it tells that. */
class FullEngine extends FakeExecutor {
  full = true;
  attempts = 0;
  #tell: (deploymentId: string) => void = () => undefined;

  override watch(tell: (deploymentId: string) => void, options: { signal: AbortSignal }): Promise<void> {
    this.#tell = tell;
    return super.watch(tell, options);
  }

  override run(spec: InstanceSpec): Promise<RunOutcome> {
    if (!this.full) return super.run(spec);
    this.attempts += 1;
    this.tell(spec.deploymentId);
    return Promise.resolve({ kind: 'failed', reason: noRoom('no space left on device') });
  }

  tell(deploymentId: string): void {
    this.#tell(deploymentId);
  }
}

describe('a disk without room', () => {
  let notary: TestNotary;
  let clock: HandClock;
  let engine: FullEngine;
  let freeBytes: number | undefined;
  let loop: ReconcileLoop;
  let id: string;

  beforeEach(() => {
    notary = memoryNotary();
    clock = handClock();
    engine = new FullEngine(() => clock.now());
    engine.images.add(`docker.io/library/nginx@${digest}`);
    freeBytes = undefined;
    id = addDeployment(notary, { intent: 'running', minScale: 1, maxScale: 1, scale: 1 }).id;
    addRelease(notary, id, { digest });
    loop = loopOver(notary, engine, { clock, freeBytes: () => Promise.resolve(freeBytes) });
    loop.start();
  });
  afterEach(async () => {
    await loop.stop();
    notary.store.dispose();
  });

  /** The engine tells something, and the loop has looked. */
  async function told(): Promise<void> {
    engine.tell(id);
    await loop.idle();
  }

  it('is tried once in each back-off, however much the failure makes the engine tell', async () => {
    for (let times = 0; times < 20; times += 1) await told();
    assert.equal(engine.attempts, 1);
    assert.equal(loop.status(id).reason?.code, 'noRoom');
    clock.advance(500);
    for (let times = 0; times < 20; times += 1) await told();
    assert.equal(engine.attempts, 2);
  });

  it('is tried at once when somebody changed something', async () => {
    await told();
    loop.wake(id);
    await loop.idle();
    assert.equal(engine.attempts, 2);
    engine.full = false;
    loop.wake(id);
    await loop.idle();
    assert.equal(loop.status(id).instances.length, 1);
  });

  it('is not tried at all while it is known to be all but full, and the reason says so', async () => {
    freeBytes = 12_345;
    await told();
    const before = engine.attempts;
    loop.wake(id);
    await loop.idle();
    assert.equal(engine.attempts, before);
    const { reason } = loop.status(id);
    assert.equal(reason?.code, 'noRoom');
    assert.match(reason?.message ?? '', /12 kB are free .* 8000 kB are needed/);
    engine.full = false;
    freeBytes = 8_000_000;
    loop.wake(id);
    await loop.idle();
    assert.deepEqual([loop.status(id).instances.length, loop.status(id).reason], [1, undefined]);
  });
});
