import type { MetricMark, MetricPoint, Metrics } from './shapes/metrics.ts';
import { parseTimestamp } from './wire.ts';

/** What can be shown of a point. Shares are of 1, bytes are bytes, rates per second, times in milliseconds. */
export interface Figures {
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  readonly memoryLimit: number | undefined;
  readonly received: number | undefined;
  readonly sent: number | undefined;
  readonly requests: number | undefined;
  readonly status2xx: number | undefined;
  readonly status3xx: number | undefined;
  readonly status4xx: number | undefined;
  readonly status5xx: number | undefined;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly restarts: number | undefined;
}
export type FigureName = keyof Figures;

/** A line over time: of the deployment as a whole, or of an instance. `at`: milliseconds since the epoch. */
export interface FigureLine {
  readonly name: string;
  readonly points: readonly { readonly at: number; readonly figures: Figures }[];
}

/** An answer of any generation, in one form. */
export interface ReadMetrics {
  readonly stepMs: number;
  readonly whole: FigureLine;
  readonly instances: readonly FigureLine[];
  readonly marks: readonly (MetricMark & { readonly time: number })[];
  readonly instancesLeftOut: number;
}

/** Patr's generations before say nothing of their step: what lies between two points is one, a minute where there are none. */
const usualStepMs = 60_000;

/** Reads an answer. Undefined where nothing at all was measured. */
export function readFigures(answer: Metrics): ReadMetrics | undefined {
  const instances = answer.metrics.flatMap((one) =>
    'podName' in one ? [{ name: one.podName, points: pointsOf(one.metrics) }] : [],
  );
  const loose = answer.metrics.flatMap((one) => ('podName' in one ? [] : [one]));
  const whole = { name: 'All instances', points: pointsOf(answer.total ?? loose) };
  if (whole.points.length === 0 && instances.every(({ points }) => points.length === 0)) return undefined;
  return {
    stepMs: answer.stepSeconds === undefined ? stepIn([whole, ...instances]) : answer.stepSeconds * 1000,
    whole: whole.points.length === 0 && instances.length === 1 ? { ...whole, ...instances[0] } : whole,
    instances,
    marks: (answer.marks ?? []).flatMap((mark) => {
      const time = parseTimestamp(mark.at);
      return time === undefined ? [] : [{ ...mark, time }];
    }),
    instancesLeftOut: answer.instancesLeftOut ?? 0,
  };
}

function pointsOf(points: readonly MetricPoint[]): FigureLine['points'] {
  return points.flatMap((point) => {
    const at = parseTimestamp(point.timestamp);
    const figures = figuresOf(point);
    const known = Object.values(figures).some((value) => value !== undefined);
    return at === undefined || !known ? [] : [{ at, figures }];
  });
}

function figuresOf(point: MetricPoint): Figures {
  const cpus = numberIn(point.cpuUsage);
  const { cpuAllocated: allocated, memoryLimit, requests, restarts, p50, p95, p99 } = point;
  const { status2xx, status3xx, status4xx, status5xx } = point;
  return {
    cpu:
      cpus === undefined ? undefined : allocated === undefined || allocated === 0 ? cpus : cpus / allocated,
    memory: numberIn(point.memoryUsage),
    memoryLimit: memoryLimit === 0 ? undefined : memoryLimit,
    received: numberIn(point.networkUsageRx),
    sent: numberIn(point.networkUsageTx),
    requests,
    status2xx,
    status3xx,
    status4xx,
    status5xx,
    p50,
    p95,
    p99,
    restarts,
  };
}

/** An empty text is what a generation of Patr's writes where it has nothing. */
function numberIn(value: string | number | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function stepIn(lines: readonly FigureLine[]): number {
  const [a, b] = lines.find(({ points }) => points.length > 1)?.points ?? [];
  return a === undefined || b === undefined || b.at <= a.at ? usualStepMs : b.at - a.at;
}
