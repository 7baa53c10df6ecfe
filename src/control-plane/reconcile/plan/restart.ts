import type { PlanRules, Seen } from './model.ts';

/**
 * When a broken instance may be started again: at once the first time, then after a back-off that doubles with each
 * restart. One that was well for long begins anew. When it ended further in the future than any back-off is long, the
 * clock was set back since: it is not waited for. Less than that may be an engine whose clock is ahead.
 */
export function restartAfter(broken: Seen, now: number, rules: PlanRules): number {
  const ended = broken.endedAt ?? 0;
  if (ended > now + rules.restartMostMs) return now;
  const restarts = broken.ranForMs >= rules.healthyResetMs ? 0 : broken.restarts;
  if (restarts === 0) return ended;
  return ended + Math.min(rules.restartMostMs, rules.restartFirstMs * 2 ** (restarts - 1));
}
