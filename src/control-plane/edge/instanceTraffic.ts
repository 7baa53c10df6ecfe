import type { TimeCounts } from './answerTimes.ts';
import type { InstanceTraffic } from './contract.ts';
import { noTraffic, type SlotStat } from './proxyState.ts';
import { eachClass } from './trafficMeter.ts';
import { instanceOf } from './wanted.ts';

/**
 * What was counted at each instance, over all of its ports and whatever it is spoken to in. A server that is not a
 * member any more has its times only. `times`: by name of the server; absent where the edge does not count them.
 */
export function instanceTraffic(
  stat: ReadonlyMap<number, Pick<SlotStat, 'servers'>>,
  times: ReadonlyMap<string, TimeCounts> | undefined,
): ReadonlyMap<string, InstanceTraffic> {
  const found = new Map<string, InstanceTraffic>();
  const add = (server: string, more: Partial<InstanceTraffic>): void => {
    const instance = instanceOf(server);
    if (instance === undefined) return;
    const nothing = { ...noTraffic, times: times === undefined ? undefined : new Map<number, number>() };
    found.set(instance, together(found.get(instance) ?? nothing, { ...nothing, ...more }));
  };
  for (const { servers } of stat.values()) {
    for (const [server, { requests, answers }] of servers) add(server, { requests, answers });
  }
  for (const [server, counts] of times ?? []) add(server, { times: counts });
  return found;
}

function together(a: InstanceTraffic, b: InstanceTraffic): InstanceTraffic {
  return {
    requests: a.requests + b.requests,
    answers: eachClass((index) => a.answers[index] + b.answers[index]),
    times: a.times === undefined || b.times === undefined ? undefined : addTimes(a.times, b.times),
  };
}

export function addTimes(a: TimeCounts, b: TimeCounts): TimeCounts {
  const all = new Map(a);
  for (const [bucket, count] of b) all.set(bucket, (all.get(bucket) ?? 0) + count);
  return all;
}
