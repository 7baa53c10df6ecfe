import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { DeploymentInfo } from '../../../../src/protocol/shapes/deployment.ts';
import { aDeployment } from '../../../support/fakePatrState.ts';
import { changesOf, consequencesOfEdit, decide, editOf, rebase } from '../../../../webview/manage/edit.ts';
import { draftOf } from '../../../../webview/manage/draftOf.ts';
import { changeOf, settingsOf } from '../../../../webview/manage/settings.ts';
import type { Editing } from '../../../../webview/manage/state.ts';
import { problemsOf } from '../../../../webview/shared/fields/problems.ts';
import { pathWords } from '../../../../webview/manage/saving.ts';
import { limitsDraft, withVariables, type Draft } from '../../../../webview/shared/fields/draft.ts';

const volume = '7'.repeat(32);
const base = aDeployment({
  id: '5'.repeat(32),
  revision: 4,
  environmentVariables: { MODE: 'plain', TOKEN: { fromSecret: '8'.repeat(32) } },
  startupProbe: { port: 8080, path: '/' },
  configMounts: { 'app.toml': 'YQ==' },
});

const typing = (changes: Partial<Draft>, on: DeploymentInfo = base): Editing => ({
  ...editOf(on),
  draft: { ...draftOf(on), ...changes },
});
const variables = (rows: Record<string, string>, on: DeploymentInfo = base) =>
  withVariables(
    draftOf(on).environment,
    Object.entries(rows).map(([name, value]) => ({ name, value })),
  );
const elsewhere = (changes: Partial<DeploymentInfo>): DeploymentInfo =>
  aDeployment({ ...base, ...changes, revision: 5 } as DeploymentInfo);
const value = ({ draft }: Editing, path: string) => settingsOf(draft).get(path);

describe('an edit of a deployment', () => {
  it('changes nothing while nothing was typed', () => {
    assert.deepEqual(changesOf(editOf(base)), []);
    assert.deepEqual(
      changesOf(
        editOf(
          aDeployment({ ...base, volumes: { [volume]: '/data' }, maxHorizontalScale: 4 } as DeploymentInfo),
        ),
      ),
      [],
    );
  });

  it('knows each setting that was changed by its path', () => {
    const edit = typing({ name: 'other', environment: variables({ MODE: 'dark', NEW: '1' }), mounts: [] });
    assert.deepEqual(changesOf(edit), [
      'configMounts.app.toml',
      'environmentVariables.MODE',
      'environmentVariables.NEW',
      'name',
    ]);
  });

  it('is saved as one update of what was changed, at the revision that it was typed over', () => {
    const edit = typing({
      environment: variables({ MODE: 'dark' }),
      startup: { on: false, port: '', path: '/' },
    });
    const { update, newVolumes } = changeOf(edit.draft, changesOf(edit), base.revision);
    assert.deepEqual(update, {
      environmentVariables: { MODE: 'dark', TOKEN: { fromSecret: '8'.repeat(32) } },
      startupProbe: { port: 0, path: '/' },
      ifRevision: 4,
    });
    assert.deepEqual(newVolumes, []);
  });

  it('chooses what happens after a change of config mounts, and takes it back', () => {
    const { after } = draftOf(base);
    assert.equal(after.kind, 'nothing');
    const post = typing({ after: { ...after, kind: 'post', port: '8080', path: '/reload' } });
    assert.deepEqual(changesOf(post), ['afterConfigChange']);
    const chosen = { kind: 'post', port: 8080, path: '/reload' } as const;
    assert.deepEqual(changeOf(post.draft, changesOf(post), 4).update, {
      afterConfigChange: chosen,
      ifRevision: 4,
    });
    assert.ok(!problemsOf(post.draft, undefined).has('after-port'));
    const wrong = { ...post.draft, after: { ...post.draft.after, port: '9' } };
    assert.equal(problemsOf(wrong, undefined).get('after-port'), 'must be one of the exposed http ports');
    const on = elsewhere({ afterConfigChange: chosen });
    assert.deepEqual(changesOf(editOf(on)), []);
    const back = typing({ after: { ...draftOf(on).after, kind: 'nothing' } }, on);
    assert.deepEqual(changeOf(back.draft, changesOf(back), 5).update, {
      afterConfigChange: { kind: 'nothing' },
      ifRevision: 5,
    });
  });

  it('keeps the volumes that there are when it makes another one', () => {
    const on = aDeployment({ ...base, volumes: { [volume]: '/data' } } as DeploymentInfo);
    const rows = [...draftOf(on).volumes, { key: 1, id: '', name: 'logs', size: '2', path: '/logs' }];
    const edit = typing({ volumes: rows }, on);
    const { update, newVolumes } = changeOf(edit.draft, changesOf(edit), 1);
    assert.deepEqual(update.volumes, { [volume]: '/data' });
    assert.deepEqual(newVolumes, [{ name: 'logs', size: 2, path: '/logs' }]);
  });

  it('takes over what was changed elsewhere and not here', () => {
    const edit = rebase(
      typing({ environment: variables({ MODE: 'dark' }) }),
      elsewhere({ name: 'renamed', ports: { 8080: 'http', 9090: 'tcp' } }),
    );
    assert.deepEqual(edit.collisions, []);
    assert.deepEqual(changesOf(edit), ['environmentVariables.MODE']);
    assert.equal(edit.draft.name, 'renamed');
    assert.equal(value(edit, 'ports.9090'), '"tcp"');
  });

  it('keeps what was typed where both changed the same, until the person decides', () => {
    const mine = typing({ environment: variables({ MODE: 'dark' }), min: '2', max: '2' });
    const theirs = elsewhere({
      environmentVariables: { MODE: 'light' },
      minHorizontalScale: 3,
      maxHorizontalScale: 3,
    });
    const edit = rebase(mine, theirs);
    assert.deepEqual(edit.collisions.toSorted(), [
      'environmentVariables.MODE',
      'maxHorizontalScale',
      'minHorizontalScale',
    ]);
    assert.equal(value(edit, 'environmentVariables.MODE'), '"dark"');
    assert.equal(value(edit, 'environmentVariables.TOKEN'), undefined);
    const kept = decide(edit, 'environmentVariables.MODE', 'mine');
    assert.equal(value(kept, 'environmentVariables.MODE'), '"dark"');
    const taken = decide(kept, 'minHorizontalScale', 'theirs');
    assert.equal(taken.draft.min, '3');
    assert.deepEqual(taken.collisions, ['maxHorizontalScale']);
  });

  it('does not collide where both made the same change', () => {
    const edit = rebase(typing({ name: 'same' }), elsewhere({ name: 'same' }));
    assert.deepEqual([edit.collisions, changesOf(edit)], [[], []]);
  });

  it('stays as it is when only what is not wanted has changed, such as the status', () => {
    const edit = rebase(typing({ name: 'mine' }), { ...base, status: 'errored' } as DeploymentInfo);
    assert.deepEqual([edit.draft.name, edit.base.status, edit.collisions], ['mine', 'errored', []]);
  });

  it('never loses what was typed, whatever is changed elsewhere', () => {
    const names = fc.constantFrom('A', 'B', 'C', 'MODE');
    const maps = fc.dictionary(names, fc.constantFrom('1', '2', '3'));
    fc.assert(
      fc.property(maps, maps, maps, (first, mine, theirs) => {
        const on = aDeployment({ ...base, environmentVariables: first } as DeploymentInfo);
        const rows = Object.entries(mine).map(([name, text], key) => ({ key, name, value: text }));
        const edit = rebase(typing({ environment: rows }, on), {
          ...elsewhere({ environmentVariables: theirs }),
        });
        for (const name of new Set([...Object.keys(first), ...Object.keys(mine), ...Object.keys(theirs)])) {
          const now = value(edit, `environmentVariables.${name}`);
          const typed = mine[name] === undefined ? undefined : JSON.stringify(mine[name]);
          const other = theirs[name] === undefined ? undefined : JSON.stringify(theirs[name]);
          assert.equal(now, mine[name] === first[name] ? other : typed);
        }
      }),
    );
  });
});

