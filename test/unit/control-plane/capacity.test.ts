import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gigabytes, memoryBytesOf, misfit, mostInstances } from '../../../src/control-plane/capacity.ts';

const type = (cpus: number, memoryCount: number) => ({ id: 'm', cpus, memoryCount });
const machine = { cpus: 2, memoryBytes: 4_100_000_000 };

describe('what fits on a machine', () => {
  it('is told from the field that asks for too much, with both numbers', () => {
    assert.deepEqual(misfit(type(4, 2), 1, machine), {
      field: 'machineType',
      message: "has 4 CPUs, and the region's machine 2 CPUs",
    });
    assert.deepEqual(misfit(type(1, 32), 1, machine), {
      field: 'machineType',
      message: "has 8 GB of memory, and the region's machine 4.1 GB",
    });
    assert.deepEqual(misfit(type(2, 8), 3, machine), {
      field: 'minHorizontalScale',
      message: "asks for 3 × 2 GB = 6 GB of memory, and the region's machine has 4.1 GB",
    });
    assert.equal(misfit(type(2, 8), 2, machine), undefined);
  });

  it('is as many instances as have room for all the memory that they may use', () => {
    assert.equal(mostInstances(type(1, 2), machine), 8);
    assert.equal(mostInstances(type(1, 32), machine), 0);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 1e12 }),
        (count, memoryBytes) => {
          const most = mostInstances(type(1, count), { cpus: 1, memoryBytes });
          const each = memoryBytesOf({ memoryCount: count });
          assert.ok(most * each <= memoryBytes && (most + 1) * each > memoryBytes);
          assert.equal(misfit(type(1, count), most + 1, { cpus: 1, memoryBytes }) === undefined, false);
        },
      ),
    );
  });

  it('is shown in gigabytes without more decimals than it has', () => {
    assert.deepEqual([500_000_000, 250_000_000, 2e9, 4_123_456_789].map(gigabytes), [
      '0.5 GB',
      '0.25 GB',
      '2 GB',
      '4.12 GB',
    ]);
  });
});
