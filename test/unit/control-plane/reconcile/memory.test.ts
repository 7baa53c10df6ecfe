import assert from 'node:assert/strict';
import { beginDrainsBy, emptyMemory } from '../../../../src/control-plane/reconcile/memory.ts';

describe('what the loop remembers', () => {
  it('begins a drain anew when the clock was set back, and leaves it alone otherwise', () => {
    const memory = emptyMemory();
    memory.draining.set('before', 1000).set('ahead', 3_600_000);
    beginDrainsBy(memory, 5000);
    assert.deepEqual(Object.fromEntries(memory.draining), { before: 1000, ahead: 5000 });
  });
});
