import assert from 'node:assert/strict';
import { Reading } from '../../../../webview/shared/reading.ts';

describe('reading what may have changed', () => {
  it('reads once more for all who asked while a read was under way, and ends that one first', async () => {
    const begun: (() => void)[] = [];
    const reading = new Reading(() => new Promise((resolve) => begun.push(resolve)));
    const told: string[] = [];
    void reading.again().then(() => told.push('first'));
    const second = reading.again().then(() => told.push('second'));
    const third = reading.again().then(() => told.push('third'));
    assert.equal(begun.length, 1);
    begun[0]?.();
    await turn();
    assert.deepEqual([told, begun.length], [['first'], 2]);
    begun[1]?.();
    await Promise.all([second, third]);
    assert.deepEqual([told, begun.length], [['first', 'second', 'third'], 2]);
    void reading.again();
    assert.equal(begun.length, 3);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
