import assert from 'node:assert/strict';
import { KeptSaves } from '../../../../src/extension/config/keptSaves.ts';
import { memoryStore } from './memoryStore.ts';

const content = Buffer.from('a: 1\n');
const fail = (message: string): never => assert.fail(message);

describe('saves that nobody could take', () => {
  it('are there for the next window, oldest first', async () => {
    const store = memoryStore();
    const first = new KeptSaves(store, fail);
    await first.keep({ key: 'b', at: 2, base: null, content });
    await first.keep({ key: 'a', at: 1, base: '7', content });
    await first.keep({ key: 'c', at: 3, content });
    const found = await new KeptSaves(store, fail).all();
    assert.deepEqual(
      found.map(({ key, base }) => [key, base]),
      [
        ['a', '7'],
        ['b', null],
        ['c', undefined],
      ],
    );
    assert.deepEqual(Buffer.from(found[0]?.content ?? []), content);
  });

  it('are the last of each config mount, over what the first of them was made from', async () => {
    const kept = new KeptSaves(memoryStore(), fail);
    await kept.keep({ key: 'a', at: 1, base: '7', content });
    await kept.keep({ key: 'a', at: 2, base: '9', content: Buffer.from('later') });
    const all = await kept.all();
    assert.equal(all.length, 1);
    assert.equal(all[0]?.base, '7');
    assert.equal(Buffer.from(all[0].content).toString(), 'later');
    await kept.drop('a');
    await kept.drop('a');
    assert.deepEqual(await kept.all(), []);
  });

  it('are bounded, and nothing older is given up for a new one', async () => {
    const kept = new KeptSaves(memoryStore(), fail);
    const large = Buffer.alloc(11 * 1024 * 1024);
    assert.equal(await kept.keep({ key: 'a', at: 1, content: large }), 'kept');
    assert.equal(await kept.keep({ key: 'b', at: 2, content: large }), 'kept');
    assert.equal(await kept.keep({ key: 'c', at: 3, content: large }), 'full');
    assert.equal(await kept.keep({ key: 'b', at: 4, content: large }), 'kept', 'in the place of its own');
    assert.deepEqual(
      (await kept.all()).map(({ key }) => key),
      ['a', 'b'],
    );
  });

  it('pass over what cannot be read, and say so', async () => {
    const store = memoryStore();
    const warnings: string[] = [];
    const kept = new KeptSaves(store, (message) => warnings.push(message));
    await kept.keep({ key: 'a', at: 1, content });
    await store.write('broken.json', Buffer.from('{'));
    assert.equal((await kept.all()).length, 1);
    assert.match(warnings[0] ?? '', /broken\.json could not be read/);
    assert.ok(store.files.has('broken.json'), 'it stays where it is');
  });
});
