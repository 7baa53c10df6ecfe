import type { MetricMark, MetricPoint, Metrics } from '../../src/protocol/shapes/metrics.ts';

const stepMs = 60_000;
const steps = 60;

/** An hour of everything that is measured, of four instances, with a gap, an instance that is new, and marks. */
export function anHourMeasured(until: number): Metrics {
  const from = until - steps * stepMs;
  const times = Array.from({ length: steps }, (_, step) => step).filter((step) => step < 33 || step > 36);
  const point = (step: number, of: number): MetricPoint => {
    // Waves of several lengths, so that no two instances are alike.
    const wave = (length: number): number => 1 + Math.sin((step + of * 3) / length);
    const requests = 14 * wave(7) + 2 * wave(1);
    return {
      timestamp: from + step * stepMs,
      cpuUsage: String(0.08 * wave(7) + 0.03 * wave(2) + (step > 50 ? 0.2 : 0)),
      cpuAllocated: 0.5,
      memoryUsage: String(90e6 + 30e6 * wave(15) + of * 8e6),
      memoryLimit: 256e6,
      networkUsageRx: String(requests * 900),
      networkUsageTx: String(requests * 14_000),
      restarts: step === 25 && of === 2 ? 1 : 0,
      requests,
      status2xx: requests * 0.9,
      status3xx: requests * 0.05,
      status4xx: requests * 0.04,
      status5xx: step > 50 ? requests * 0.08 : 0,
      p50: 4 * wave(10),
      p95: 18 * wave(8) + 4,
      p99: 60 * wave(9) + 30,
    };
  };
  const instances = [0, 1, 2, 3].map((of) => {
    const own = times.filter((step) => of < 3 || step >= 40);
    return {
      podName: `web-shop-v${of < 3 ? 2 : 3}-${of}`,
      instance: String(of).repeat(12),
      metrics: own.map((step) => point(step, of)),
    };
  });
  const marks: MetricMark[] = [
    { kind: 'rollout', at: from + 10 * stepMs, release: 2, cause: 'push' },
    { kind: 'scale', at: from + 40 * stepMs, from: 3, to: 4 },
    { kind: 'rollout', at: from + 50 * stepMs, release: 3, cause: 'update' },
  ];
  return { metrics: instances, total: times.map((step) => point(step, 0)), stepSeconds: 60, marks };
}
