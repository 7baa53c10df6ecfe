import * as v from 'valibot';

const whole = (least: number, most: number) =>
  v.pipe(
    v.number(),
    v.integer('must be a whole number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );

/** The most that can be declared of each limit; the least is 1. */
export const mostOfLimits = {
  maxBodyBytes: 1_000_000_000_000,
  answerTimeoutSeconds: 3600,
  maxRequestsPerInstance: 20_000,
  maxRequestsPerSecond: 10_000,
} as const;

/**
 * What the edge holds a deployment's clients and instances to. What is absent is as `usualLimits` has it; null is no
 * limit. The time is how long an instance may be silent before its answer and within it; requests per instance are
 * those that each of its http ports has at once; requests per second are those of one client address, counted over
 * ten seconds.
 */
export const trafficLimits = v.object({
  maxBodyBytes: v.optional(v.nullable(whole(1, mostOfLimits.maxBodyBytes))),
  answerTimeoutSeconds: v.optional(whole(1, mostOfLimits.answerTimeoutSeconds)),
  maxRequestsPerInstance: v.optional(v.nullable(whole(1, mostOfLimits.maxRequestsPerInstance))),
  maxRequestsPerSecond: v.optional(v.nullable(whole(1, mostOfLimits.maxRequestsPerSecond))),
});
export type TrafficLimits = v.InferOutput<typeof trafficLimits>;
export type LimitName = keyof TrafficLimits;
/** Every limit; null: there is none. */
export type LimitsInForce = { readonly [K in LimitName]-?: Exclude<TrafficLimits[K], undefined> };

/** What is in force where nothing is declared. */
export const usualLimits = {
  maxBodyBytes: 100_000_000,
  answerTimeoutSeconds: 3600,
  maxRequestsPerInstance: 5000,
  maxRequestsPerSecond: null,
} as const satisfies LimitsInForce;

/** Whether anything in it is other than usual. */
export function declaresLimits(limits: TrafficLimits): boolean {
  return Object.values(limits).some((value) => value !== undefined);
}

/** What was declared, and for the rest what is usual. */
export function limitsInForce(limits: TrafficLimits): LimitsInForce {
  const {
    maxBodyBytes = usualLimits.maxBodyBytes,
    answerTimeoutSeconds = usualLimits.answerTimeoutSeconds,
    maxRequestsPerInstance = usualLimits.maxRequestsPerInstance,
    maxRequestsPerSecond = usualLimits.maxRequestsPerSecond,
  } = limits;
  return { maxBodyBytes, answerTimeoutSeconds, maxRequestsPerInstance, maxRequestsPerSecond };
}
