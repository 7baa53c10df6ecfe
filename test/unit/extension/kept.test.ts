import assert from 'node:assert/strict';
import { Kept } from '../../../src/extension/model/kept.ts';

describe('what is read once somebody asks', () => {
  const counting = (): { kept: Kept<number>; fail: (yes: boolean) => void; reads: () => number } => {
    let reads = 0;
    let failing = false;
    const kept = new Kept(async () => {
      reads += 1;
      if (failing) throw new Error('It does not answer.');
      return reads;
    });
    return { kept, fail: (yes) => (failing = yes), reads: () => reads };
  };

  it('is read once for everybody', async () => {
    const { kept, reads } = counting();
    assert.deepEqual(await Promise.all([kept.get('a'), kept.get('a')]), [1, 1]);
    assert.equal(await kept.get('a'), 1);
    assert.equal(reads(), 1);
  });

  it('is read again where somebody has asked, and nowhere else', async () => {
    const { kept, reads } = counting();
    assert.equal(await kept.renew('a'), false);
    assert.equal(reads(), 0);
    await kept.get('a');
    assert.deepEqual(kept.ids(), ['a']);
    assert.equal(await kept.renew('a'), true);
    assert.equal(await kept.get('a'), 2);
  });

  it('tells whether it differs', async () => {
    const kept = new Kept(async () => ({ same: true }));
    await kept.get('a');
    assert.equal(await kept.renew('a'), false);
  });

  it('is not kept when it cannot be read any more', async () => {
    const { kept, fail } = counting();
    await kept.get('a');
    fail(true);
    assert.equal(await kept.renew('a'), true);
    await assert.rejects(kept.get('a'), /does not answer/);
    fail(false);
    assert.equal(await kept.get('a'), 4);
  });

  it('does not come back when it was read for what is gone', async () => {
    const answers: ((value: string) => void)[] = [];
    const kept = new Kept(() => new Promise<string>((resolve) => answers.push(resolve)));
    const before = kept.get('a');
    kept.clear();
    const after = kept.get('a');
    answers[1]?.('new');
    answers[0]?.('old');
    assert.deepEqual(await Promise.all([before, after]), ['old', 'new']);
    assert.equal(await kept.get('a'), 'new');
  });

  it('is forgotten with its owner', async () => {
    const { kept, reads } = counting();
    await kept.get('a');
    await kept.get('b');
    kept.keepOnly(new Set(['b']));
    await kept.get('b');
    assert.equal(reads(), 2);
    await kept.get('a');
    assert.equal(reads(), 3);
  });
});
