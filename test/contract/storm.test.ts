import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { pick, seededChance, shuffled, unreliableWebhook } from '../support/chaos.ts';
import { addDeployment, addRepository } from '../support/deployments.ts';
import { rawRegistry, type Credentials, type RawRegistry } from '../support/rawRegistry.ts';
import { startTestRegistry, type TestRegistry } from '../support/testRegistry.ts';

const [deployments, pushes] = [10, 50];

/** Many pushes at once, whose notifications get lost, come twice, late and out of order. */
describe('a storm of pushes', () => {
  const seed = randomInt(2 ** 31);
  const chance = seededChance(seed);
  let registry: TestRegistry;
  let raw: RawRegistry;
  let me: Credentials;
  let webhook: ReturnType<typeof unreliableWebhook>;

  before(async () => {
    webhook = unreliableWebhook(chance, async (request) => registry.plane.app.fetch(request));
    registry = await startTestRegistry((request) => webhook.receive(request));
    raw = rawRegistry(registry);
    me = ['patr', registry.plane.token];
  });
  after(() => registry?.close());

  const targetOf = (id: string) => {
    const { store } = registry.plane.notary;
    return store.releases.find(store.deployments.find(id)?.targetReleaseId ?? '');
  };

  function deploymentOf(name: string): { id: string; path: string } {
    const { notary } = registry.plane;
    const repositoryId = addRepository(notary, name);
    const { id } = addDeployment(notary, { source: { registry: 'registry.patr.cloud', repositoryId } });
    return { id, path: `${notary.workspaceId}/${name}` };
  }

  it(`ends on what was pushed last, everywhere (seed ${seed})`, async () => {
    const all = Array.from({ length: deployments }, (_, index) => deploymentOf(`shop-${index}`));
    const order = shuffled(
      chance,
      Array.from({ length: pushes }, (_, index) => all[index % deployments]!),
    );
    const last = new Map<string, string>();
    // Each repository is pushed to by one person at a time; the repositories at once.
    await Promise.all(
      all.map(async ({ id, path }) => {
        const mine = order.flatMap((one, index) => (one.id === id ? [index] : []));
        for (const index of mine) {
          // Every now and then, what was pushed before is pushed again.
          const marker = chance() < 1 / 4 ? `${id} ${pick(chance, mine)}` : `${id} ${index}`;
          last.set(id, await raw.push(me, path, 'latest', marker));
        }
      }),
    );
    await webhook.release();
    // As it happens every minute by itself.
    await registry.parts.watcher.look();
    for (const { id } of all) assert.equal(targetOf(id)?.digest, last.get(id));
    const { lost, doubled, late } = webhook.fates();
    assert.ok(lost > 0 && doubled > 0 && late > 0, JSON.stringify(webhook.fates()));
    // Nothing that comes afterwards changes anything.
    const revisions = () => all.map(({ id }) => registry.plane.notary.store.deployments.find(id)?.revision);
    const settled = revisions();
    await registry.parts.watcher.look();
    assert.deepEqual(revisions(), settled);
  });

  it('of two ends on the second, whatever becomes of their notifications', async () => {
    const { id, path } = deploymentOf('two');
    const first = await raw.push(me, path, 'latest', 'first');
    const second = await raw.push(me, path, 'latest', 'second');
    assert.notEqual(first, second);
    await webhook.release();
    await registry.parts.watcher.look();
    assert.equal(targetOf(id)?.digest, second);
  });
});
