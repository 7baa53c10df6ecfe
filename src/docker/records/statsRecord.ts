import type { StatsSample } from '../engine.ts';
import { number, present, record, time } from './facts.ts';

/**
 * `GET /containers/{id}/stats`. The page cache that the kernel gives back at once does not count as memory:
 * `inactive_file` on cgroup v2, `total_inactive_file` on v1. `undefined`: the container does not run.
 */
export function statsOf(value: unknown): StatsSample | undefined {
  const raw = record(value);
  const at = time(raw['read']);
  if (at === undefined) return undefined;
  const memory = record(raw['memory_stats']);
  const details = record(memory['stats']);
  const usage = number(memory['usage']);
  const reclaimable = number(details['total_inactive_file']) ?? number(details['inactive_file']) ?? 0;
  const interfaces = Object.values(record(raw['networks'])).map(record);
  const sum = (name: string): number | undefined =>
    interfaces.length === 0
      ? undefined
      : interfaces.reduce((total, one) => total + (number(one[name]) ?? 0), 0);
  return present({
    at,
    cpuNanoseconds: number(record(record(raw['cpu_stats'])['cpu_usage'])['total_usage']),
    memoryBytes: usage === undefined ? undefined : Math.max(0, usage - reclaimable),
    memoryLimitBytes: number(memory['limit']),
    receivedBytes: sum('rx_bytes'),
    sentBytes: sum('tx_bytes'),
  });
}
