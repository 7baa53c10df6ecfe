import assert from 'node:assert/strict';
import type { InstanceSpec, RunOutcome } from '../../../../src/control-plane/executors/executor.ts';
import { startFailure } from '../../../../src/control-plane/executors/reasons.ts';
import { portRange, type PortRange } from '../../../../src/control-plane/publicPort.ts';
import type { ReconcileLoop } from '../../../../src/control-plane/reconcile/reconciler.ts';
import { memoryNotary, type TestNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease } from '../../../support/deployments.ts';
import { FakeExecutor } from '../../../support/fakeExecutor.ts';
import { loopOver } from '../../../support/scale.ts';

const digest = `sha256:${'1'.repeat(64)}`;
const range: PortRange = { first: 20_000, last: 20_003 };

/** A machine on which a port has one user, and some have one that is not ours. */
class Machine extends FakeExecutor {
  readonly foreign = new Set<number>();
  /** Ports of the machine that were in use when another instance asked for them. */
  readonly clashes: number[] = [];

  override async run(spec: InstanceSpec): Promise<RunOutcome> {
    const used = (await this.observe(undefined)).flatMap(({ published }) => published);
    for (const { hostAddress, hostPort } of spec.published) {
      if (used.some((one) => one.hostPort === hostPort)) this.clashes.push(hostPort);
      const message = `Bind for ${hostAddress}:${hostPort} failed: port is already allocated`;
      if (this.foreign.has(hostPort))
        return { kind: 'failed', reason: startFailure({ kind: 'portTaken', message }) };
    }
    return super.run(spec);
  }
}

describe('tcp and udp ports of a public region', () => {
  let notary: TestNotary;
  let machine: Machine;
  let loop: ReconcileLoop;

  beforeEach(() => {
    notary = memoryNotary();
    machine = new Machine(() => Date.now());
    machine.images.add(`docker.io/library/nginx@${digest}`);
    begin();
  });
  afterEach(async () => {
    await loop.stop();
    notary.store.dispose();
  });

  function begin(): void {
    loop = loopOver(notary, machine, { publishing: { address: '0.0.0.0', ports: range } });
    loop.start();
  }

  function add(scale = 1): string {
    const { config } = addDeployment(notary);
    const ports = { 5432: 'tcp', 80: 'http' } as const;
    const bounds = { minScale: scale, maxScale: scale, scale };
    const { id } = addDeployment(notary, { intent: 'running', ...bounds, config: { ...config, ports } });
    addRelease(notary, id, { digest });
    loop.wake(id);
    return id;
  }

  async function settled(id: string): Promise<void> {
    for (;;) {
      await loop.idle();
      const { status, instances, wanted, ready } = loop.status(id);
      if (status === 'errored') return;
      if (status === 'running' && instances.length === wanted && ready === wanted) return;
      await new Promise(setImmediate);
    }
  }
  const portsOf = (id: string) => loop.status(id).published?.map(({ hostPort }) => hostPort);

  it('are ports of the machine, one for each slot', async () => {
    const id = add(2);
    await settled(id);
    assert.deepEqual(loop.status(id).published, [
      { port: 5432, hostAddress: '0.0.0.0', hostPort: 20_000 },
      { port: 5432, hostAddress: '0.0.0.0', hostPort: 20_001 },
    ]);
  });

  it('stay the same over releases and a stop, and have one user at a time', async () => {
    const id = add(2);
    await settled(id);
    const release = addRelease(notary, id, { digest });
    loop.wake(id);
    while (notary.store.releases.find(release.id)?.state !== 'live') await new Promise(setImmediate);
    await settled(id);
    assert.deepEqual(portsOf(id), [20_000, 20_001]);
    const found = notary.store.deployments.find(id)!;
    notary.store.change(() => notary.store.deployments.update({ ...found, intent: 'stopped' }));
    loop.wake(id);
    while (loop.status(id).instances.length > 0) await new Promise(setImmediate);
    await loop.stop();
    const other = add();
    begin();
    await settled(other);
    assert.deepEqual(portsOf(other), [20_002]);
    notary.store.change(() => notary.store.deployments.update({ ...found, intent: 'running' }));
    loop.wake(id);
    await settled(id);
    assert.deepEqual(portsOf(id), [20_000, 20_001]);
    assert.deepEqual(machine.clashes, []);
  });

  it('are given in turn, and not soon to somebody else', async () => {
    const first = add();
    await settled(first);
    notary.store.change(() => notary.store.deployments.delete(first, 1));
    loop.wake(first);
    const second = add();
    await settled(second);
    assert.deepEqual(portsOf(second), [20_001]);
  });

  it('are others where something else on the machine has them', async () => {
    machine.foreign.add(20_000).add(20_001);
    const id = add();
    await settled(id);
    assert.deepEqual(portsOf(id), [20_002]);
    machine.foreign.clear();
    addRelease(notary, id, { digest });
    loop.wake(id);
    await settled(id);
    assert.deepEqual(portsOf(id), [20_002]);
  });

  it('are missed in words where there is none left', async () => {
    for (let number = range.first; number <= range.last; number += 1) machine.foreign.add(number);
    const id = add();
    await settled(id);
    assert.equal(loop.status(id).reason?.code, 'portTaken');
    assert.match(loop.status(id).reason?.message ?? '', /no port left on the machine.*--public-ports/);
  });

  it('are of a range of the command line', () => {
    assert.deepEqual(portRange('20000-20999'), { first: 20_000, last: 20_999 });
    for (const bad of ['', '20000', '0-9', '20-10', '1-65536', '1-2-3', 'a-b'])
      assert.equal(portRange(bad), undefined, bad);
  });
});
