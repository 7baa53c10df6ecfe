import type { TimeCounts } from '../edge/answerTimes.ts';
import type { EdgeCounts, StatusClasses } from '../edge/contract.ts';
import { addTimes } from '../edge/instanceTraffic.ts';
import { eachClass } from '../edge/trafficMeter.ts';
import type { UsageTotal } from '../executors/executor.ts';
import { nothingMeasured, summed, type Measure } from './measure.ts';

/** Everything that counts up, as it stood at one moment. `at` in milliseconds since the epoch. */
export interface Sample {
  readonly at: number;
  /** Those that shall run or do, by id. */
  readonly deployments: ReadonlyMap<string, DeploymentSample>;
  /** Absent while the edge cannot be asked. */
  readonly edge: EdgeCounts | undefined;
}

export interface DeploymentSample {
  readonly wanted: number;
  /** CPUs that each instance may use. */
  readonly cpus: number;
  readonly instances: ReadonlyMap<string, InstanceSample>;
}

export interface InstanceSample {
  readonly name: string;
  /** How often its slot was started anew after a failure, before it. */
  readonly restarts: number;
  /** Absent while it does not run, or the engine cannot be asked. */
  readonly usage: UsageTotal | undefined;
}

/** What was measured of a deployment and of each of its instances, by their id. */
export interface Measured {
  readonly total: Measure;
  readonly instances: ReadonlyMap<string, { readonly name: string; readonly measure: Measure }>;
}

/** What happened between two samples, by deployment. One that was not in the first is left to the next time. */
export function measuresBetween(before: Sample, now: Sample): ReadonlyMap<string, Measured> {
  const found = new Map<string, Measured>();
  for (const [id, deployment] of now.deployments) {
    const earlier = before.deployments.get(id);
    if (earlier !== undefined) found.set(id, measured(id, { before, earlier, now, deployment }));
  }
  return found;
}

interface Two {
  readonly before: Sample;
  readonly earlier: DeploymentSample;
  readonly now: Sample;
  readonly deployment: DeploymentSample;
}

function measured(id: string, two: Two): Measured {
  const { before, earlier, now, deployment } = two;
  const ms = now.at - before.at;
  const edges = comparable(before.edge, now.edge);
  const instances = new Map(
    Array.from(deployment.instances, ([instanceId, instance]) => {
      const known = earlier.instances.get(instanceId);
      const measure: Measure = {
        ...used(known?.usage, instance.usage, deployment.cpus, ms),
        restarts: known === undefined && instance.restarts > 0 ? 1 : 0,
        traffic: edges === undefined ? nothingMeasured.traffic : instanceTraffic(instanceId, edges, ms),
        wanted: undefined,
      };
      return [instanceId, { name: instance.name, measure }];
    }),
  );
  const all = Array.from(instances.values(), ({ measure }) => measure).reduce(summed, nothingMeasured);
  // Answers of instances that are gone by now count in the deployment all the same.
  const ids = new Set([...earlier.instances.keys(), ...deployment.instances.keys()]);
  const traffic = edges === undefined ? nothingMeasured.traffic : totalTraffic(id, ids, edges, ms);
  return { total: { ...all, traffic, wanted: deployment.wanted }, instances };
}

/** Shares are of the time that samples tell, which may be taken a little later than they are asked for. */
function used(
  before: UsageTotal | undefined,
  now: UsageTotal | undefined,
  cpus: number,
  ms: number,
): Pick<Measure, 'cpu' | 'memory' | 'network'> {
  const { memoryBytes, memoryLimitBytes = 0 } = now ?? {};
  const memory =
    memoryBytes === undefined
      ? nothingMeasured.memory
      : { ms, used: memoryBytes * ms, limit: memoryLimitBytes * ms };
  if (before === undefined || now === undefined || now.at <= before.at) return { ...nothingMeasured, memory };
  const elapsed = now.at - before.at;
  const nanoseconds = now.nanoseconds - before.nanoseconds;
  const received = since(before.receivedBytes, now.receivedBytes);
  const sent = since(before.sentBytes, now.sentBytes);
  return {
    // A counter that fell began anew: how much it was is not known.
    cpu:
      nanoseconds < 0
        ? nothingMeasured.cpu
        : { ms: elapsed, used: nanoseconds / 1e6, allocated: cpus * elapsed },
    memory,
    network:
      received === undefined || sent === undefined
        ? nothingMeasured.network
        : { ms: elapsed, received, sent },
  };
}

function since(before: number | undefined, now: number | undefined): number | undefined {
  if (before === undefined || now === undefined || now < before) return undefined;
  return now - before;
}

interface Edges {
  readonly before: EdgeCounts;
  readonly now: EdgeCounts;
}

/** An edge that was started anew counts from nothing, so all that it has was counted meanwhile. */
function comparable(before: EdgeCounts | undefined, now: EdgeCounts | undefined): Edges | undefined {
  if (before === undefined || now === undefined) return undefined;
  const nothing = { run: now.run, deployments: new Map(), instances: new Map() };
  return { before: before.run === now.run ? before : nothing, now };
}

function instanceTraffic(id: string, { before, now }: Edges, ms: number): Measure['traffic'] {
  const [earlier, later] = [before.instances.get(id), now.instances.get(id)];
  return {
    ms,
    requests: Math.max(0, (later?.requests ?? 0) - (earlier?.requests ?? 0)),
    answers: grown(earlier?.answers, later?.answers),
    times: timesSince(earlier?.times, later?.times),
  };
}

function totalTraffic(
  id: string,
  instances: ReadonlySet<string>,
  { before, now }: Edges,
  ms: number,
): Measure['traffic'] {
  const [earlier, later] = [before.deployments.get(id), now.deployments.get(id)];
  const times = Array.from(instances, (one) =>
    timesSince(before.instances.get(one)?.times, now.instances.get(one)?.times),
  );
  return {
    ms,
    requests: Math.max(0, (later?.requests ?? 0) - (earlier?.requests ?? 0)),
    answers: grown(earlier?.answers, later?.answers),
    times: times.reduce(addTimes, new Map()),
  };
}

const none: StatusClasses = [0, 0, 0, 0, 0];

function grown(before: StatusClasses = none, now: StatusClasses = none): StatusClasses {
  return eachClass((index) => Math.max(0, now[index] - before[index]));
}

/** A count that fell was forgotten in between, unused for long, and began anew. */
function timesSince(before: TimeCounts | undefined, now: TimeCounts | undefined): TimeCounts {
  const counts = Array.from(now ?? [], ([bucket, count]): [number, number] => {
    const earlier = before?.get(bucket) ?? 0;
    return [bucket, count < earlier ? count : count - earlier];
  });
  return new Map(counts.filter(([, count]) => count > 0));
}
