import type { DeploymentRoutes, UrlRoute } from './contract.ts';
import type { ConfiguredServer } from './haproxyConfig.ts';
import { slotName } from './haproxyConfig.ts';
import { limitEntries, limitMapNames, serverLimit, type LimitMapName } from './limitRules.ts';
import { entry, word } from './runtimeApi.ts';
import { urlMaps, type Maps } from './urlMaps.ts';
import { assign, mapKey, routeKey, serverName, withKnownProtocols, type SlotPlan } from './wanted.ts';

const firstSlots = 256;

/** What is written down beside the proxy's files, so that another control plane goes on where this one ended. */
interface Kept {
  readonly slots: number;
  readonly routes: readonly DeploymentRoutes[];
  readonly assignments: readonly (readonly [string, number])[];
  /** Absent in what was written before there were managed URLs. */
  readonly urls?: readonly UrlRoute[];
}

/** Slots that a change of the wish took and gave back. */
export interface SlotChange {
  readonly gained: readonly (readonly [string, number])[];
  readonly lost: readonly (readonly [string, number])[];
}

/** What every deployment wants of the proxy, and which slot each of its routes has. */
export class EdgeWish {
  #slots = firstSlots;
  #routes = new Map<string, DeploymentRoutes>();
  #assignments = new Map<string, number>();
  #urls: readonly UrlRoute[] = [];

  /** Takes over what `text` kept. @throws SyntaxError when it is no JSON. */
  static of(text: string | undefined, slots = firstSlots): EdgeWish {
    const wish = new EdgeWish();
    wish.#slots = slots;
    if (text === undefined) return wish;
    const kept = JSON.parse(text) as Kept;
    wish.#slots = Math.max(kept.slots, slots);
    wish.#routes = new Map(kept.routes.map((routes) => [routes.deploymentId, routes]));
    wish.#assignments = new Map(kept.assignments);
    wish.#urls = kept.urls ?? [];
    return wish;
  }

  toText(): string {
    const routes = Array.from(this.#routes.values());
    const kept: Kept = {
      slots: this.#slots,
      routes,
      assignments: Array.from(this.#assignments),
      urls: this.#urls,
    };
    return JSON.stringify(kept);
  }

  get slots(): number {
    return this.#slots;
  }

  get deployments(): readonly DeploymentRoutes[] {
    return Array.from(this.#routes.values());
  }

  get urls(): readonly UrlRoute[] {
    return this.#urls;
  }

  /** @throws ProxyError for a value that no map can carry; then the URLs are as they were. */
  putUrls(urls: readonly UrlRoute[]): void {
    for (const map of Object.values(urlMaps(urls, () => undefined))) {
      for (const [key, value] of map) entry(`${entry(key)}${entry(value)}`);
    }
    this.#urls = urls;
  }

  /** The routes with everything that is known of their members. */
  complete(routes: DeploymentRoutes): DeploymentRoutes {
    return withKnownProtocols(routes, this.#routes.get(routes.deploymentId));
  }

  /** Doubles the slots when there are not enough. @throws ProxyError for a value that no command can carry. */
  put(routes: DeploymentRoutes): SlotChange {
    check(routes);
    const change = this.#assign(routes);
    this.#routes.set(routes.deploymentId, routes);
    return change;
  }

  drop(deploymentId: string): SlotChange {
    const change = this.#assign({ deploymentId, ports: [] });
    this.#routes.delete(deploymentId);
    return change;
  }

  plans(routes: DeploymentRoutes): SlotPlan[] {
    const { deploymentId, ports, limits = {} } = routes;
    return ports.flatMap(({ port, hosts, members }) => {
      const slot = this.#assignments.get(routeKey(deploymentId, port));
      return slot === undefined ? [] : [{ slot, port, hosts, members, limits }];
    });
  }

  /** Slots of a deployment by its routes. */
  slotsOf(deploymentId: string): readonly (readonly [string, number])[] {
    return Array.from(this.#assignments).filter(([key]) => key.startsWith(`${deploymentId}:`));
  }

  isFree(slot: number): boolean {
    return !Array.from(this.#assignments.values()).includes(slot);
  }

  /** All maps, whole. A name of a deployment leads to it, whatever URL may be at the same place. */
  maps(): Maps {
    const backendOf = (deploymentId: string, port: number): string | undefined => {
      const slot = this.#assignments.get(routeKey(deploymentId, port));
      return slot === undefined ? undefined : slotName(slot);
    };
    const { hosts, ...others } = urlMaps(this.#urls, backendOf);
    const plans = this.#allPlans();
    const names = plans.flatMap(({ slot, hosts: own }) =>
      own.map((host): [string, string] => [mapKey(host), slotName(slot)]),
    );
    return { ...others, ...limitMaps(plans), hosts: new Map([...hosts, ...names]) };
  }

  servers(): Map<number, ConfiguredServer[]> {
    return new Map(this.#allPlans().map((plan) => [plan.slot, configured(plan)]));
  }

  #allPlans(): SlotPlan[] {
    return this.deployments.flatMap((routes) => this.plans(routes));
  }

  #assign(routes: DeploymentRoutes): SlotChange {
    const before = this.#assignments;
    let after = assign(routes, before, this.#slots);
    while (after === undefined) {
      this.#slots *= 2;
      after = assign(routes, before, this.#slots);
    }
    this.#assignments = after;
    return {
      gained: Array.from(after).filter(([key]) => !before.has(key)),
      lost: Array.from(before).filter(([key]) => !after.has(key)),
    };
  }
}

/** Everything that ends up in a command or a file of the proxy. */
function check({ deploymentId, ports }: DeploymentRoutes): void {
  word(deploymentId);
  for (const { port, hosts, members } of ports) {
    word(port);
    for (const host of hosts) word(host);
    for (const { instanceId, address } of members) word(`${word(instanceId)}${word(address)}`);
  }
}

function configured({ port, members, limits }: SlotPlan): ConfiguredServer[] {
  const limit = serverLimit(limits);
  return members.map((member) => {
    const { address, protocol = 'http1', state } = member;
    return { name: serverName(member), protocol, address, port, state, limit };
  });
}

function limitMaps(plans: readonly SlotPlan[]): Pick<Maps, LimitMapName> {
  const maps = {
    bodies: new Map<string, string>(),
    measured: new Map<string, string>(),
    rates: new Map<string, string>(),
    silences: new Map<string, string>(),
  };
  for (const { slot, limits } of plans) {
    const entries = limitEntries(limits);
    for (const name of limitMapNames) {
      const value = entries[name];
      if (value !== undefined) maps[name].set(slotName(slot), value);
    }
  }
  return maps;
}
