import { formatTimestamp } from '../../protocol/wire.ts';
import type {
  MetricMark,
  MetricName,
  MetricPoint,
  MetricPoints,
  Metrics,
} from '../../protocol/shapes/metrics.ts';
import type { Release } from '../domain.ts';
import type { Measure } from './measure.ts';
import type { Series } from './metricsFile.ts';
import { percentile } from './percentile.ts';

/** Lines that somebody can tell apart, and that an answer has room for. */
const mostInstances = 50;

/** What is kept as the API tells it. `stepMs`: length of a step. `releases`: those made within the time. */
export function metricsAnswer(
  series: readonly Series[],
  stepMs: number,
  releases: readonly Pick<Release, 'number' | 'cause' | 'createdAt'>[],
): Metrics {
  const whole = series.find(({ instance }) => instance === undefined);
  const instances = series.flatMap(({ instance, measures }) =>
    instance === undefined
      ? []
      : [{ podName: instance.name, instance: instance.id, metrics: points(measures) }],
  );
  const rollouts = releases.map(({ number, cause, createdAt }): [number, MetricMark] => [
    createdAt,
    { kind: 'rollout', at: formatTimestamp(createdAt), release: number, cause },
  ]);
  const marks = [...rollouts, ...scalings(whole)].toSorted(([a], [b]) => a - b).map(([, mark]) => mark);
  const leftOut = Math.max(0, instances.length - mostInstances);
  return {
    metrics: instances.slice(0, mostInstances),
    total: whole === undefined ? [] : points(whole.measures),
    stepSeconds: stepMs / 1000,
    marks,
    ...(leftOut === 0 ? {} : { instancesLeftOut: leftOut }),
  };
}

/** One figure of the deployment as a whole. */
export function metricAnswer(series: readonly Series[], name: MetricName): MetricPoints {
  const whole = series.find(({ instance }) => instance === undefined);
  const measures = Array.from(whole?.measures ?? []);
  return {
    dataPoints: measures.map(([at, measure]) => {
      return { timestamp: formatTimestamp(at), value: figures[name](pointOf(at, measure)) ?? null };
    }),
  };
}

type Figure = (point: MetricPoint) => string | number | undefined;

const figures: Readonly<Record<MetricName, Figure>> = {
  ingress_rps: ({ requests }) => requests,
  ingress_latency_p50: ({ p50 }) => p50,
  ingress_latency_p95: ({ p95 }) => p95,
  ingress_latency_p99: ({ p99 }) => p99,
  error_rate: ({ requests, status5xx }) =>
    requests === undefined || status5xx === undefined || requests === 0 ? undefined : status5xx / requests,
  status_2xx: ({ status2xx }) => status2xx,
  status_3xx: ({ status3xx }) => status3xx,
  status_4xx: ({ status4xx }) => status4xx,
  status_5xx: ({ status5xx }) => status5xx,
  container_cpu_usage: ({ cpuUsage }) => cpuUsage,
  memory_used: ({ memoryUsage }) => memoryUsage,
  memory_limit: ({ memoryLimit }) => memoryLimit,
  network_rx: ({ networkUsageRx }) => networkUsageRx,
  network_tx: ({ networkUsageTx }) => networkUsageTx,
};

function points(measures: ReadonlyMap<number, Measure>): MetricPoint[] {
  return Array.from(measures)
    .toSorted(([a], [b]) => a - b)
    .map(([at, measure]) => pointOf(at, measure));
}

export function pointOf(
  at: number,
  { cpu, memory, network, restarts, traffic, wanted }: Measure,
): MetricPoint {
  const [, second, third, fourth, fifth] = traffic.answers;
  const perSecond = (count: number): number => rounded(count / (traffic.ms / 1000));
  const within = (share: number): number | undefined => {
    const ms = percentile(traffic.times, share);
    return ms === undefined ? undefined : rounded(ms);
  };
  return present({
    timestamp: formatTimestamp(at),
    cpuUsage: cpu.ms === 0 ? undefined : String(rounded(cpu.used / cpu.ms)),
    cpuAllocated: cpu.ms === 0 ? undefined : rounded(cpu.allocated / cpu.ms),
    memoryUsage: memory.ms === 0 ? undefined : String(Math.round(memory.used / memory.ms)),
    memoryLimit: memory.ms === 0 ? undefined : Math.round(memory.limit / memory.ms),
    networkUsageRx: network.ms === 0 ? undefined : String(rounded((network.received / network.ms) * 1000)),
    networkUsageTx: network.ms === 0 ? undefined : String(rounded((network.sent / network.ms) * 1000)),
    restarts: rounded(restarts),
    ...(traffic.ms === 0
      ? {}
      : {
          requests: perSecond(traffic.requests),
          status2xx: perSecond(second),
          status3xx: perSecond(third),
          status4xx: perSecond(fourth),
          status5xx: perSecond(fifth),
        }),
    p50: within(0.5),
    p95: within(0.95),
    p99: within(0.99),
    wanted,
  });
}

/** A change of how many instances are wanted, whoever wished it, and in whichever step. */
function scalings(whole: Series | undefined): [number, MetricMark][] {
  const wanted = Array.from(whole?.measures ?? [])
    .toSorted(([a], [b]) => a - b)
    .flatMap(([at, measure]) => (measure.wanted === undefined ? [] : [{ at, count: measure.wanted }]));
  return wanted.flatMap(({ at, count }, index): [number, MetricMark][] => {
    const before = wanted[index - 1]?.count ?? count;
    return before === count
      ? []
      : [[at, { kind: 'scale', at: formatTimestamp(at), from: before, to: count }]];
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** Without what is absent. */
function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
