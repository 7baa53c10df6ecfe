/** How finely the past is kept. Milliseconds. */
export interface Tier {
  readonly stepMs: number;
  readonly keptMs: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Each is made out of the one before. */
export const tiers: readonly [Tier, Tier, Tier] = [
  { stepMs: 10_000, keptMs: 2 * hour },
  { stepMs: minute, keptMs: 25 * hour },
  { stepMs: 10 * minute, keptMs: 14 * day },
];

/** How often is sampled. */
export const samplePeriodMs = tiers[0].stepMs;

/** The longest time that can be asked for. */
export const longestMs = tiers[2].keptMs;

/** Steps that an answer may have, and how many of them at the most. */
const steps = [10_000, minute, 5 * minute, 10 * minute, 30 * minute, hour] as const;
const mostPoints = 400;

/** How the last `intervalMs` are shown: in which steps, and from which tier they are put together. */
export function resolutionOf(intervalMs: number): { readonly stepMs: number; readonly tier: number } {
  const wide = steps.find((step) => intervalMs / step <= mostPoints) ?? hour;
  const tier = tiers.findIndex(({ keptMs }) => keptMs >= intervalMs);
  const kept = tier === -1 ? tiers.length - 1 : tier;
  return { stepMs: Math.max(wide, tiers[kept]?.stepMs ?? wide), tier: kept };
}

/** The beginning of the step that a time is in. */
export function stepOf(at: number, stepMs: number): number {
  return Math.floor(at / stepMs) * stepMs;
}
