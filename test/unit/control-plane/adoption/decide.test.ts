import assert from 'node:assert/strict';
import { decideAdoption } from '../../../../src/control-plane/adoption/decide.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';
import { aRemainingInstance, idOf, theRemains } from '../../../support/remains.ts';

const ground = { workspaceId: idOf('a'), regionId: idOf('c'), now: 1000 };
const decide = (...[instances, changes]: Parameters<typeof theRemains>) => {
  const decided = decideAdoption(theRemains(instances, changes), ground);
  assert.ok(decided !== undefined);
  return decided;
};
const states = (...instances: Parameters<typeof theRemains>[0]) =>
  decide(instances).releases.map(({ number, state }) => [number, state]);
const volume = (volumeId: string, ordinal: number) => ({
  name: `${volumeId}-${ordinal}`,
  deploymentId: idOf('d'),
  volumeId,
  ordinal,
  facts: { name: 'shop data', size: 5 },
});

describe('what a deployment is taken over as', () => {
  it('is nothing when no instance says enough', () => {
    assert.equal(decideAdoption(theRemains([], { volumes: [volume(idOf('7'), 0)] }), ground), undefined);
  });

  it('has the release that runs, live, under its own id and number', () => {
    const { deployment, releases } = decide([aRemainingInstance({ releaseNumber: 4 })]);
    assert.deepEqual(
      releases.map(({ id, number, state, cause, digest }) => ({ id, number, state, cause, digest })),
      [{ id: idOf('1'), number: 4, state: 'live', cause: 'adopt', digest: digestOf(1) }],
    );
    assert.equal(deployment.targetReleaseId, idOf('1'));
    assert.equal(deployment.intent, 'running');
    assert.equal(deployment.regionId, idOf('c'));
  });

  it('goes on with a rollout that was under way, and goes back to what served where the new one never ran', () => {
    const old = aRemainingInstance({ releaseId: idOf('1'), releaseNumber: 1 });
    const fresh = aRemainingInstance({ releaseId: idOf('2'), releaseNumber: 2 });
    assert.deepEqual(states(fresh, old), [
      [1, 'live'],
      [2, 'rolling'],
    ]);
    assert.deepEqual(states({ ...fresh, running: false }, old), [
      [1, 'live'],
      [2, 'rolling'],
    ]);
    assert.deepEqual(states(fresh, { ...old, running: false }), [
      [1, 'retired'],
      [2, 'live'],
    ]);
    const third = aRemainingInstance({ releaseId: idOf('3'), releaseNumber: 3 });
    assert.deepEqual(states(old, third, fresh), [
      [1, 'retired'],
      [2, 'live'],
      [3, 'rolling'],
    ]);
  });

  it('has as many instances as the highest slot asks for, and never fewer than the minimum', () => {
    const scaleOf = (ordinals: number[], minScale: number, maxScale: number) => {
      const instances = ordinals.map((ordinal) =>
        aRemainingInstance({ ordinal, record: { minScale, maxScale } }),
      );
      const { deployment } = decide(instances);
      return [deployment.scale, deployment.minScale, deployment.maxScale];
    };
    assert.deepEqual(scaleOf([0, 1], 1, 3), [2, 1, 3]);
    assert.deepEqual(scaleOf([2], 1, 3), [3, 1, 3]);
    assert.deepEqual(scaleOf([0], 2, 3), [2, 2, 3]);
    assert.deepEqual(scaleOf([0, 1, 2, 3], 1, 3), [4, 1, 4]);
  });

  it('takes the bounds of the scale from the instance that was made last', () => {
    const { deployment } = decide([
      aRemainingInstance({ ordinal: 0, createdAt: 1, record: { minScale: 3, maxScale: 3 } }),
      aRemainingInstance({ ordinal: 1, createdAt: 2, record: { minScale: 1, maxScale: 8 } }),
    ]);
    assert.deepEqual([deployment.scale, deployment.minScale, deployment.maxScale], [2, 1, 8]);
  });

  it('wants the slot of every data that there is, mounted or not, so that none is deleted', () => {
    const mounted = aRemainingInstance({ record: { volumes: { [idOf('7')]: '/data' } } });
    const { deployment, volumes } = decide([mounted], {
      volumes: [volume(idOf('7'), 0), volume(idOf('7'), 2), { ...volume(idOf('8'), 0), facts: undefined }],
    });
    assert.equal(deployment.scale, 3);
    assert.deepEqual(
      volumes.map(({ id, name, size }) => [id, name, size]),
      [
        [idOf('7'), 'shop data', 5],
        [idOf('8'), 'volume-888888', 1],
      ],
    );
  });

  it('knows the repository of an image of the own registry, and none of another', () => {
    const own = aRemainingInstance({
      record: {
        source: { registry: 'registry.patr.cloud', repositoryId: idOf('6') },
        repositoryName: 'team/shop',
      },
    });
    const { repository } = decide([own]);
    assert.deepEqual([repository?.id, repository?.name], [idOf('6'), 'team/shop']);
    assert.equal(decide([aRemainingInstance()]).repository, undefined);
  });

  it('has the value of a secret from the instance that was given it last', () => {
    const secrets = { KEY: { id: idOf('5'), name: 'the key' } };
    const { secrets: found, deployment } = decide([
      aRemainingInstance({ createdAt: 2, ordinal: 1, environment: { KEY: 'new' }, record: { secrets } }),
      aRemainingInstance({ createdAt: 1, environment: { KEY: 'old' }, record: { secrets } }),
    ]);
    assert.deepEqual(found, [{ id: idOf('5'), name: 'the key', value: 'new', givenAt: 2 }]);
    assert.deepEqual(deployment.config.environment, { KEY: { fromSecret: idOf('5') } });
  });

  it('has its config mounts, and says when they are lost', () => {
    const config = { generation: 4, files: new Map([['app.toml', Buffer.from('x')]]) };
    const mounting = aRemainingInstance({ record: { hasConfig: true } });
    assert.deepEqual(decide([mounting], { config }).config, config);
    assert.deepEqual(
      decide([mounting], { config }).releases.map((one) => [one.configGeneration, one.configFiles]),
      [[4, 1]],
    );
    assert.equal(decide([mounting], { config }).configLost, false);
    assert.equal(decide([mounting]).configLost, true);
  });
});
