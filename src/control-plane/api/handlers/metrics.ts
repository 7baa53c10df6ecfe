import { problem } from '../../../protocol/problems.ts';
import { metricNames, type MetricName } from '../../../protocol/shapes/metrics.ts';
import { metricAnswer, metricsAnswer } from '../../metrics/answer.ts';
import type { Series } from '../../metrics/metricsFile.ts';
import { resolutionOf } from '../../metrics/tiers.ts';
import { deploymentOf } from '../find.ts';
import type { Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';

/** Releases that are looked through for those within the time. */
const mostReleases = 500;

export function metricsHandlers(parts: ApiParts): Some<'getMetrics' | 'getMetric'> {
  const { store, notary } = parts;
  const read = (deploymentId: string, seconds: number): Kept => {
    const from = notary.now() - seconds * 1000;
    const { stepMs, tier } = resolutionOf(seconds * 1000);
    return { from, stepMs, series: parts.metrics.read(deploymentId, { from, stepMs, tier }) };
  };
  return {
    getMetrics({ params, query }) {
      const { id } = deploymentOf(store, params);
      const { from, stepMs, series } = read(id, query.interval);
      const { rows } = store.releases.list(id, { count: mostReleases, page: 0 });
      const within = rows.filter(({ createdAt }) => createdAt >= from);
      return metricsAnswer(series, stepMs, within);
    },
    getMetric({ params, query }) {
      const { id } = deploymentOf(store, params);
      return metricAnswer(read(id, query.interval).series, nameOf(params.metric));
    },
  };
}

interface Kept {
  readonly from: number;
  readonly stepMs: number;
  readonly series: readonly Series[];
}

/** @throws ProblemError for a figure that is not measured here. */
function nameOf(metric: string): MetricName {
  const found = metricNames.find((name) => name === metric);
  if (found !== undefined) return found;
  throw problem('wrongParameters', {
    says: `There is no figure called ${JSON.stringify(metric)}.`,
    fields: [{ field: 'metric', message: `must be one of ${metricNames.join(', ')}` }],
  });
}
