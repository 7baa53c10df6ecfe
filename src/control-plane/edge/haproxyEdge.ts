import { Lanes } from '../../base/lanes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Credential } from '../tls/authority.ts';
import { Certificates } from './certificates.ts';
import type { DeploymentRoutes, Edge, TrafficTotals } from './contract.ts';
import type { EdgeFiles } from './edgeFiles.ts';
import {
  adminSocketName,
  configName,
  haproxyConfig,
  hostMapName,
  slotName,
  type ConfiguredServer,
} from './haproxyConfig.ts';
import { parseMap, parseServersState, parseStat, slotOf, type RunningServer } from './proxyState.ts';
import { ProxyError, runtimeApi, word, type RuntimeApi } from './runtimeApi.ts';
import {
  assign,
  instanceOf,
  mapKey,
  routeKey,
  serverChanges,
  serverName,
  type ServerChange,
  type SlotPlan,
} from './wanted.ts';

export interface HaproxyEdgeOptions {
  readonly files: EdgeFiles;
  readonly authority: Credential;
  readonly listen: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Tells the proxy to read its files again without closing its listening sockets. */
  readonly reload: (options: { signal?: AbortSignal }) => Promise<void>;
  readonly log: Log;
  readonly clock: Clock;
}

const firstSlots = 64;
const reloadWithinMs = 15_000;
const stateName = 'routes.json';

interface Waiting {
  readonly signal?: AbortSignal;
}

/** What is written down beside the proxy's files, so that another control plane goes on where this one ended. */
interface Kept {
  readonly slots: number;
  readonly routes: readonly DeploymentRoutes[];
  readonly assignments: readonly (readonly [string, number])[];
}

/**
 * HAProxy as the edge. The wish is kept in files that a starting proxy reads; the running proxy is brought to it
 * through its runtime API, from whatever it shows: a proxy that was restarted, or a control plane that was, makes no
 * difference. All changes run one after another.
 */
export class HaproxyEdge implements Edge {
  readonly #options: HaproxyEdgeOptions;
  readonly #api: RuntimeApi;
  readonly #certificates: Certificates;
  readonly #lane = new Lanes();
  #slots = firstSlots;
  #routes = new Map<string, DeploymentRoutes>();
  #assignments = new Map<string, number>();

