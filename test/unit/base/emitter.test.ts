import assert from 'node:assert/strict';
import { Emitter } from '../../../src/base/emitter.ts';

describe('Emitter', () => {
  it('tells every listener even when one throws, and reports that one', () => {
    const failures: unknown[] = [];
    const emitter = new Emitter<number>((error) => failures.push(error));
    const heard: number[] = [];
    emitter.event(() => {
      throw new Error('deaf');
    });
    emitter.event((value) => heard.push(value));
    emitter.fire(1);
    assert.deepEqual(heard, [1]);
    assert.equal(failures.length, 1);
  });

  it('keeps two subscriptions of the same function apart', () => {
    const emitter = new Emitter<number>(() => assert.fail('no listener throws here'));
    const heard: number[] = [];
    const listener = (value: number): number => heard.push(value);
    const first = emitter.event(listener);
    emitter.event(listener);
    first.dispose();
    emitter.fire(1);
    assert.deepEqual(heard, [1]);
    assert.equal(emitter.listenerCount, 1);
  });

  it('does not tell a listener that came while it was telling', () => {
    const emitter = new Emitter<number>(() => assert.fail('no listener throws here'));
    let late = 0;
    emitter.event(() => {
      emitter.event(() => (late += 1));
    });
    emitter.fire(1);
    assert.equal(late, 0);
  });
});
