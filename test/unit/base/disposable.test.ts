import assert from 'node:assert/strict';
import { DisposableStore, disposable } from '../../../src/base/disposable.ts';

describe('DisposableStore', () => {
  it('closes last opened, first', () => {
    const closed: number[] = [];
    const store = new DisposableStore();
    store.onDispose(() => closed.push(1));
    store.onDispose(() => closed.push(2));
    store.dispose();
    store.dispose();
    assert.deepEqual(closed, [2, 1]);
  });

  it('disposes at once what is added after its end', () => {
    const store = new DisposableStore();
    store.dispose();
    let closed = 0;
    store.onDispose(() => (closed += 1));
    assert.equal(closed, 1);
  });

  it('closes the others when one of them fails, and says so', () => {
    const store = new DisposableStore();
    let closed = false;
    store.onDispose(() => (closed = true));
    store.onDispose(() => {
      throw new Error('broken');
    });
    assert.throws(() => store.dispose(), AggregateError);
    assert.equal(closed, true);
  });

  it('aborts the signals it gave out', () => {
    const store = new DisposableStore();
    const signal = store.signal();
    assert.equal(signal.aborted, false);
    store.dispose();
    assert.equal(signal.aborted, true);
  });
});

describe('disposable', () => {
  it('releases once', () => {
    let released = 0;
    const item = disposable(() => (released += 1));
    item.dispose();
    item.dispose();
    assert.equal(released, 1);
  });
});