  private constructor(options: HaproxyEdgeOptions) {
    this.#options = options;
    this.#api = runtimeApi(options.files.here(adminSocketName));
    this.#certificates = new Certificates(options.files, options.authority, this.#api, () =>
      options.clock.now(),
    );
  }

  /** Reads what was kept and writes all that the proxy needs for its start. */
  static async open(options: HaproxyEdgeOptions): Promise<HaproxyEdge> {
    const edge = new HaproxyEdge(options);
    await edge.#restore();
    await edge.#certificates.prepare();
    await edge.#write();
    return edge;
  }

  /** Resolves when the proxy answers its admin socket. @throws ProxyError while it does not. */
  async ping(options: Waiting = {}): Promise<void> {
    await this.#api.ask('show info', options);
  }

  apply(routes: DeploymentRoutes, options: Waiting = {}): Promise<void> {
    return this.#lane.run('edge', async () => {
      const assigned = assign(routes, this.#assignments, this.#slots);
      if (assigned === undefined) await this.#grow(routes, options);
      else this.#assignments = assigned;
      this.#routes.set(routes.deploymentId, routes);
      await this.#write();
      const hosts = routes.ports.flatMap((port) => port.hosts);
      await this.#certificates.ensure(routes.deploymentId, hosts, options.signal);
      await this.#bring(routes, options);
    });
  }

  forget(deploymentId: string, options: Waiting = {}): Promise<void> {
    return this.#lane.run('edge', async () => {
      const nothing = { deploymentId, ports: [] };
      this.#assignments = assign(nothing, this.#assignments, this.#slots) ?? this.#assignments;
      this.#routes.delete(deploymentId);
      await this.#write();
      await this.#bring(nothing, options);
      await this.#certificates.remove(deploymentId, options.signal);
    });
  }

  /** Brings a proxy that was started anew, or that somebody else changed, to the wish. */
  refresh(options: Waiting = {}): Promise<void> {
    return this.#lane.run('edge', async () => {
      for (const routes of this.#routes.values()) {
        const hosts = routes.ports.flatMap((port) => port.hosts);
        await this.#certificates.ensure(routes.deploymentId, hosts, options.signal);
        await this.#bring(routes, options);
      }
    });
  }

  async inFlight(deploymentId: string, options: Waiting = {}): Promise<ReadonlyMap<string, number>> {
    const stat = parseStat(await this.#api.ask('show stat', options));
    const found = new Map<string, number>();
    for (const slot of this.#slotsOf(deploymentId)) {
      for (const [name, { current }] of stat.get(slot)?.servers ?? []) {
        const instance = instanceOf(name);
        if (instance !== undefined) found.set(instance, (found.get(instance) ?? 0) + current);
      }
    }
    return found;
  }

  async traffic(deploymentId: string, options: Waiting = {}): Promise<TrafficTotals> {
    const stat = parseStat(await this.#api.ask('show stat', options));
    let [requests, failures] = [0, 0];
    for (const slot of this.#slotsOf(deploymentId)) {
      requests += stat.get(slot)?.requests ?? 0;
      failures += stat.get(slot)?.failures ?? 0;
    }
    return { requests, failures };
  }

  #slotsOf(deploymentId: string): number[] {
    return Array.from(this.#assignments)
      .filter(([key]) => key.startsWith(`${deploymentId}:`))
      .map(([, slot]) => slot);
  }

  #plans(routes: DeploymentRoutes): SlotPlan[] {
    return routes.ports.flatMap(({ port, hosts, members }) => {
      const slot = this.#assignments.get(routeKey(routes.deploymentId, port));
      return slot === undefined ? [] : [{ slot, port, hosts, members }];
    });
  }

  /** Twice as many slots: the one change that needs the proxy to read its configuration again. */
  async #grow(routes: DeploymentRoutes, options: Waiting): Promise<void> {
    const before = this.#slots;
    while (assign(routes, this.#assignments, this.#slots) === undefined) this.#slots *= 2;
    this.#assignments = assign(routes, this.#assignments, this.#slots) ?? this.#assignments;
    this.#options.log.info('The edge gets more slots', { before, after: this.#slots });
    await this.#write();
    const worker = await this.#worker(options);
    await this.#options.reload(options);
    await this.#untilReplaced(worker, options);
  }

  /** Process id of the worker that answers. */
  async #worker(options: Waiting): Promise<string | undefined> {
    return /^Pid: (\d+)$/m.exec(await this.#api.ask('show info', options))?.[1];
  }

  /** Between two workers the socket may be gone for a moment. @throws ProxyError when none takes over. */
  async #untilReplaced(before: string | undefined, options: Waiting): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + reloadWithinMs;
    while (clock.now() < deadline) {
      const now = await this.#worker(options).catch(() => before);
      if (now !== before) return;
      await clock.sleep(20, options.signal);
    }
    throw new ProxyError('The edge did not take over its new configuration. Its log says why.');
  }

  /** Brings the running proxy to the wish for one deployment. */
  async #bring(routes: DeploymentRoutes, options: Waiting): Promise<void> {
    const running = parseServersState(await this.#api.ask('show servers state', options));
    const plans = this.#plans(routes);
    for (const plan of plans) {
      for (const change of serverChanges(plan, running)) await this.#changeServer(plan.slot, change, options);
    }
    await this.#bringMap(routes, plans, options);
    await this.#emptyFreeSlots(running, options);
  }

  async #changeServer(slot: number, change: ServerChange, options: Waiting): Promise<void> {
    const name = `${slotName(slot)}/${word(change.name)}`;
    if (change.kind === 'state') {
      await this.#setState(name, change.state, options);
    } else if (change.kind === 'remove') {
      await this.#removeServer(name, options);
    } else {
      const target = `${word(change.address)}:${word(change.port)}`;
      await this.#api.tell(`add server ${name} ${target} weight 100`, /new server registered/i, options);
      await this.#setState(name, change.state, options);
    }
  }

  async #setState(name: string, state: 'ready' | 'drain', options: Waiting): Promise<void> {
    await this.#api.tell(`set server ${name} state ${state}`, /^$/, options);
    // Whatever the configuration said at the last start, a ready server has its full weight.
    if (state === 'ready') await this.#api.tell(`set server ${name} weight 100`, /^$/, options);
  }

  /** A server with connections still attached cannot be deleted; it stays in maintenance until a later change. */
  async #removeServer(name: string, options: Waiting): Promise<void> {
    await this.#api.tell(`set server ${name} state maint`, /^$/, options);
    await this.#api.tell(`shutdown sessions server ${name}`, /^$/, options);
    await this.#api.tell(`del server ${name}`, /deleted|still has|cannot/i, options);
  }

  async #bringMap(routes: DeploymentRoutes, plans: readonly SlotPlan[], options: Waiting): Promise<void> {
    const map = this.#options.files.inside(hostMapName);
    const there = parseMap(await this.#api.ask(`show map ${map}`, options));
    const wanted = new Map(
      plans.flatMap(({ slot, hosts }) => hosts.map((host) => [mapKey(host), slotName(slot)] as const)),
    );
    for (const [key, value] of wanted) {
      const current = there.get(key);
      if (current === value) continue;
      const verb = current === undefined ? 'add' : 'set';
      await this.#api.tell(`${verb} map ${map} ${word(key)} ${value}`, /^$/, options);
    }
    const others = this.#hostsOfOthers(routes.deploymentId);
    const free = this.#freeSlots();
    for (const [key, value] of there) {
      const slot = slotOf(value);
      const ours = slot !== undefined && (plans.some((plan) => plan.slot === slot) || free.has(slot));
      if (ours && !wanted.has(key) && !others.has(key)) {
        await this.#api.tell(`del map ${map} ${word(key)}`, /^$/, options);
      }
    }
  }

  #hostsOfOthers(deploymentId: string): Set<string> {
    const others = Array.from(this.#routes.values()).filter((routes) => routes.deploymentId !== deploymentId);
    return new Set(others.flatMap(({ ports }) => ports.flatMap(({ hosts }) => hosts.map(mapKey))));
  }

  #freeSlots(): Set<number> {
    const taken = new Set(this.#assignments.values());
    return new Set(Array.from({ length: this.#slots }, (_, slot) => slot).filter((slot) => !taken.has(slot)));
  }

  /** Servers of slots that nobody has any more. */
  async #emptyFreeSlots(running: readonly RunningServer[], options: Waiting): Promise<void> {
    const free = this.#freeSlots();
    for (const { slot, name } of running) {
      if (free.has(slot)) await this.#removeServer(`${slotName(slot)}/${word(name)}`, options);
    }
  }

  async #restore(): Promise<void> {
    const text = await this.#options.files.read(stateName);
    if (text === undefined) return;
    const kept = JSON.parse(text) as Kept;
    this.#slots = kept.slots;
    this.#routes = new Map(kept.routes.map((routes) => [routes.deploymentId, routes]));
    this.#assignments = new Map(kept.assignments);
  }

  /** Everything that a proxy needs to start with the present wish, and what the next control plane needs to go on. */
  async #write(): Promise<void> {
    const { files, listen, httpPort, httpsPort } = this.#options;
    const plans = Array.from(this.#routes.values()).flatMap((routes) => this.#plans(routes));
    const servers = new Map(plans.map((plan) => [plan.slot, configured(plan)]));
    const entries = plans.flatMap(({ slot, hosts }) =>
      hosts.map((host) => `${mapKey(host)} ${slotName(slot)}`),
    );
    const kept: Kept = {
      slots: this.#slots,
      routes: Array.from(this.#routes.values()),
      assignments: Array.from(this.#assignments),
    };
    await files.write(hostMapName, `${entries.toSorted().join('\n')}\n`);
    const folder = files.inside('').replace(/\/$/, '');
    await files.write(
      configName,
      haproxyConfig({ listen, httpPort, httpsPort, folder, slots: this.#slots, servers }),
    );
    await files.write(stateName, JSON.stringify(kept));
  }
}

function configured({ port, members }: SlotPlan): ConfiguredServer[] {
  return members.map(({ instanceId, address, state }) => ({
    name: serverName(instanceId),
    address,
    port,
    state,
  }));
}
