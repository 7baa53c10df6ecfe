import { rest, type Clock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/emitter.ts';
import { Lanes } from '../../base/lanes.ts';
import { describeError, type Log } from '../../base/log.ts';
import { isEngineError, type Engine, type EngineInfo } from '../../docker/engine.ts';
import type { RegionFacts } from '../domain.ts';
import { openEdgeFiles } from '../edge/edgeFiles.ts';
import type { HaproxyEdge } from '../edge/haproxyEdge.ts';
import { labelsOf } from '../labels.ts';
import type { HttpsRedirect } from '../options.ts';
import { controlNetworkName, placementKind, placementOf, type Placement } from '../placement.ts';
import type { RegistryStorage } from '../registry/collect/storage.ts';
import type { RegistryConfigWanted } from '../registry/registryConfig.ts';
import type { Credential } from '../tls/authority.ts';
import { EdgeService } from './edgeService.ts';
import { otherControlPlane } from './otherControlPlane.ts';
import { rememberedPorts, rememberPorts, type RegionPorts } from './ports.ts';
import { regionStorage } from './registryStorage.ts';
import { ensureRegistry, type RegistryMode } from './registryService.ts';
import { freeBytesIn } from './room.ts';
import { RegionError } from './service.ts';
import { openSharedFolder, type SharedFolder } from './sharedFolders.ts';
import { edgeFolder } from './specs.ts';

export interface RegionOptions {
  readonly engine: Engine;
  readonly name: string;
  readonly placement: 'auto' | 'host' | 'bridged';
  readonly data: { readonly kind: 'directory'; readonly stateDir: string } | { readonly kind: 'volumes' };
  /** What the engine calls the container of this process, if it is one. */
  readonly self: string;
  readonly images: { readonly registry: string; readonly edge: string };
  readonly preferredPorts: RegionPorts;
  readonly authority: Credential;
  /** Address of the machine that the edge answers at; loopback when absent. */
  readonly edgeAddress?: string;
  /** Whether who comes to the edge by HTTP is sent on to HTTPS; `auto` when absent. */
  readonly httpsRedirect?: HttpsRedirect;
  /** What host names of deployments end in, and what the authority signs for. */
  readonly domain: string;
  /** Where the engine and people reach the API, and where containers of the region reach it. */
  readonly api: { readonly publicUrl: string; readonly internalUrl: string };
  readonly registry: {
    readonly secrets: RegistryConfigWanted['secrets'];
    readonly tokenCertificate: string;
  };
  readonly clock: Clock;
  readonly log: Log;
}

/** How often everything is looked at without a reason, in milliseconds. */
const lookEvery = 30_000;
/** How long the registry may take to serve again after a collection, in milliseconds. */
const backPatienceMs = 30_000;

/**
 * The region's own containers: brought up, watched, repaired. What the engine shows decides; stopping this leaves
 * them running.
 */
export class Region {
  readonly #options: RegionOptions;
  readonly #held = new DisposableStore();
  readonly #changed = this.#held.add(
    new Emitter<void>((error) =>
      this.#options.log.error('A listener failed', { error: describeError(error) }),
    ),
  );
  #facts: RegionFacts = notUp;
  readonly #edge: EdgeService;
  #config: SharedFolder | undefined;
  #placement: Placement | undefined;
  #refusal: string | undefined = notLookedYet;
  #registryMode: RegistryMode = 'serving';
  /** One look at a time, whoever asks for it. */
  readonly #ups = new Lanes();
  #loop: Promise<void> | undefined;
  #look = Promise.withResolvers<void>();

  constructor(options: RegionOptions) {
    this.#options = options;
    this.#edge = new EdgeService(options);
  }

  /** Fires when `facts` would answer differently. */
  get onChange(): Event<void> {
    return this.#changed.event;
  }

  facts(): RegionFacts {
    return this.#facts;
  }

  /** The edge, once the region has been up; it is the same one from then on. */
  edge(): HaproxyEdge | undefined {
    return this.#edge.edge();
  }

  /** Folder of config mounts, once the region has been up. */
  configFolder(): SharedFolder | undefined {
    return this.#config;
  }

  placement(): Placement | undefined {
    return this.#placement;
  }

  /** Why nothing may be done in the region: another control plane is at work there, or may be. */
  refusal(): string | undefined {
    return this.#refusal;
  }

  /** Room on the engine's disk, in bytes; absent where nobody can tell, and until the region has been up. */
  async freeBytes(options: { readonly signal?: AbortSignal }): Promise<number | undefined> {
    const { engine, data } = this.#options;
    return this.#config === undefined ? undefined : freeBytesIn(engine, this.#config, data.kind, options);
  }

  /** The registry's blobs, for what removes those that nobody needs. */
  registryStorage(): RegistryStorage {
    return regionStorage(this.#options, this);
  }

  /** Brings the region up and keeps it so. Resolves after the first try, whether or not it worked. */
  async start(): Promise<void> {
    const signal = this.#held.signal();
    await this.#tryUp(signal);
    this.#loop = this.#keep(signal);
    void this.#watch(signal);
  }

  /** Ends watching; containers go on. */
  async stop(): Promise<void> {
    this.#held.dispose();
    this.#look.resolve();
    await this.#loop;
  }

  async #keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waited = new AbortController();
      const due = rest(this.#options.clock, lookEvery, AbortSignal.any([signal, waited.signal]));
      await Promise.race([due, this.#look.promise]);
      waited.abort();
      this.#look = Promise.withResolvers<void>();
      if (!signal.aborted) await this.#tryUp(signal);
    }
  }

  /**
   * Something that happens to one of the region's own containers is a reason to look at once, and so is an engine that
   * tells again what happens: while it did not, everything may have happened.
   */
  async #watch(signal: AbortSignal): Promise<void> {
    const { engine, clock, name } = this.#options;
    const onSubscribed = (): void => this.#look.resolve();
    const labels = { 'cloud.patr.region': name };
    while (!signal.aborted) {
      try {
        for await (const event of engine.events({ labels }, { signal, onSubscribed })) {
          const role = event.labels['cloud.patr.role'];
          const service = role === 'edge' || role === 'registry';
          const gone = service && ['die', 'destroy', 'stop'].includes(event.action);
          if (gone || role === 'control-plane') this.#look.resolve();
        }
      } catch (error) {
        if (!signal.aborted) this.#options.log.debug('Events broke off', { error: describeError(error) });
      }
      await rest(clock, 2000, signal);
    }
  }

  /**
   * Lets the registry answer reads alone while the work is done. Afterwards it takes pushes again, whatever became
   * of the work; where that fails, the next look sees to it.
   */
  async whileReadOnly<T>(work: () => Promise<T>, { signal }: { signal: AbortSignal }): Promise<T> {
    this.#registryMode = 'readOnly';
    try {
      await this.#upNow(signal);
      return await work();
    } finally {
      this.#registryMode = 'serving';
      // Also when the work was given up: nobody shall be kept from pushing by that.
      await this.#tryUp(AbortSignal.timeout(backPatienceMs));
    }
  }

  #upNow(signal: AbortSignal): Promise<void> {
    return this.#ups.run('up', () => this.#up(signal));
  }

  async #tryUp(signal: AbortSignal): Promise<void> {
    try {
      await this.#upNow(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#options.log.warn('The region is not up', { error: describeError(error) });
      this.#tell({ ...this.#facts, connected: false, message: sentence(error) });
    }
  }

  async #up(signal: AbortSignal): Promise<void> {
    const { engine, name, data, clock } = this.#options;
    const info = await engine.info({ signal });
    this.#refusal = await otherControlPlane(engine, name, data.kind, { signal });
    if (this.#refusal !== undefined) throw new RegionError(this.#refusal);
    const placement = placementOf(
      placementKind(this.#options.placement, info),
      name,
      this.#options.edgeAddress,
    );
    this.#placement = placement;
    if (placement.kind === 'bridged') {
      const labels = labelsOf(name, 'network');
      await engine.ensureNetwork({ name: controlNetworkName(name), labels }, { signal });
    }
    this.#config ??= await openSharedFolder(engine, name, 'config', data);
    const ports = await this.#services(placement, signal);
    const freeBytes = await this.freeBytes({ signal });
    this.#tell(this.#connected(info, ports, freeBytes, clock.now()));
  }

  #connected(info: EngineInfo, ports: RegionPorts, freeBytes: number | undefined, now: number): RegionFacts {
    return {
      connected: true,
      message: undefined,
      platform: info.platform,
      capacity: { cpus: info.cpus, memoryBytes: info.memoryBytes },
      freeBytes,
      lastSeen: now,
      edge: {
        httpPort: ports.http,
        httpsPort: ports.https,
        certificateAuthority: this.#options.authority.certificate,
      },
      registryHost: `127.0.0.1:${ports.registry}`,
    };
  }

  async #services(placement: Placement, signal: AbortSignal): Promise<RegionPorts> {
    const { engine, name, data, preferredPorts } = this.#options;
    const shared = await openSharedFolder(engine, name, 'edge', data);
    const files = await openEdgeFiles(shared.here, edgeFolder);
    const last = await rememberedPorts(files, preferredPorts);
    const registry = await ensureRegistry(
      this.#options,
      placement,
      { last: last.registry, mode: this.#registryMode },
      { signal },
    );
    const ports = { registry, ...(await this.#edge.ensure(placement, shared, last, { signal })) };
    await rememberPorts(files, preferredPorts, ports);
    return ports;
  }

  #tell(facts: RegionFacts): void {
    const before = JSON.stringify({ ...this.#facts, lastSeen: 0, freeBytes: 0 });
    this.#facts = facts;
    if (before !== JSON.stringify({ ...facts, lastSeen: 0, freeBytes: 0 })) this.#changed.fire();
  }
}

const notLookedYet = 'It is not known yet whether another control plane is at work in the region.';

const notUp: RegionFacts = {
  connected: false,
  message: 'The region is starting.',
  platform: undefined,
  freeBytes: undefined,
  capacity: undefined,
  lastSeen: undefined,
  edge: undefined,
  registryHost: undefined,
};

function sentence(error: unknown): string {
  if (isEngineError(error)) return error.message;
  return error instanceof RegionError
    ? error.message
    : `The region could not be brought up: ${describeError(error)}`;
}
