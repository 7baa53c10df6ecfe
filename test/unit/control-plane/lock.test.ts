import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockState, StateInUseError } from '../../../src/control-plane/lock.ts';

describe('the lock of a state directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patr-lock-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is held by one at a time and free again afterwards', () => {
    const held = lockState(directory);
    assert.throws(() => lockState(directory), StateInUseError);
    held.dispose();
    lockState(directory).dispose();
  });
});
