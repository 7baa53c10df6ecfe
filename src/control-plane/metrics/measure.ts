import { addTimes } from '../edge/instanceTraffic.ts';
import { eachClass } from '../edge/trafficMeter.ts';
import type { TimeCounts } from '../edge/answerTimes.ts';
import type { StatusClasses } from '../edge/contract.ts';

/**
 * What was measured of an instance, or of a deployment, over some time. Everything is a sum over that time, so that
 * times can be put together without losing anything; means, rates and percentiles are worked out last. Each group has
 * the milliseconds that it is known for, 0 where nobody could tell.
 */
export interface Measure {
  readonly cpu: Counted & {
    /** Milliseconds of CPU time, used and allocated. */
    readonly used: number;
    readonly allocated: number;
  };
  readonly memory: Counted & {
    /** Bytes times milliseconds. */
    readonly used: number;
    readonly limit: number;
  };
  /** Bytes. */
  readonly network: Counted & { readonly received: number; readonly sent: number };
  /** Instances that began in the place of one that had failed. */
  readonly restarts: number;
  readonly traffic: Counted & {
    readonly requests: number;
    readonly answers: StatusClasses;
    readonly times: TimeCounts;
  };
  /** Instances wanted at the end of the time; of deployments alone. */
  readonly wanted: number | undefined;
}

interface Counted {
  readonly ms: number;
}

export const nothingMeasured: Measure = {
  cpu: { ms: 0, used: 0, allocated: 0 },
  memory: { ms: 0, used: 0, limit: 0 },
  network: { ms: 0, received: 0, sent: 0 },
  restarts: 0,
  traffic: { ms: 0, requests: 0, answers: [0, 0, 0, 0, 0], times: new Map() },
  wanted: undefined,
};

/** One time after another, of the same instance or deployment. */
export function joined(a: Measure, b: Measure): Measure {
  return combined(a, b, (x, y) => x + y);
}

/** Two instances over the same time. */
export function summed(a: Measure, b: Measure): Measure {
  return combined(a, b, Math.max);
}

function combined(a: Measure, b: Measure, lengthOf: (a: number, b: number) => number): Measure {
  return {
    cpu: {
      ms: lengthOf(a.cpu.ms, b.cpu.ms),
      used: a.cpu.used + b.cpu.used,
      allocated: a.cpu.allocated + b.cpu.allocated,
    },
    memory: {
      ms: lengthOf(a.memory.ms, b.memory.ms),
      used: a.memory.used + b.memory.used,
      limit: a.memory.limit + b.memory.limit,
    },
    network: {
      ms: lengthOf(a.network.ms, b.network.ms),
      received: a.network.received + b.network.received,
      sent: a.network.sent + b.network.sent,
    },
    restarts: a.restarts + b.restarts,
    traffic: {
      ms: lengthOf(a.traffic.ms, b.traffic.ms),
      requests: a.traffic.requests + b.traffic.requests,
      answers: eachClass((index) => a.traffic.answers[index] + b.traffic.answers[index]),
      times: addTimes(a.traffic.times, b.traffic.times),
    },
    wanted: b.wanted ?? a.wanted,
  };
}

/** A share of it, as if what was measured had been spread evenly. */
export function shareOf(measure: Measure, share: number): Measure {
  const { cpu, memory, network, traffic } = measure;
  return {
    cpu: { ms: cpu.ms * share, used: cpu.used * share, allocated: cpu.allocated * share },
    memory: { ms: memory.ms * share, used: memory.used * share, limit: memory.limit * share },
    network: { ms: network.ms * share, received: network.received * share, sent: network.sent * share },
    restarts: measure.restarts * share,
    traffic: {
      ms: traffic.ms * share,
      requests: traffic.requests * share,
      answers: eachClass((index) => traffic.answers[index] * share),
      times: new Map(Array.from(traffic.times, ([bucket, count]) => [bucket, count * share])),
    },
    wanted: measure.wanted,
  };
}

/** As a text to keep, and back. Written by this program alone. */
export function toText({ cpu, memory, network, restarts, traffic, wanted }: Measure): string {
  const { ms, requests, answers, times } = traffic;
  return JSON.stringify([
    [cpu.ms, cpu.used, cpu.allocated].map(short),
    [memory.ms, memory.used, memory.limit].map(short),
    [network.ms, network.received, network.sent].map(short),
    short(restarts),
    [ms, requests, ...answers].map(short),
    Array.from(times, ([bucket, count]) => [bucket, short(count)]),
    wanted ?? null,
  ]);
}

export function fromText(text: string): Measure {
  const [cpu, memory, network, restarts, traffic, times, wanted] = JSON.parse(text) as Kept;
  const [ms, requests, ...answers] = traffic;
  return {
    cpu: { ms: cpu[0], used: cpu[1], allocated: cpu[2] },
    memory: { ms: memory[0], used: memory[1], limit: memory[2] },
    network: { ms: network[0], received: network[1], sent: network[2] },
    restarts,
    traffic: { ms, requests, answers, times: new Map(times) },
    wanted: wanted ?? undefined,
  };
}

type Three = readonly [number, number, number];
type Kept = readonly [
  Three,
  Three,
  Three,
  number,
  readonly [number, number, ...StatusClasses],
  readonly (readonly [number, number])[],
  number | null,
];

/** Nobody needs more digits than these, and they are most of what is kept. */
function short(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}
