import assert from 'node:assert/strict';
import { createImageDeployment } from '../../../src/deploy/existingImage.ts';
import { JourneyError } from '../../../src/deploy/errors.ts';
import { regionId } from '../../support/fakePatrState.ts';
import { FakeTarget } from '../../support/fakeTarget.ts';
import { handClock } from '../../support/handClock.ts';

const choice = {
  registry: 'ghcr.io',
  imageName: 'owner/web',
  imageTag: 'v3',
  name: 'shop',
  regionId,
  ports: [8080],
};

describe('a deployment of an image that is there', () => {
  let fake: FakeTarget;
  const report = { progress: () => undefined, output: () => undefined };
  const tools = () => ({ clock: handClock(), chance: () => 0, report });

  beforeEach(() => (fake = new FakeTarget()));

  it('is made with its source and without deploy on push, and serves', async () => {
    const created: string[] = [];
    const given = { ...tools(), created: (id: string) => void created.push(id) };
    const { deploymentId, verdict } = await createImageDeployment(fake.target, choice, given);
    assert.equal(verdict.kind, 'serving');
    assert.deepEqual(created, [deploymentId]);
    const made = fake.deployments.get(deploymentId);
    assert.deepEqual([made?.registry, made?.imageTag, made?.deployOnPush], ['ghcr.io', 'v3', false]);
  });

  it('tells why its first release failed', async () => {
    const reason = { code: 'pullDenied', message: 'The registry refuses.' } as const;
    fake.rollOut = (id) => fake.release(id, { digest: null, state: 'failed', reason });
    const { verdict } = await createImageDeployment(fake.target, choice, tools());
    assert.deepEqual(verdict.kind === 'unhealthy' && verdict.reason, reason);
  });

  it('is not made under a name that was taken meanwhile', async () => {
    fake.add('shop');
    await assert.rejects(createImageDeployment(fake.target, choice, tools()), (error) => {
      assert.ok(error instanceof JourneyError && error.next.includes('chooseName'));
      return true;
    });
    assert.equal(fake.deployments.size, 1);
  });
});