describe('what saving an edit does', () => {
  const kinds = (edit: Editing) => consequencesOfEdit(edit)?.map(({ kind }) => kind);

  it('is told before it is saved', () => {
    assert.deepEqual(kinds(typing({ deployOnPush: false })), []);
    assert.deepEqual(kinds(typing({ environment: variables({ MODE: 'dark' }) })), ['rollOut']);
    assert.deepEqual(kinds(typing({ min: '3', max: '3' })), ['scale']);
  });

  it('is the loss of data where instances with volumes go', () => {
    const on = aDeployment({
      ...base,
      volumes: { [volume]: '/data' },
      minHorizontalScale: 3,
      maxHorizontalScale: 3,
      instances: { ready: 3, wanted: 3 },
    } as DeploymentInfo);
    assert.deepEqual(consequencesOfEdit(typing({ min: '1', max: '1' }, on)), [
      { kind: 'scale', from: 3, to: 1 },
      { kind: 'dataLoss', from: 1, instances: 2, volumes: 1 },
    ]);
  });

  it('is no restart where the edge alone is told, in the words of each limit', () => {
    const on = aDeployment({ ...base, trafficLimits: { maxBodyBytes: 1_500_000 } } as DeploymentInfo);
    const { limits } = draftOf(on);
    assert.deepEqual(limits.maxBodyBytes, { kind: 'own', value: '1.5' });
    const edit = typing(
      {
        limits: {
          ...limits,
          maxBodyBytes: { kind: 'own', value: '2,5' },
          maxRequestsPerInstance: { kind: 'none', value: '' },
        },
      },
      on,
    );
    assert.deepEqual(kinds(edit), ['limits']);
    const changes = changesOf(edit);
    assert.deepEqual(changes.map(pathWords), ['largest request body', 'requests at once per instance']);
    assert.deepEqual(changeOf(edit.draft, changes, 4).update, {
      trafficLimits: { maxBodyBytes: 2_500_000, maxRequestsPerInstance: null },
      ifRevision: 4,
    });
    const usual = typing({ limits: limitsDraft(undefined) }, on);
    assert.deepEqual(changeOf(usual.draft, changesOf(usual), 4).update, { trafficLimits: {}, ifRevision: 4 });
  });

  it('takes over a limit that was changed elsewhere beside one that was changed here', () => {
    const { limits } = draftOf(base);
    const edit = typing({ limits: { ...limits, maxRequestsPerSecond: { kind: 'own', value: '5' } } });
    const after = rebase(edit, elsewhere({ trafficLimits: { maxBodyBytes: null } }));
    assert.deepEqual(settingsOf(after.draft).get('trafficLimits.maxBodyBytes'), 'null');
    assert.deepEqual([changesOf(after), after.collisions], [['trafficLimits.maxRequestsPerSecond'], []]);
  });

  it('cannot be told while a number is none', () => {
    assert.equal(kinds(typing({ min: 'two' })), undefined);
  });
});
