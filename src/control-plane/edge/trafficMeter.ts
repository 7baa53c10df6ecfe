import type { TrafficTotals } from './contract.ts';
import type { SlotChange } from './edgeWish.ts';
import type { SlotTotals } from './proxyState.ts';

type Stat = ReadonlyMap<number, SlotTotals>;

const nothing: TrafficTotals = { requests: 0, failures: 0 };

/**
 * Totals of deployments out of totals of slots: a slot that had another user before starts at what it had counted,
 * and a port that a deployment gave up stays in its total. A new worker counts from nothing, and so does this then.
 */
export class TrafficMeter {
  #worker: string | undefined;
  #bases = new Map<string, SlotTotals>();
  #given = new Map<string, TrafficTotals>();

  /** Call with what the proxy counts at the time of the change. */
  note(worker: string, change: SlotChange, stat: Stat): void {
    this.#startAnew(worker);
    for (const [key, slot] of change.lost) {
      const deployment = deploymentOf(key);
      this.#given.set(deployment, sum(this.#given.get(deployment) ?? nothing, this.#route(key, slot, stat)));
      this.#bases.delete(key);
    }
    for (const [key, slot] of change.gained) this.#bases.set(key, stat.get(slot) ?? nothing);
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
  ): TrafficTotals {
    this.#startAnew(worker);
    const own = slots.map(([key, slot]) => this.#route(key, slot, stat));
    return own.reduce(sum, this.#given.get(deploymentId) ?? nothing);
  }

  #startAnew(worker: string): void {
    if (this.#worker === worker) return;
    this.#worker = worker;
    this.#bases = new Map();
    this.#given = new Map();
  }

  #route(key: string, slot: number, stat: Stat): TrafficTotals {
    const { requests, failures } = stat.get(slot) ?? nothing;
    const base = this.#bases.get(key) ?? nothing;
    return { requests: requests - base.requests, failures: failures - base.failures };
  }
}

function sum(a: TrafficTotals, b: TrafficTotals): TrafficTotals {
  return { requests: a.requests + b.requests, failures: a.failures + b.failures };
}

function deploymentOf(routeKey: string): string {
  return routeKey.slice(0, routeKey.lastIndexOf(':'));
}
