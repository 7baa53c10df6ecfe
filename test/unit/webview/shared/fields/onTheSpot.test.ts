import assert from 'node:assert/strict';
import { problem } from '../../../../../src/protocol/problems.ts';
import { emptyDraft, type Draft } from '../../../../../webview/shared/fields/draft.ts';
import { OnTheSpot } from '../../../../../webview/shared/fields/onTheSpot.ts';
import { typedAt } from '../../../../../webview/shared/fields/view.ts';
import { wishOf } from '../../../../../webview/shared/fields/wish.ts';
import { noPrefill } from './drafts.ts';

const made = { id: 'a'.repeat(32), name: 'db there' };

describe('a copy’s form', () => {
  const subject = { kind: 'copy', deploymentId: 'b'.repeat(32), name: 'web shop', from: 'local' } as const;
  let draft: Draft;
  let asked: { readonly name: string; readonly value: string }[];
  let refuses: boolean;
  let spot: OnTheSpot;

  beforeEach(() => {
    const prefill = {
      ...noPrefill,
      environmentVariables: { MODE: 'prod' },
      wantedSecrets: ['DB'],
      copiesImage: true,
      deployOnCreate: false,
      afterConfigChange: { kind: 'restart' } as const,
      notes: [{ kind: 'leftOut', about: 'history', words: 'It stays.' } as const],
    };
    draft = emptyDraft(subject, prefill);
    asked = [];
    refuses = false;
    spot = new OnTheSpot({
      draft: () => draft,
      edit: (make) => void (draft = { ...draft, ...make(draft) }),
      createSecret: async (wanted) => {
        asked.push(wanted);
        if (refuses) throw problem('resourceAlreadyExists');
        return made;
      },
      know: () => undefined,
      goTo: () => undefined,
      onChange: () => undefined,
    });
  });
  const done = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('arrives with the image that is copied, what is done after a change, and secrets that are to be chosen', () => {
    const { registry, environment, deployOnCreate, notes } = draft;
    assert.deepEqual([registry, deployOnCreate, notes.length], ['copy', false, 1]);
    assert.deepEqual(environment, [
      { key: 0, name: 'MODE', value: 'prod' },
      { key: 1, name: 'DB', value: '', secret: '' },
    ]);
    const { image, afterConfigChange } = wishOf(draft);
    assert.deepEqual([image, afterConfigChange], [{ kind: 'copy' }, { kind: 'restart' }]);
  });

  it('asks for an image of another registry where there is none to copy it into', () => {
    assert.equal(emptyDraft(subject, noPrefill).registry, 'other');
    const named = { ...noPrefill, registry: 'docker.io', imageName: 'library/nginx' };
    assert.equal(emptyDraft(subject, named).registry, 'dockerHub');
  });

  it('makes a secret of a value that is typed, which is in nothing that is kept', async () => {
    spot.actions.aside('secret-1', 'db there');
    spot.actions.aside(typedAt(1), 'hush');
    assert.ok(!JSON.stringify(draft).includes('hush'));
    spot.actions.createSecret(1, 'db there');
    await done();
    assert.deepEqual(asked, [{ name: 'db there', value: 'hush' }]);
    assert.deepEqual(draft.environment[1], { key: 1, name: 'DB', value: '', secret: made.id });
    assert.equal(spot.asides.size, 0);
  });

  it('keeps what was typed when the server refuses, and takes a raw value where there is one', async () => {
    refuses = true;
    spot.actions.aside(typedAt(1), 'hush');
    spot.actions.createSecret(1, 'taken');
    await done();
    assert.equal(spot.asides.get(typedAt(1))?.text, 'hush');
    refuses = false;
    spot.actions.createSecret(0, 'mode');
    await done();
    assert.deepEqual(asked.at(-1), { name: 'mode', value: 'prod' });
  });
});
