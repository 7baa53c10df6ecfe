import assert from 'node:assert/strict';
import { waitBeforeLook } from '../../../src/extension/lookAgain.ts';

describe('looking again by itself', () => {
  it('asks a server that is away less and less often, and never less than once a minute', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((looks) => waitBeforeLook('unreachable', looks, () => 0));
    assert.deepEqual(waits, [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('does not let everybody ask at the same moment', () => {
    assert.equal(
      waitBeforeLook('unreachable', 3, () => 1),
      4000,
    );
  });

  it('waits the same for what is mended on this machine, and not at all for what somebody tells', () => {
    assert.equal(
      waitBeforeLook('engineStopped', 9, () => 1),
      5000,
    );
    for (const kind of ['connected', 'signedOut', 'untrusted'] as const)
      assert.equal(
        waitBeforeLook(kind, 1, () => 0),
        undefined,
      );
  });
});
