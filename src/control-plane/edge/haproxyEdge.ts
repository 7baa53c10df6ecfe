import { rootCertificates } from 'node:tls';
import { Lanes } from '../../base/lanes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { CertificateEdge } from '../acme/keeper.ts';
import { holderOfHost, hostOfHolder } from '../acme/wanted.ts';
import type { Credential } from '../tls/authority.ts';
import { Certificates } from './certificates.ts';
import { parseTimes, timesMapName, timesMapText, timesTable } from './answerTimes.ts';
import type {
  AnswerTotals,
  DeploymentRoutes,
  Edge,
  EdgeCounter,
  EdgeCounts,
  TrafficTotals,
  UrlEdge,
  UrlRoute,
} from './contract.ts';
import type { EdgeFiles } from './edgeFiles.ts';
import { EdgeWish, type SlotChange } from './edgeWish.ts';
import {
  adminSocketName,
  challengeMapName,
  challengePath,
  configMark,
  configName,
  haproxyConfig,
  mapFile,
  mapNames,
  masterSocketName,
  rootsName,
  type Owner,
  type ProxyConfig,
} from './haproxyConfig.ts';
import { instanceTraffic } from './instanceTraffic.ts';
import { parseOpenConnections, parseStat } from './proxyState.ts';
import { bring, bringMaps, withdrawNames, type Proxy } from './runningProxy.ts';
import { ProxyError, runtimeApi, word, type RuntimeApi, type Waiting } from './runtimeApi.ts';
import { TrafficMeter } from './trafficMeter.ts';
import { instanceOf } from './wanted.ts';
import { hostOf, isWithin } from '../urls/places.ts';
import { Workers, type Worker } from './workers.ts';

/** Ports that the proxy listens on, in its own network. */
export interface ListenPorts {
  readonly http: number;
  readonly https: number;
  /** Where people reach the latter, when that is another port; it is what they are sent to. */
  readonly httpsOutside?: number;
}

export interface HaproxyEdgeOptions {
  readonly files: EdgeFiles;
  readonly authority: Credential;
  /** What the authority signs names under; other names have their certificates from elsewhere. */
  readonly domain: string;
  readonly listen: string;
  readonly ports: ListenPorts;
  /** Connections of clients that are served at once; a usual number when absent. */
  readonly connections?: number;
  /** Connections of one client address; as many as there are when absent. */
  readonly connectionsPerClient?: number;
  /** Sends who comes by HTTP to HTTPS. */
  readonly httpsOnly?: boolean;
  readonly owner: Owner;
  /** Tells the proxy to read its files again without closing its listening sockets. */
  readonly reload: (options: Waiting) => Promise<void>;
  readonly log: Log;
  readonly clock: Clock;
  /** Certificates (PEM) that those of other servers are checked against; those that Node trusts when absent. */
  readonly roots?: string;
  /** Backends prepared ahead at the least. */
  readonly slots?: number;
}

const stateName = 'routes.json';

/**
 * HAProxy as the edge. The wish is kept in files that a starting proxy reads; the running proxy is brought to it
 * through its runtime API, from whatever it shows: a proxy that was restarted, or a control plane that was, makes no
 * difference. All changes run one after another.
 */
export class HaproxyEdge implements Edge, EdgeCounter, UrlEdge, CertificateEdge {
  readonly #options: HaproxyEdgeOptions;
  readonly #api: RuntimeApi;
  readonly #workers: Workers;
  readonly #certificates: Certificates;
  readonly #wish: EdgeWish;
  readonly #meter = new TrafficMeter();
  readonly #lane = new Lanes();
  #ports: ListenPorts;

  private constructor(options: HaproxyEdgeOptions, wish: EdgeWish) {
    const { files, clock, authority } = options;
    this.#options = options;
    this.#wish = wish;
    this.#ports = options.ports;
    this.#api = runtimeApi(files.here(adminSocketName));
    this.#workers = new Workers(this.#api, runtimeApi(files.here(masterSocketName)), clock);
    this.#certificates = new Certificates(files, authority, this.#api, () => clock.now());
  }

  /** Reads what was kept and writes all that the proxy needs for its start. */
  static async open(options: HaproxyEdgeOptions): Promise<HaproxyEdge> {
    const edge = new HaproxyEdge(options, EdgeWish.of(await options.files.read(stateName), options.slots));
    await options.files.write(rootsName, options.roots ?? `${rootCertificates.join('\n')}\n`);
    await options.files.write(challengeMapName, '');
    await edge.#certificates.prepare();
    await edge.#write();
    return edge;
  }

