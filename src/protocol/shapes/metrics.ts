import * as v from 'valibot';
import { timestamp } from '../wire.ts';
import { releaseCauses } from './release.ts';

/** Patr's generations write figures as texts, and an empty one where they have none. */
const figure = v.optional(v.union([v.string(), v.number()]));

/**
 * What was measured in one step, which began at `timestamp`. The first four names are Patr's: CPUs, bytes, and bytes
 * per second out and in. The rest is ours; what nobody could measure is absent.
 */
export const metricPoint = v.object({
  timestamp,
  cpuUsage: figure,
  memoryUsage: figure,
  networkUsageTx: figure,
  networkUsageRx: figure,
  /** CPUs that may be used, and bytes. */
  cpuAllocated: v.optional(v.number()),
  memoryLimit: v.optional(v.number()),
  /** Instances that began in the place of one that had failed, in this step. */
  restarts: v.optional(v.number()),
  /** Per second. */
  requests: v.optional(v.number()),
  status2xx: v.optional(v.number()),
  status3xx: v.optional(v.number()),
  status4xx: v.optional(v.number()),
  status5xx: v.optional(v.number()),
  /** Milliseconds within which this share of the answers began. */
  p50: v.optional(v.number()),
  p95: v.optional(v.number()),
  p99: v.optional(v.number()),
  /** Instances wanted at the end of the step; of the deployment as a whole alone. */
  wanted: v.optional(v.number()),
});
export type MetricPoint = v.InferOutput<typeof metricPoint>;

/** `podName` is Patr's word for the name of an instance; `instance`, its id, is ours. */
const instanceMetrics = v.object({
  podName: v.string(),
  instance: v.optional(v.string()),
  metrics: v.array(metricPoint),
});

/** What happened to a deployment while it was measured. */
const mark = v.variant('kind', [
  v.object({
    kind: v.literal('rollout'),
    at: timestamp,
    release: v.number(),
    cause: v.fallback(v.union([v.picklist(releaseCauses), v.literal('unknown')]), 'unknown'),
  }),
  v.object({ kind: v.literal('scale'), at: timestamp, from: v.number(), to: v.number() }),
]);
export type MetricMark = v.InferOutput<typeof mark>;

/**
 * Points are oldest first, and a step without one was not measured. A generation between does not tell instances apart
 * and lists the points by themselves.
 */
export const metrics = v.object({
  metrics: v.array(v.union([instanceMetrics, metricPoint])),
  /** The deployment as a whole. */
  total: v.optional(v.array(metricPoint)),
  /** Length of a step. */
  stepSeconds: v.optional(v.number()),
  /** Oldest first. Kinds that a newer server may have are passed over. */
  marks: v.optional(
    v.pipe(
      v.array(v.fallback(v.nullable(mark), null)),
      v.transform((all) => all.filter((one) => one !== null)),
    ),
  ),
  /** Instances that were measured and are not among these: the newest ones are. */
  instancesLeftOut: v.optional(v.number()),
});
export type Metrics = v.InferOutput<typeof metrics>;

/** Points of one figure. */
export const metricPoints = v.object({
  dataPoints: v.array(v.object({ timestamp, value: v.nullable(v.union([v.string(), v.number()])) })),
});
export type MetricPoints = v.InferOutput<typeof metricPoints>;

/** What Patr's newest generation calls the figures that are measured here. */
export const metricNames = [
  'ingress_rps',
  'ingress_latency_p50',
  'ingress_latency_p95',
  'ingress_latency_p99',
  'error_rate',
  'status_2xx',
  'status_3xx',
  'status_4xx',
  'status_5xx',
  'container_cpu_usage',
  'memory_used',
  'memory_limit',
  'network_rx',
  'network_tx',
] as const;
export type MetricName = (typeof metricNames)[number];
