import type { Target } from '../../deploy/target.ts';
import { NotOffered } from '../../client/errors.ts';
import { glances, type Glance } from '../../protocol/figureWords.ts';
import { readFigures } from '../../protocol/metricFigures.ts';
import type { MetricName, MetricPoint, MetricPoints, Metrics } from '../../protocol/shapes/metrics.ts';

interface Waiting {
  readonly signal?: AbortSignal;
}

/** The figures of Patr's newest generation, by the field of a point that they fill. */
const named: readonly (readonly [MetricName, keyof MetricPoint])[] = [
  ['container_cpu_usage', 'cpuUsage'],
  ['memory_used', 'memoryUsage'],
  ['network_tx', 'networkUsageTx'],
  ['network_rx', 'networkUsageRx'],
  ['memory_limit', 'memoryLimit'],
  ['ingress_rps', 'requests'],
  ['status_2xx', 'status2xx'],
  ['status_3xx', 'status3xx'],
  ['status_4xx', 'status4xx'],
  ['status_5xx', 'status5xx'],
  ['ingress_latency_p50', 'p50'],
  ['ingress_latency_p95', 'p95'],
  ['ingress_latency_p99', 'p99'],
];

/**
 * What was measured of a deployment in the last seconds: at once where the server answers everything together, as ours
 * and Patr's earlier generations do, figure by figure elsewhere. Undefined where it has none.
 * @throws the client's errors.
 */
export async function readMetrics(
  { api, workspaceId }: Target,
  deploymentId: string,
  seconds: number,
  waiting: Waiting,
): Promise<Metrics | undefined> {
  const params = { workspaceId, deploymentId };
  const query = { interval: `${seconds}.000000000` };
  try {
    return await api.getMetrics({ params, query }, waiting);
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
  }
  return byFigure(named, async (metric) => {
    const { dataPoints } = await api.getMetric({ params: { ...params, metric }, query }, waiting);
    return dataPoints;
  });
}

/** How long somebody who points at a deployment waits for its figures at the most, in milliseconds. */
const patienceMs = 1000;

/** The last hour at a glance, where the server has everything together; nothing where it cannot be had at once. */
export async function readLastHour(target: Target, deploymentId: string): Promise<readonly Glance[]> {
  if (!target.backend.offers('metrics')) return [];
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const read = readFigures((await readMetrics(target, deploymentId, 3600, { signal })) ?? { metrics: [] });
    return read === undefined ? [] : glances(read);
  } catch {
    // What is known of the deployment is shown without them; who asks for its metrics is told what is wrong.
    return [];
  }
}

type Read = (metric: MetricName) => Promise<MetricPoints['dataPoints']>;

/** A server that does not offer one of them offers none. */
async function byFigure(figures: typeof named, read: Read): Promise<Metrics | undefined> {
  const points = new Map<string | number, MetricPoint>();
  for (const [metric, field] of figures) {
    try {
      for (const { timestamp, value } of await read(metric)) {
        const number = value === null || value === '' ? Number.NaN : Number(value);
        if (!Number.isFinite(number)) continue;
        points.set(timestamp, { ...(points.get(timestamp) ?? { timestamp }), [field]: number });
      }
    } catch (error) {
      if (error instanceof NotOffered) return undefined;
      throw error;
    }
  }
  return { metrics: Array.from(points.values()) };
}
