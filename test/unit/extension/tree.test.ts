import assert from 'node:assert/strict';
import * as v from 'valibot';
import {
  abilities,
  abilitiesOf,
  connectionAbilities,
  offerWords,
  partAbilities,
  contextValueOf,
} from '../../../src/extension/tree/contextValue.ts';
import {
  deploymentLooks,
  describeDeployment,
  describeInstance,
  isWell,
  lookOf,
} from '../../../src/extension/tree/look.ts';
import { aDeployment, aRelease, anInstance } from '../../support/fakePatrState.ts';
import { describePastImage, describeRelease } from '../../../src/extension/history/releaseWords.ts';
import { digestOf } from '../../support/fakeRegistry.ts';
import { deployment, deploymentInfo } from '../../../src/protocol/shapes/deployment.ts';
import { everyContextValue } from './contextValues.ts';

const id = '5'.repeat(32);
const reason = { code: 'exited' as const, message: 'It exits at once.' };

describe('a context value', () => {
  it('is a kind and abilities, each a word of its own', () => {
    const known: readonly string[] = [...abilities, ...partAbilities, ...connectionAbilities, ...offerWords];
    for (const value of everyContextValue) {
      const [kind = '', ...words] = value.split(' ');
      assert.match(kind, /^[a-zA-Z]+$/);
      for (const word of words) assert.ok(known.includes(word), value);
    }
  });

  it('offers what makes sense in a status', () => {
    const able = (status: 'running' | 'stopped' | 'errored' | 'created'): string =>
      contextValueOf({ kind: 'deployment', id, deployment: aDeployment({ id, status }) });
    assert.equal(able('running'), 'deployment canOpen canPush canStop canRestart canCopyDigest');
    assert.equal(able('stopped'), 'deployment canPush canStart canCopyDigest');
    assert.equal(able('created'), 'deployment canPush canStart canCopyDigest');
    assert.equal(able('errored'), 'deployment canPush canStop canRestart canCopyDigest');
  });

  it('offers what a server does and nothing else', () => {
    const value = (answered: readonly string[]): string =>
      contextValueOf(
        { kind: 'deployment', id, deployment: aDeployment({ id, status: 'created' }) },
        { answers: (name) => answered.includes(name) },
      );
    const bare = 'deployment canStart canCopyDigest';
    assert.equal(value([]), bare);
    assert.equal(value(['getLogs', 'createManagedUrl']), `${bare} hasLogs hasUrls`);
    assert.equal(value(['listEvents']), `${bare} hasEvents`);
    assert.equal(value(['createRepository']), 'deployment canPush canStart canCopyDigest');
  });

  it('offers no push for an image of another registry', () => {
    const { repositoryId: _, ...rest } = aDeployment({ id }) as ReturnType<typeof aDeployment> & {
      repositoryId?: string;
    };
    const foreign = { ...rest, registry: 'docker.io', imageName: 'library/nginx' };
    assert.ok(!abilitiesOf(foreign).includes('canPush'));
  });

  it('offers to resume pushes and to roll out a newer image where there is that, or may be', () => {
    const paused = abilitiesOf(aDeployment({ id, pushesPaused: true }));
    assert.ok(paused.includes('canResume') && !paused.includes('canRollOut'));
    const newerImage = { digest: digestOf(2), pushedAt: 1 };
    assert.ok(abilitiesOf(aDeployment({ id, newerImage })).includes('canRollOut'));
    const { repositoryId: _, ...rest } = aDeployment({ id }) as ReturnType<typeof aDeployment> & {
      repositoryId?: string;
    };
    assert.ok(abilitiesOf({ ...rest, registry: 'docker.io', imageName: 'a/b' }).includes('canRollOut'));
  });

  it('offers to go back to any version but the one that is wanted and runs, or that never had an image', () => {
    const value = (release: ReturnType<typeof aRelease>, current = false): string =>
      contextValueOf({ kind: 'release', id, deploymentId: id, release, current });
    assert.equal(value(aRelease({ number: 1 })), 'release canRevert canCompare');
    assert.equal(value(aRelease({ number: 1 }), true), 'release');
    assert.equal(value(aRelease({ number: 1, digest: null })), 'release');
  });

  it('offers to compare with a version whose image is removed, and not to go back to it', () => {
    const release = aRelease({ number: 1, imageRemoved: true });
    const value = contextValueOf({ kind: 'release', id, deploymentId: id, release, current: false });
    assert.equal(value, 'release canCompare');
  });

  it('offers to go back to an image where its node can', () => {
    const image = { digest: digestOf(1), created: 1, tags: [] };
    const value = (canRevert: boolean): string =>
      contextValueOf({ kind: 'pastImage', id, deploymentId: id, image, live: !canRevert, canRevert });
    assert.deepEqual([value(true), value(false)], ['pastImage canRevert', 'pastImage']);
  });

  it('offers to explain where there is something to explain', () => {
    assert.ok(abilitiesOf(aDeployment({ id, reason })).includes('canExplain'));
    assert.ok(!abilitiesOf(aDeployment({ id })).includes('canExplain'));
  });
});

