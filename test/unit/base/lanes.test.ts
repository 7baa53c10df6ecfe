import assert from 'node:assert/strict';
import { Lanes } from '../../../src/base/lanes.ts';

function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open: () => open(), opened };
}

describe('Lanes', () => {
  it('never overlaps work of one key and keeps its order', async () => {
    const lanes = new Lanes();
    const first = gate();
    const seen: string[] = [];
    const one = lanes.run('a', async () => {
      seen.push('first begins');
      await first.opened;
      seen.push('first ends');
    });
    const two = lanes.run('a', async () => {
      seen.push('second');
    });
    await lanes.run('b', async () => {
      seen.push('other key');
    });
    first.open();
    await Promise.all([one, two]);
    assert.deepEqual(seen, ['first begins', 'other key', 'first ends', 'second']);
  });

  it('goes on after a failure and tells it to the one who asked', async () => {
    const lanes = new Lanes();
    await assert.rejects(
      lanes.run('a', async () => {
        throw new Error('no');
      }),
      /no/,
    );
    assert.equal(await lanes.run('a', async () => 7), 7);
  });

  it('forgets empty lanes', async () => {
    const lanes = new Lanes();
    await lanes.run('a', async () => undefined);
    await lanes.idle();
    await Promise.resolve();
    assert.equal(lanes.busy, 0);
  });
});
