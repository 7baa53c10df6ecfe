import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { addRepository } from '../support/deployments.ts';
import { aContainer } from '../support/engine.ts';
import { sha256 } from '../support/ociLayout.ts';
import { rawRegistry, type Credentials } from '../support/rawRegistry.ts';
import { startTestRegistry, type TestRegistry } from '../support/testRegistry.ts';

const diskBytes = 4_000_000;

describe('a registry whose disk is full', () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await startTestRegistry(undefined, diskBytes);
  });
  after(() => registry?.close());

  /** Makes room: what was broken off is kept for a day, to be gone on with. */
  async function removeUploads(): Promise<void> {
    const { test, volume } = registry.distribution;
    const command = ['sh', '-c', 'rm -rf /blobs/docker/registry/v2/repositories/*/*/_uploads'];
    const mounts = [{ kind: 'volume', source: volume, target: '/blobs', readOnly: false } as const];
    const { prefix, labels } = test;
    const spec = aContainer({ name: `${prefix}-tidy`, labels, command, mounts });
    const made = await test.engine.createContainer(spec);
    assert.ok(typeof made === 'object');
    await test.engine.startContainer(made.id);
    for await (const words of test.engine.logs(made.id, { follow: true }))
      assert.fail(words.bytes.toString());
    await test.engine.removeContainer(made.id);
  }

  /** The room is there once the registry has let go of what was broken off, which is after it has answered. */
  async function eventuallyTaken(push: () => Promise<unknown>): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const failure = await push().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) return;
      if (Date.now() > deadline) throw failure;
      await systemClock.sleep(100);
    }
  }

  it('fails the push and nothing else, and goes on when there is room', async () => {
    addRepository(registry.plane.notary, 'shop');
    const path = `${registry.plane.notary.workspaceId}/shop`;
    const raw = rawRegistry(registry);
    const me: Credentials = ['patr', registry.plane.token];
    const before = await raw.push(me, path, 'latest', 'small');
    const token = await raw.tokenFor(me, `repository:${path}:pull,push`);
    const begun = await raw.request(token, `/v2/${path}/blobs/uploads/`, { method: 'POST' });
    const location = new URL(begun.headers.get('location')!, `http://${registry.host}`);
    const large = 'x'.repeat(2 * diskBytes);
    location.searchParams.set('digest', sha256(large));
    const type = 'application/octet-stream';
    const put = await raw.request(token, location.href, { method: 'PUT', body: large, type });
    assert.ok(put.status >= 400, `it answered ${put.status}`);
    assert.match(await put.text(), /no space left on device/);
    const there = await raw.request(token, `/v2/${path}/manifests/latest`);
    assert.equal(there.headers.get('docker-content-digest'), before);
    await removeUploads();
    await eventuallyTaken(() => raw.push(me, path, 'latest', 'small as well'));
  });
});