  /** Resolves with what tells this run of the proxy from another. @throws ProxyError while it does not answer. */
  async ping(options: Waiting = {}): Promise<string> {
    return (await this.#workers.current(options)).identity;
  }

  /** Writes other ports into the files, for a proxy that is about to start. */
  listenOn(ports: ListenPorts): Promise<void> {
    return this.#lane.run('edge', async () => {
      if (samePorts(ports, this.#ports)) return;
      this.#ports = ports;
      await this.#write();
    });
  }

  apply(wanted: DeploymentRoutes, options: Waiting = {}): Promise<void> {
    return this.#lane.run('edge', async () => {
      const routes = this.#wish.complete(wanted);
      const change = this.#wish.put(routes);
      await this.#write();
      await this.#certificates.ensure(routes.deploymentId, hostsOf(routes), options.signal);
      await this.#bring(routes, change, options);
    });
  }

  forget(deploymentId: string, options: Waiting = {}): Promise<void> {
    return this.#lane.run('edge', async () => {
      const change = this.#wish.drop(deploymentId);
      await this.#write();
      await this.#bring({ deploymentId, ports: [] }, change, options);
      this.#meter.forget(deploymentId);
      await this.#certificates.remove(deploymentId, options.signal);
    });
  }

  routeUrls(routes: readonly UrlRoute[], options: Waiting = {}): Promise<void> {
    return this.#lane.run('edge', async () => {
      this.#wish.putUrls(routes);
      await this.#write();
      await this.#certifyUrls(options);
      await this.#bringMaps(options);
      await this.#forgetOtherHosts(options);
    });
  }

  /** Deployments and their names, as they are wished now. */
  routedDeployments(): readonly DeploymentRoutes[] {
    return this.#wish.deployments;
  }

  routedUrls(): readonly UrlRoute[] {
    return this.#wish.urls;
  }

  /**
   * Brings a proxy that was started anew, or that somebody else changed, to the wish; renews certificates that are
   * about to expire.
   */
  refresh(options: Waiting = {}): Promise<void> {
    return this.#lane.run('edge', async () => {
      await this.#certificates.ensureFallback(options.signal);
      for (const routes of this.#wish.deployments) {
        await this.#certificates.ensure(routes.deploymentId, hostsOf(routes), options.signal);
        await this.#bring(routes, { gained: [], lost: [] }, options);
      }
      await this.#certifyUrls(options);
      await this.#bringMaps(options);
      await this.#forgetOtherHosts(options);
    });
  }

  async present(token: string, answer: string, options: Waiting): Promise<void> {
    const map = this.#options.files.inside(challengeMapName);
    const words = `${word(`${challengePath}${token}`)} ${word(answer)}`;
    await this.#api.tell(`add map ${map} ${words}`, /^$/, options);
  }

  async withdraw(token: string, options: Waiting): Promise<void> {
    const map = this.#options.files.inside(challengeMapName);
    // A proxy that was started anew has forgotten it.
    await this.#api.tell(`del map ${map} ${word(`${challengePath}${token}`)}`, /not found/i, options);
  }

  publicCertificate(holder: string): Promise<string | undefined> {
    return this.#certificates.publicOf(holder);
  }

  publicHolders(): Promise<readonly string[]> {
    return this.#certificates.publicHolders();
  }

  putPublicCertificate(
    holder: string,
    hosts: readonly string[],
    pem: string,
    options: Waiting,
  ): Promise<void> {
    return this.#lane.run('edge', () => this.#certificates.putPublic(holder, hosts, pem, options.signal));
  }

  removePublicCertificate(holder: string, options: Waiting): Promise<void> {
    return this.#lane.run('edge', () => this.#certificates.remove(holder, options.signal));
  }

  async inFlight(deploymentId: string, options: Waiting = {}): Promise<ReadonlyMap<string, number>> {
    const slots = this.#wish.slotsOf(deploymentId).map(([, slot]) => slot);
    const found = new Map<string, number>();
    const add = (stat: ReturnType<typeof parseStat>, count: (current: number) => number): void => {
      for (const [name, { current }] of slots.flatMap((slot) => [...(stat.get(slot)?.servers ?? [])])) {
        const instance = instanceOf(name);
        if (instance !== undefined) found.set(instance, (found.get(instance) ?? 0) + count(current));
      }
    };
    add(parseStat(await this.#api.ask('show stat', options)), (current) => current);
    for (const api of await this.#workers.replaced(options)) {
      const text = await api.ask('show stat', options).catch(nothingIfEnded);
      // Its members cannot be changed any more: the next request of any of its connections may go to any of them.
      const open = parseOpenConnections(text);
      add(parseStat(text), (current) => Math.max(current, open));
    }
    return found;
  }

  async traffic(deploymentId: string, options: Waiting = {}): Promise<TrafficTotals> {
    const { identity } = await this.#workers.current(options);
    const stat = parseStat(await this.#api.ask('show stat', options));
    const slots = this.#wish.slotsOf(deploymentId);
    const { requests, failures } = this.#meter.totals(identity, deploymentId, slots, stat);
    return { requests, failures };
  }

  async counts(options: Waiting = {}): Promise<EdgeCounts> {
    const { identity: run } = await this.#workers.current(options);
    const stat = parseStat(await this.#api.ask('show stat', options));
    const table = await this.#api.ask(`show table ${timesTable}`, options);
    const totals = (id: string): AnswerTotals => this.#meter.totals(run, id, this.#wish.slotsOf(id), stat);
    return {
      run,
      deployments: new Map(this.#wish.deployments.map(({ deploymentId: id }) => [id, totals(id)])),
      instances: instanceTraffic(stat, table.startsWith('# table') ? parseTimes(table) : undefined),
    };
  }

  #urlHosts(): ReadonlySet<string> {
    return new Set(this.#wish.urls.map(({ subDomain, domain }) => hostOf(subDomain, domain.name)));
  }

  /** Certificates for hosts of managed URLs that the region's authority can sign for. */
  async #certifyUrls({ signal }: Waiting): Promise<void> {
    for (const host of this.#urlHosts()) {
      if (!isWithin(host, this.#options.domain)) continue;
      await this.#certificates.ensure(holderOfHost(host), [host], signal);
    }
  }

  /** What is on disk counts, and not what was wished before: a change that broke off had wished it already. */
  async #forgetOtherHosts({ signal }: Waiting): Promise<void> {
    const wanted = this.#urlHosts();
    for (const holder of await this.#certificates.holders()) {
      const host = hostOfHolder(holder);
      if (host !== undefined && !wanted.has(host)) await this.#certificates.remove(holder, signal);
    }
  }

  /** Brings the worker to the wish for one deployment. */
  async #bring(routes: DeploymentRoutes, change: SlotChange, options: Waiting): Promise<void> {
    const highest = Math.max(-1, ...this.#wish.plans(routes).map(({ slot }) => slot));
    const { identity } = await this.#workerWith(highest + 1, options);
    if (change.gained.length + change.lost.length > 0) {
      this.#meter.note(identity, change, parseStat(await this.#api.ask('show stat', options)));
    }
    await bring(this.#proxy(), routes, options);
    await this.#withdrawFromReplaced(options);
  }

  async #bringMaps(options: Waiting): Promise<void> {
    await this.#workerWith(0, options);
    await bringMaps(this.#proxy(), options);
    await this.#withdrawFromReplaced(options);
  }

  async #withdrawFromReplaced(options: Waiting): Promise<void> {
    for (const api of await this.#workers.replaced(options)) {
      await withdrawNames({ ...this.#proxy(), api }, options).catch(nothingIfEnded);
    }
  }

  #proxy(): Proxy {
    return { api: this.#api, files: this.#options.files, wish: this.#wish };
  }

  /**
   * The worker, with so many slots at the least. More than it has, or another configuration than it has read, as that
   * of a control plane of another version or with other options, are what needs the proxy to read it again.
   */
  async #workerWith(slots: number, options: Waiting): Promise<Worker> {
    const { log, reload } = this.#options;
    const worker = await this.#workers.current(options);
    if (slots <= worker.slots && worker.mark === configMark(this.#config())) return worker;
    log.info('The edge reads its configuration anew', { before: worker.slots, after: this.#wish.slots });
    return this.#workers.reload(reload, options);
  }

  #config(): ProxyConfig {
    const { files, listen, owner, connections, connectionsPerClient, httpsOnly } = this.#options;
    return {
      listen,
      httpPort: this.#ports.http,
      httpsPort: this.#ports.https,
      ...(httpsOnly === true ? { httpsRedirect: this.#ports.httpsOutside ?? this.#ports.https } : {}),
      ...(connections === undefined ? {} : { connections }),
      ...(connectionsPerClient === undefined ? {} : { connectionsPerClient }),
      folder: files.inside('').replace(/\/$/, ''),
      owner,
      slots: this.#wish.slots,
      servers: this.#wish.servers(),
    };
  }

  /** Everything that a proxy needs to start with the present wish, and what the next control plane needs to go on. */
  async #write(): Promise<void> {
    const { files } = this.#options;
    await files.write(timesMapName, timesMapText());
    const maps = this.#wish.maps();
    for (const name of mapNames) await files.write(mapFile(name), mapText(maps[name]));
    await files.write(configName, haproxyConfig(this.#config()));
    await files.write(stateName, this.#wish.toText());
  }
}

function samePorts(one: ListenPorts, other: ListenPorts): boolean {
  return one.http === other.http && one.https === other.https && one.httpsOutside === other.httpsOutside;
}

function hostsOf(routes: DeploymentRoutes): string[] {
  return routes.ports.flatMap((port) => port.hosts);
}

/** A line of key and value for each entry. */
function mapText(entries: ReadonlyMap<string, string>): string {
  const lines = Array.from(entries, ([key, value]) => `${key} ${value}`);
  return `${lines.toSorted().join('\n')}\n`;
}

/** A worker that was replaced may end while it is asked: then it has nothing to tell any more. */
function nothingIfEnded(error: unknown): string {
  if (error instanceof ProxyError) return '';
  throw error;
}