describe('the look of a deployment', () => {
  it('is its status, or a warning where it runs and something is not well', () => {
    assert.equal(lookOf(aDeployment({ id })), deploymentLooks.running);
    assert.equal(lookOf(aDeployment({ id, reason })).icon, 'warning');
    assert.equal(lookOf(aDeployment({ id, status: 'errored', reason })), deploymentLooks.errored);
  });

  it('has an icon of its own for every status', () => {
    const icons = Object.values(deploymentLooks).map(({ icon }) => icon);
    assert.equal(new Set(icons).size, icons.length);
  });

  it('is a status that nobody here knows in the server’s own word, with a neutral icon', () => {
    const fields = { name: 'shop', registry: 'docker.io', imageName: 'library/nginx', imageTag: 'latest' };
    const answer = { ...fields, id, runner: id, machineType: id };
    for (const [schema, more] of [
      [deployment, {}],
      [deploymentInfo, { deployOnPush: false, minHorizontalScale: 1, maxHorizontalScale: 1 }],
    ] as const) {
      const shown = v.parse(schema, { ...answer, ...more, status: 'hibernating' });
      assert.deepEqual(lookOf(shown), { icon: 'question', words: 'hibernating' });
      assert.equal(describeDeployment(shown), 'hibernating');
      assert.ok(isWell(shown));
      // As panels are told, which decode it again.
      assert.deepEqual(lookOf(v.parse(schema, shown)), lookOf(shown));
      for (const status of [undefined, 7, null, ''])
        assert.deepEqual(lookOf(v.parse(schema, { ...answer, ...more, status })), deploymentLooks.unknown);
    }
  });

  it('is not well when it failed, cannot be reached, or runs with a problem', () => {
    assert.ok(isWell(aDeployment({ id })));
    assert.ok(isWell(aDeployment({ id, status: 'stopped', reason })));
    for (const one of [{ status: 'errored' }, { status: 'unreachable' }, { reason }] as const)
      assert.ok(!isWell(aDeployment({ id, ...one })));
  });
});

describe('the words behind a name', () => {
  it('count the instances and name the version', () => {
    assert.equal(describeDeployment(aDeployment({ id, liveRelease: 14 })), '1/1 ready · v14');
    const more = aDeployment({ id, instances: { ready: 2, wanted: 3 } });
    assert.equal(describeDeployment(more), '2/3 ready · v1');
  });

  it('say what is being rolled out', () => {
    const rolling = aDeployment({ id, status: 'deploying', rollingRelease: 2 });
    assert.equal(describeDeployment(rolling), '1/1 ready · v2 is rolling out');
  });

  it('say the status where the count does not', () => {
    const stopped = aDeployment({ id, status: 'stopped', instances: { ready: 0, wanted: 0 } });
    assert.equal(describeDeployment(stopped), 'stopped · v1');
  });

  it('say what a server of Patr itself tells, and no more', () => {
    const bare = aDeployment({ id });
    const { instances: _, liveRelease: __, ...rest } = bare;
    assert.equal(describeDeployment(rest), 'running');
  });

  it('say that pushes are paused, and that there is a newer image', () => {
    assert.equal(
      describeDeployment(aDeployment({ id, pushesPaused: true })),
      '1/1 ready · v1 · pushes paused',
    );
    const newerImage = { digest: digestOf(2), pushedAt: 1 };
    assert.equal(describeDeployment(aDeployment({ id, newerImage })), '1/1 ready · v1 · newer image');
  });

  it('tell of a version its state, what began it, its time, image and size', () => {
    const release = aRelease({ number: 2, tookMs: 3210, size: 5_000_000, state: 'failed', cause: 'rollOut' });
    assert.match(
      describeRelease(release),
      /^failed · rolled out by hand .+ · 3\.2 s · latest 222222222222 · .*MB$/,
    );
  });

  it('tell of an image what the server does, and nothing of what became of it', () => {
    const image = { digest: digestOf(1), created: 0, tags: ['1.27', 'latest'] };
    assert.match(describePastImage(image, true), /^live · first deployed .+ · tags 1\.27, latest$/);
    assert.equal(describePastImage({ ...image, created: 'long ago', tags: ['a'] }, false), 'tag a');
    assert.equal(describePastImage({ ...image, created: 'long ago', tags: [] }, false), '');
  });

  it('tell restarts of an instance', () => {
    assert.equal(describeInstance(anInstance()), 'ready · v1');
    assert.equal(describeInstance(anInstance({ restarts: 1 })), 'ready · v1 · 1 restart');
    assert.equal(
      describeInstance(anInstance({ restarts: 3, state: 'starting' })),
      'starting · v1 · 3 restarts',
    );
  });
});
