import type { PlanRules, Seen } from './model.ts';

/**
 * When a broken instance may be started again: at once the first time, then after a back-off that doubles with each
 * restart. One that was well for long begins anew.
 */
export function restartAfter(broken: Seen, rules: PlanRules): number {
  const ended = broken.endedAt ?? 0;
  const restarts = broken.ranForMs >= rules.healthyResetMs ? 0 : broken.restarts;
  if (restarts === 0) return ended;
  return ended + Math.min(rules.restartMostMs, rules.restartFirstMs * 2 ** (restarts - 1));
}
