import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockRegion, lockState, RegionInUseError, StateInUseError } from '../../../src/control-plane/lock.ts';

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

describe('the lock of a region', () => {
  it('is held by one at a time, another region is free, and so is the same one afterwards', async () => {
    const name = `lock-${process.pid}`;
    const held = await lockRegion(name);
    await assert.rejects(lockRegion(name), RegionInUseError);
    (await lockRegion(`${name}-2`)).dispose();
    held.dispose();
    (await lockRegion(name)).dispose();
  });
});
