import type { StatusClasses, AnswerTotals } from './contract.ts';
import type { SlotChange } from './edgeWish.ts';
import { noTraffic } from './proxyState.ts';

type Stat = ReadonlyMap<number, AnswerTotals>;

/**
 * Totals of deployments out of totals of slots: a slot that had another user before starts at what it had counted,
 * and a port that a deployment gave up stays in its total. A new worker counts from nothing, and so does this then.
 */
export class TrafficMeter {
  #worker: string | undefined;
  #bases = new Map<string, AnswerTotals>();
  #given = new Map<string, AnswerTotals>();

  /** Call with what the proxy counts at the time of the change. */
  note(worker: string, change: SlotChange, stat: Stat): void {
    this.#startAnew(worker);
    for (const [key, slot] of change.lost) {
      const deployment = deploymentOf(key);
      this.#given.set(
        deployment,
        sum(this.#given.get(deployment) ?? noTraffic, this.#route(key, slot, stat)),
      );
      this.#bases.delete(key);
    }
    for (const [key, slot] of change.gained) this.#bases.set(key, stat.get(slot) ?? noTraffic);
  }

  forget(deploymentId: string): void {
    this.#given.delete(deploymentId);
  }

  /** `slots`: those that the deployment has now, by route. */
  totals(
    worker: string,
    deploymentId: string,
    slots: readonly (readonly [string, number])[],
    stat: Stat,
  ): AnswerTotals {
    this.#startAnew(worker);
    const own = slots.map(([key, slot]) => this.#route(key, slot, stat));
    return own.reduce(sum, this.#given.get(deploymentId) ?? noTraffic);
  }

  #startAnew(worker: string): void {
    if (this.#worker === worker) return;
    this.#worker = worker;
    this.#bases = new Map();
    this.#given = new Map();
  }

  #route(key: string, slot: number, stat: Stat): AnswerTotals {
    return difference(stat.get(slot) ?? noTraffic, this.#bases.get(key) ?? noTraffic);
  }
}

function sum(a: AnswerTotals, b: AnswerTotals): AnswerTotals {
  return {
    requests: a.requests + b.requests,
    failures: a.failures + b.failures,
    answers: eachClass((index) => a.answers[index] + b.answers[index]),
  };
}

function difference(a: AnswerTotals, b: AnswerTotals): AnswerTotals {
  return {
    requests: a.requests - b.requests,
    failures: a.failures - b.failures,
    answers: eachClass((index) => a.answers[index] - b.answers[index]),
  };
}

/** One number for each class of status. */
export function eachClass(numberOf: (index: 0 | 1 | 2 | 3 | 4) => number): StatusClasses {
  return [numberOf(0), numberOf(1), numberOf(2), numberOf(3), numberOf(4)];
}

function deploymentOf(routeKey: string): string {
  return routeKey.slice(0, routeKey.lastIndexOf(':'));
}
