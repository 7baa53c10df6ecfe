import assert from 'node:assert/strict';
import type { Deployment } from '../../../../src/control-plane/domain.ts';
import { pushObserved } from '../../../../src/control-plane/state/pushes.ts';
import { memoryNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRelease, addRepository } from '../../../support/deployments.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';

describe('a push', () => {
  let notary: ReturnType<typeof memoryNotary>;
  let repositoryId: string;
  beforeEach(() => {
    notary = memoryNotary();
    repositoryId = addRepository(notary);
  });
  afterEach(() => notary.store.dispose());

  const own = (changes: Partial<Deployment> = {}): Deployment =>
    addDeployment(notary, { source: { registry: 'registry.patr.cloud', repositoryId }, ...changes });
  const push = (digit: number, how: 'pushed' | 'looked' = 'pushed', tag = 'latest') =>
    pushObserved(notary, { repositoryId, tag, digest: digestOf(digit) }, how);
  const digests = (id: string) =>
    notary.store.releases.list(id, { count: 100, page: 0 }).rows.map(({ digest }) => digest);
  const events = (id: string) =>
    notary.store.events
      .list(id, { count: 100, page: 0 })
      .rows.map(({ kind, message }) => `${kind}: ${message}`);

  it('starts a deployment that waits for it', () => {
    const { id } = own();
    push(1);
    assert.deepEqual(digests(id), [digestOf(1)]);
    const now = notary.store.deployments.find(id);
    assert.equal(now?.intent, 'running');
    assert.equal(notary.store.releases.find(now?.targetReleaseId ?? '')?.cause, 'push');
  });

  it('rolls the same digest out once, however often it is told', () => {
    const { id } = own();
    push(1);
    push(1);
    push(1, 'looked');
    assert.deepEqual(digests(id), [digestOf(1)]);
    assert.equal(events(id).length, 1);
  });

  it('rolls out a digest that came back, because the tag says so', () => {
    const { id } = own();
    push(1);
    push(2);
    push(1);
    assert.deepEqual(digests(id), [digestOf(1), digestOf(2), digestOf(1)]);
  });

  it('does not start a waiting deployment for an image that was there before', () => {
    push(1);
    const { id } = own();
    push(1, 'looked');
    assert.deepEqual(digests(id), []);
    push(1, 'pushed');
    assert.deepEqual(digests(id), [digestOf(1)]);
  });

  it('concerns only deployments of that repository and tag', () => {
    const other = own({ imageTag: 'stable' });
    const external = addDeployment(notary);
    push(1);
    assert.deepEqual(digests(other.id), []);
    assert.deepEqual(digests(external.id), []);
  });

  const refusals: [string, Partial<Deployment>, RegExp][] = [
    ['stopped', { intent: 'stopped' }, /pushIgnored: .*stopped/],
    ['not deployed on push', { deployOnPush: false }, /pushIgnored: .*deploy on push is off/],
    ['reverted', { pushesPaused: true }, /pushIgnored: .*reverted/],
  ];
  for (const [what, changes, why] of refusals) {
    it(`is noted, but not rolled out, where the deployment is ${what}`, () => {
      const { id } = own(changes);
      push(1);
      push(1);
      assert.deepEqual(digests(id), []);
      assert.equal(events(id).length, 1);
      assert.match(events(id)[0] ?? '', why);
    });
  }

  it('is passed over when its repository is gone', () => {
    pushObserved(notary, { repositoryId: 'gone', tag: 'latest', digest: digestOf(1) }, 'pushed');
    assert.deepEqual(notary.store.repositories.seenTags('gone'), []);
  });

  it('supersedes a rollout that is on its way', () => {
    const { id } = own();
    const first = addRelease(notary, id, { digest: digestOf(1) });
    push(2);
    assert.equal(notary.store.releases.find(first.id)?.state, 'superseded');
  });
});
