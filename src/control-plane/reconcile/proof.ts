import type { RolloutProof } from '../../protocol/shapes/release.ts';
import type { TrafficTotals } from '../edge/contract.ts';
import type { Rollout } from './memory.ts';
import type { Seen } from './plan/model.ts';

/**
 * What the edge counted since the rollout began. Absent when this process did not see its beginning, or when the edge
 * was started anew in between, which its smaller totals show: what it had counted is lost.
 */
export function proofOf(rollout: Rollout, now: TrafficTotals): RolloutProof | undefined {
  const { trafficBefore: before, firstReadyAt, liveAt, drainedFrom, drainedAt } = rollout;
  if (before === undefined || liveAt === undefined) return undefined;
  const requests = now.requests - before.requests;
  const failures = now.failures - before.failures;
  if (requests < 0 || failures < 0) return undefined;
  return {
    requests,
    failures,
    cutOverMs: liveAt - (firstReadyAt ?? liveAt),
    drainMs: drainedFrom === undefined ? 0 : (drainedAt ?? liveAt) - drainedFrom,
  };
}

/** How far the instances before a release are: some still serve, all were told to end, or none is left. */
export function drainOf({ releaseId }: Rollout, seen: readonly Seen[]): 'draining' | 'leaving' | 'gone' {
  const others = seen.filter((one) => one.releaseId !== releaseId);
  if (others.length === 0) return 'gone';
  return others.every(({ leaving }) => leaving) ? 'leaving' : 'draining';
}
