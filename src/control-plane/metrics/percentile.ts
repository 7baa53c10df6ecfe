import { bucketBounds, type TimeCounts } from '../edge/answerTimes.ts';

/**
 * The time in milliseconds within which this share of the answers came. Within a bucket answers are taken to be spread
 * evenly, so it is right within the width of one. Absent without an answer.
 */
export function percentile(times: TimeCounts, share: number): number | undefined {
  const buckets = Array.from(times).toSorted(([a], [b]) => a - b);
  const all = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (all === 0) return undefined;
  const rank = all * share;
  let below = 0;
  for (const [bucket, count] of buckets) {
    if (below + count >= rank) return timeIn(bucket, (rank - below) / count);
    below += count;
  }
  const [last = 0] = buckets.at(-1) ?? [];
  return timeIn(last, 1);
}

/** What is beyond the last bound is told as the last bound: that long at the least. */
function timeIn(bucket: number, part: number): number {
  const lower = bucketBounds[bucket - 1] ?? 0;
  const upper = bucketBounds[bucket] ?? lower;
  return (lower + (upper - lower) * part) / 1000;
}
