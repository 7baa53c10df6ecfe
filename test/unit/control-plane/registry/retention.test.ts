import assert from 'node:assert/strict';
import {
  keptForReleases,
  type ReleasedImage,
} from '../../../../src/control-plane/registry/collect/retention.ts';
import { isEmptyRegistry, SurveyReader } from '../../../../src/control-plane/registry/collect/survey.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';

const dayMs = 24 * 60 * 60 * 1000;
const now = 100 * dayMs;

function released(number: number, changes: Partial<ReleasedImage> = {}): ReleasedImage {
  return {
    deploymentId: 'one',
    path: 'ws/shop',
    digest: digestOf(number),
    number,
    state: 'retired',
    target: false,
    createdAt: 0,
    ...changes,
  };
}

function kept(releases: readonly ReleasedImage[], versions: number, ageMs = 0): number[] {
  const keys = keptForReleases(releases, { versions, ageMs }, now);
  return releases.filter(({ path, digest }) => keys.has(`${path}@${digest}`)).map(({ number }) => number);
}

describe('images that are kept for releases', () => {
  it('are the newest versions that have served', () => {
    assert.deepEqual(
      kept(
        [1, 2, 3, 4].map((number) => released(number)),
        2,
      ),
      [3, 4],
    );
  });

  it('count a digest once, however often it was released', () => {
    const again = released(3, { digest: digestOf(2) });
    assert.deepEqual(kept([released(1), released(2), again], 2), [1, 2, 3]);
  });

  it('do not lose their place to releases that never served', () => {
    const failures = [5, 6, 7].map((number) => released(number, { state: 'failed' }));
    const burst = [8, 9].map((number) => released(number, { state: 'superseded' }));
    assert.deepEqual(kept([released(3), released(4), ...failures, ...burst], 2), [3, 4]);
  });

  it('are those of whatever has instances or is about to, whatever the rules say', () => {
    const releases = [
      released(1, { state: 'live' }),
      released(2, { state: 'failed', target: true }),
      released(3, { state: 'rolling' }),
      released(4, { state: 'waiting' }),
      released(5),
      released(6),
    ];
    assert.deepEqual(kept(releases, 1), [1, 2, 3, 4, 6]);
  });

  it('are all that are young, also when they are many', () => {
    const young = { createdAt: now - dayMs };
    assert.deepEqual(kept([released(1), released(2, young), released(3, young)], 1, 2 * dayMs), [2, 3]);
  });

  it('are counted for each deployment by itself', () => {
    const other = { deploymentId: 'other' };
    assert.deepEqual(kept([released(1), released(2), released(3, other)], 1), [2, 3]);
  });
});

describe("the output of the registry's collector", () => {
  const [manifest, blob] = [digestOf(1), digestOf(2)];

  it('tells the manifests of each repository, and what is loose', () => {
    const reader = new SurveyReader();
    for (const line of [
      'ws/shop',
      `ws/shop: marking manifest ${manifest} `,
      `ws/shop: marking blob ${blob}`,
      'ws/empty',
      '3 blobs marked, 1 blobs and 0 manifests eligible for deletion',
      `blob eligible for deletion: ${digestOf(3)}`,
      `time="now" level=info msg="Deleting blob: ${digestOf(3)}"`,
    ]) {
      reader.read(line);
    }
    const { manifests, looseBlobs } = reader.result();
    assert.deepEqual(Array.from(manifests), [['ws/shop', new Set([manifest])]]);
    assert.equal(looseBlobs, 1);
  });

  it('is a failure when nothing was ever pushed, and only then is that none', () => {
    const empty =
      'failed to mark: unable to enumerate repositories: Path not found: /docker/registry/v2/repositories';
    assert.ok(isEmptyRegistry(empty));
    assert.ok(!isEmptyRegistry('failed to mark: filesystem: Path not found: /docker/registry/v2/blobs'));
  });
});
