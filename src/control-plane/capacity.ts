import type { MachineTypeRow } from './domain.ts';

/** What the machine has that a region's instances run on. */
export interface Capacity {
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** Why instances can never run as they are asked for, and which field of the request says so. */
export interface Misfit {
  readonly field: 'machineType' | 'minHorizontalScale';
  readonly message: string;
}

/** Machine types count memory in quarters of 10⁹ bytes. */
const countBytes = 250_000_000;

export function memoryBytesOf({ memoryCount }: Pick<MachineTypeRow, 'memoryCount'>): number {
  return memoryCount * countBytes;
}

/**
 * Why a deployment cannot fit: one instance needs more than there is, or the fewest instances together need more memory
 * than there is. Undefined when it fits, which does not look at what else runs: limits are bounds, not reservations.
 */
export function misfit(type: MachineTypeRow, minScale: number, capacity: Capacity): Misfit | undefined {
  const each = memoryBytesOf(type);
  if (type.cpus > capacity.cpus) {
    return {
      field: 'machineType',
      message: `has ${cpus(type.cpus)}, and the region's machine ${cpus(capacity.cpus)}`,
    };
  }
  const has = gigabytes(capacity.memoryBytes);
  if (each > capacity.memoryBytes) {
    return {
      field: 'machineType',
      message: `has ${gigabytes(each)} of memory, and the region's machine ${has}`,
    };
  }
  if (minScale <= mostInstances(type, capacity)) return undefined;
  const message = `asks for ${minScale} × ${gigabytes(each)} = ${gigabytes(minScale * each)} of memory, and the region's machine has ${has}`;
  return { field: 'minHorizontalScale', message };
}

/** How many instances of one deployment have room for all the memory that they may use. */
export function mostInstances(type: MachineTypeRow, { memoryBytes }: Capacity): number {
  return Math.floor(memoryBytes / memoryBytesOf(type));
}

/** At most two decimals, as machine types have: `0.5 GB`. */
export function gigabytes(bytes: number): string {
  return `${Number((bytes / 1e9).toFixed(2))} GB`;
}

function cpus(count: number): string {
  return count === 1 ? '1 CPU' : `${count} CPUs`;
}
