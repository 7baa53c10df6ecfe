import type { ContainerRecord, Engine } from '../../docker/engine.ts';
import { openEdgeFiles, type EdgeFiles } from '../edge/edgeFiles.ts';
import { HaproxyEdge } from '../edge/haproxyEdge.ts';
import { label, labelsOf } from '../labels.ts';
import { isLoopback, type Placement } from '../placement.ts';
import { choosePort, firstFree, type RegionPorts } from './ports.ts';
import type { RegionOptions } from './region.ts';
import { ensureService, RegionError, untilAnswering } from './service.ts';
import type { SharedFolder } from './sharedFolders.ts';
import { edgeFolder, edgeSpec, insidePorts } from './specs.ts';

/** How often a proxy that goes on running is compared with the wish, and certificates with the calendar. */
const compareEveryMs = 12 * 3_600_000;

/** How many ports are tried that turn out to be taken only when the container starts. */
const startTries = 20;

/** Connections of one client address, in a region that others reach. */
const mostPerClient = 1000;

type Ports = Pick<RegionPorts, 'http' | 'https'>;

interface Waiting {
  readonly signal: AbortSignal;
}

/** The edge's container and what it is told: there, answering, and in step with the wish. */
export class EdgeService {
  readonly #options: RegionOptions;
  #edge: HaproxyEdge | undefined;
  /** The run of the proxy that was last compared with the wish, and when. */
  #compared: { readonly identity: string; readonly at: number } | undefined;
  /** The container that was last made a member of the deployments' networks. */
  #attached: string | undefined;

  constructor(options: RegionOptions) {
    this.#options = options;
  }

  /** Present once it could be opened; it is the same one from then on. */
  edge(): HaproxyEdge | undefined {
    return this.#edge;
  }

  /** Brings it up where it is not. @throws RegionError with what to do about it. */
  async ensure(
    placement: Placement,
    shared: SharedFolder,
    last: Partial<RegionPorts>,
    { signal }: Waiting,
  ): Promise<Ports> {
    const { engine, name, clock, preferredPorts } = this.#options;
    const running = await engine.inspectContainer(`patr-${name}-edge`, { signal });
    const serving = running !== 'absent' && running.state === 'running';
    const http = await choosePort({ last: last.http, preferred: preferredPorts.http, serving });
    const others = [http];
    const https = await choosePort({ last: last.https, preferred: preferredPorts.https, serving, others });
    const { ports, id, edge } = await this.#onFreePorts({ http, https }, placement, shared, { signal });
    const what = { engine, id, name: 'The edge', clock, signal };
    const identity = await untilAnswering((limit) => edge.ping({ signal: limit }), what);
    await this.#attach(placement, id, { signal });
    await this.#compare(edge, `${id} ${identity}`, { signal });
    return ports;
  }

  /** Ports that look free from inside a container may be taken outside: the engine tells when it starts. */
  async #onFreePorts(first: Ports, placement: Placement, shared: SharedFolder, { signal }: Waiting) {
    const { engine, name, images } = this.#options;
    let ports = first;
    for (let tries = 0; tries < startTries; tries += 1) {
      const edge = await this.#open(placement, shared, ports);
      const spec = edgeSpec({
        region: name,
        image: images.edge,
        placement,
        shared: (target, readOnly) => shared.mount(target, readOnly),
        ...ports,
        owner: ownUser(),
      });
      const outcome = await ensureService(engine, spec, { signal });
      if (outcome.kind === 'running') return { ports, id: outcome.id, edge };
      const { http, https } = ports;
      ports = new RegExp(`:${https}\\b`).test(outcome.message)
        ? { http, https: await firstFree(https + 1, [http]) }
        : { http: await firstFree(http + 1, [https]), https };
    }
    throw new RegionError('No free ports were found for the edge. Choose others in the settings.');
  }

  async #open(placement: Placement, shared: SharedFolder, { http, https }: Ports): Promise<HaproxyEdge> {
    const ports = {
      http: placement.inside(http, insidePorts.http),
      https: placement.inside(https, insidePorts.https),
      httpsOutside: https,
    };
    if (this.#edge !== undefined) {
      await this.#edge.listenOn(ports);
      return this.#edge;
    }
    const { engine, name, authority, domain, httpsRedirect = 'auto', clock, log } = this.#options;
    const files: EdgeFiles = await openEdgeFiles(shared.here, edgeFolder);
    this.#edge = await HaproxyEdge.open({
      files,
      authority,
      domain,
      listen: placement.edgeListen,
      ...(seesClients(placement) ? { connectionsPerClient: mostPerClient } : {}),
      httpsOnly: httpsRedirect === 'auto' ? !isLoopback(placement.edgeAddress) : httpsRedirect === 'on',
      ports,
      owner: ownUser(),
      log,
      clock,
      reload: async (waiting) => {
        await engine.killContainer(`patr-${name}-edge`, 'SIGUSR2', waiting);
      },
    });
    return this.#edge;
  }

  /** A proxy that was started anew may have missed something; one that goes on needs new certificates some day. */
  async #compare(edge: HaproxyEdge, identity: string, waiting: Waiting): Promise<void> {
    const now = this.#options.clock.now();
    const { identity: known, at } = this.#compared ?? { identity: undefined, at: 0 };
    if (known === identity && now - at < compareEveryMs) return;
    await edge.refresh(waiting);
    this.#compared = { identity, at: now };
  }

  /** Where instances are reached through their networks, a new container of the edge has to join them. */
  async #attach(placement: Placement, edgeId: string, waiting: Waiting): Promise<void> {
    if (placement.kind === 'host' || this.#attached === edgeId) return;
    const { engine, name, self } = this.#options;
    for (const network of await engine.listNetworks({ labels: labelsOf(name, 'network') }, waiting)) {
      if (network.labels[label.deployment] === undefined) continue;
      await engine.connectNetwork(network.name, edgeId, waiting);
      if (await isThere(engine, self, waiting)) await engine.connectNetwork(network.name, self, waiting);
    }
    this.#attached = edgeId;
  }
}

async function isThere(engine: Engine, container: string, waiting: Waiting): Promise<boolean> {
  const record: ContainerRecord | 'absent' = await engine.inspectContainer(container, waiting);
  return record !== 'absent';
}

/** Whether addresses tell clients apart: on loopback all are one, and so they are behind the engine's port proxy. */
function seesClients({ kind, edgeAddress }: Placement): boolean {
  return kind === 'host' && !isLoopback(edgeAddress);
}

/** The user of this process, who alone may command the proxy. Systems without user numbers run it in a container. */
function ownUser(): { uid: number; gid: number } {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}
