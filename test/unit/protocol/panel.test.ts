import assert from 'node:assert/strict';
import * as v from 'valibot';
import { nothing } from '../../../src/protocol/panel.ts';
import { isProblem, problem } from '../../../src/protocol/problems.ts';
import { PanelPair } from '../../support/panelPair.ts';

const contract = {
  calls: {
    double: { takes: v.object({ number: v.number() }), returns: v.number() },
    wait: { takes: nothing, returns: nothing },
    fail: { takes: v.picklist(['problem', 'defect']), returns: nothing },
    lie: { takes: nothing, returns: v.number() },
  },
  news: v.object({ kind: v.literal('changed'), id: v.string() }),
};

describe('the channel of a panel', () => {
  let pair: PanelPair<typeof contract>;
  let waiting: { readonly signal: AbortSignal; readonly done: () => void }[];

  beforeEach(() => {
    waiting = [];
    pair = new PanelPair(contract, {
      double: ({ number }) => number * 2,
      wait: (_, signal) => new Promise((resolve) => waiting.push({ signal, done: () => resolve(null) })),
      fail: (kind) => {
        if (kind === 'defect') throw new Error('It broke.');
        throw problem('wrongParameters', { fields: [{ field: 'name', message: 'is already taken' }] });
      },
      lie: () => 'not a number' as unknown as number,
    });
  });

  it('answers what the page asks', async () => {
    assert.equal(await pair.page.call('double', { number: 21 }), 42);
  });

  it('tells the page what the host refuses, with the fields that it is about', async () => {
    await assert.rejects(pair.page.call('fail', 'problem'), (error: unknown) => {
      assert.ok(isProblem(error, 'wrongParameters'));
      assert.deepEqual(error.fields, [{ field: 'name', message: 'is already taken' }]);
      return true;
    });
    assert.deepEqual(pair.defects, []);
  });

  it('tells the page that the host failed, and the host that it is a defect', async () => {
    await assert.rejects(pair.page.call('fail', 'defect'), /It broke\./);
    assert.deepEqual(pair.defects, ['It broke.']);
  });

  it('refuses input that the contract does not allow, without asking the handler', async () => {
    await assert.rejects(pair.page.call('double', { number: 'x' as unknown as number }), (error) =>
      isProblem(error, 'wrongParameters'),
    );
  });

  it('refuses names that are no calls, those of every object included', () => {
    for (const name of ['triple', 'constructor', '__proto__']) {
      pair.sayToHost({ kind: 'call', id: name, name, with: null });
      const { id, kind, code } = pair.saidToPage.at(-1) as Record<string, unknown>;
      assert.deepEqual([id, kind, code], [name, 'refusal', 'wrongParameters']);
    }
  });

  it('does not let the host answer what the contract does not allow', async () => {
    await assert.rejects(pair.page.call('lie', null), /may not say/);
  });

  it('hears news, and takes nonsense for a defect', () => {
    const heard: unknown[] = [];
    pair.page.onNews((news) => heard.push(news));
    pair.host.tell({ kind: 'changed', id: 'a' });
    pair.sayToPage({ kind: 'news', news: { kind: 'changed' } });
    pair.sayToPage({ kind: 'nonsense' });
    pair.sayToHost('nonsense');
    assert.deepEqual(heard, [{ kind: 'changed', id: 'a' }]);
    assert.equal(pair.defects.length, 3);
  });

  it('rejects what is pending when the page ends, and what is asked after', async () => {
    const pending = pair.page.call('wait', null);
    pair.page.dispose();
    await assert.rejects(pending, { name: 'AbortError' });
    await assert.rejects(pair.page.call('double', { number: 1 }), { name: 'AbortError' });
  });

  it('gives up a call when its signal fires, on both ends', async () => {
    const controller = new AbortController();
    const pending = pair.page.call('wait', null, { signal: controller.signal });
    controller.abort();
    await assert.rejects(pending, { name: 'AbortError' });
    assert.equal(waiting[0]?.signal.aborted, true);
  });

  it('aborts what runs in the host when the panel ends, and says nothing more', async () => {
    const pending = pair.page.call('wait', null);
    pair.host.dispose();
    assert.equal(waiting[0]?.signal.aborted, true);
    waiting[0]?.done();
    pair.page.dispose();
    await assert.rejects(pending, { name: 'AbortError' });
  });

  it('keeps an answer to an earlier page from a later one', async () => {
    const early = pair.page.call('wait', null);
    pair.page.dispose();
    await assert.rejects(early);
    const page = pair.newPage();
    const late = page.call('wait', null);
    let answered = false;
    void late.then(() => (answered = true));
    waiting[0]?.done();
    await Promise.resolve();
    assert.equal(answered, false);
    waiting[1]?.done();
    await late;
  });
});
