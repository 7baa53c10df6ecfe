import type { MachineType } from '../protocol/shapes/deployment.ts';

/** What machine types count memory in, in bytes. */
const quarterGigabyte = 250_000_000;

export function memoryBytes({ memory_count: count }: MachineType): number {
  return count * quarterGigabyte;
}

/** The one with the least memory among those that have more; undefined where it is the largest, or unknown. */
export function nextLarger(types: readonly MachineType[], id: string): MachineType | undefined {
  const now = types.find((one) => one.id === id);
  const larger = types.filter((one) => now !== undefined && one.memory_count > now.memory_count);
  return larger.toSorted((a, b) => a.memory_count - b.memory_count || a.cpu_count - b.cpu_count)[0];
}
