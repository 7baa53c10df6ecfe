import type { Clock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/emitter.ts';
import { describeError, type Log } from '../../base/log.ts';
import { isEngineError, type Engine, type EngineInfo } from '../../docker/engine.ts';
import type { RegionFacts } from '../domain.ts';
import { openEdgeFiles, type EdgeFiles } from '../edge/edgeFiles.ts';
import { HaproxyEdge } from '../edge/haproxyEdge.ts';
import { labelsOf } from '../labels.ts';
import { controlNetworkName, placementKind, placementOf, type Placement } from '../placement.ts';
import { registryConfig, type RegistryConfigWanted } from '../registry/registryConfig.ts';
import type { Credential } from '../tls/authority.ts';
import { firstFree, rememberedPorts, rememberPorts, type RegionPorts } from './ports.ts';
import { ensureService, RegionError, untilAnswering } from './service.ts';
import { openSharedFolder, type SharedFolder } from './sharedFolders.ts';
import {
  blobVolumeName,
  certificateBundleName,
  edgeFolder,
  edgeSpec,
  insidePorts,
  registryConfigName,
  registryFolder,
  registrySpec,
  registryStorage,
} from './specs.ts';

export interface RegionOptions {
  readonly engine: Engine;
  readonly name: string;
  readonly placement: 'auto' | 'host' | 'bridged';
  readonly data: { readonly kind: 'directory'; readonly stateDir: string } | { readonly kind: 'volumes' };
  readonly images: { readonly registry: string; readonly edge: string };
  readonly preferredPorts: RegionPorts;
  readonly authority: Credential;
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
  #edge: HaproxyEdge | undefined;
  #config: SharedFolder | undefined;
  #placement: Placement | undefined;
  #loop: Promise<void> | undefined;
  #look = Promise.withResolvers<void>();

  constructor(options: RegionOptions) {
    this.#options = options;
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
    return this.#edge;
  }

  /** Folder of config mounts, once the region has been up. */
  configFolder(): SharedFolder | undefined {
    return this.#config;
  }

  placement(): Placement | undefined {
    return this.#placement;
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
      const due = this.#options.clock
        .sleep(lookEvery, AbortSignal.any([signal, waited.signal]))
        .catch(() => undefined);
      await Promise.race([due, this.#look.promise]);
      waited.abort();
      this.#look = Promise.withResolvers<void>();
      if (!signal.aborted) await this.#tryUp(signal);
    }
  }

  /** Something that happens to one of the region's own containers is a reason to look at once. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { engine, clock, name } = this.#options;
    while (!signal.aborted) {
      try {
        for await (const event of engine.events({ labels: { 'cloud.patr.region': name } }, { signal })) {
          const role = event.labels['cloud.patr.role'];
          const service = role === 'edge' || role === 'registry';
          if (service && ['die', 'destroy', 'stop'].includes(event.action)) this.#look.resolve();
        }
      } catch (error) {
        if (!signal.aborted) this.#options.log.debug('Events broke off', { error: describeError(error) });
      }
      await clock.sleep(2000, signal).catch(() => undefined);
    }
  }

  async #tryUp(signal: AbortSignal): Promise<void> {
    try {
      await this.#up(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#options.log.warn('The region is not up', { error: describeError(error) });
      this.#tell({ ...this.#facts, connected: false, message: sentence(error) });
    }
  }

  async #up(signal: AbortSignal): Promise<void> {
    const { engine, name, data, clock } = this.#options;
    const info = await engine.info({ signal });
    const placement = placementOf(placementKind(this.#options.placement, info), name);
    this.#placement = placement;
    if (placement.kind === 'bridged') {
      const labels = labelsOf(name, 'network');
      await engine.ensureNetwork({ name: controlNetworkName(name), labels }, { signal });
    }
    this.#config ??= await openSharedFolder(engine, name, 'config', data);
    const edgeShared = await openSharedFolder(engine, name, 'edge', data);
    const files = await openEdgeFiles(edgeShared.here, edgeFolder);
    const ports = await this.#services(placement, files, edgeShared, signal);
    const freeBytes = await engine.freeBytes({ signal });
    this.#tell(this.#connected(info, ports, freeBytes, clock.now()));
  }

  #connected(info: EngineInfo, ports: RegionPorts, freeBytes: number | undefined, now: number): RegionFacts {
    return {
      connected: true,
      message: undefined,
      platform: info.platform,
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

  async #services(
    placement: Placement,
    files: EdgeFiles,
    edgeShared: SharedFolder,
    signal: AbortSignal,
  ): Promise<RegionPorts> {
    const wanted = await rememberedPorts(files, this.#options.preferredPorts);
    const registry = await this.#registry(placement, wanted.registry, signal);
    const { http, https } = await this.#edgeService(placement, files, edgeShared, wanted, signal);
    const ports = { registry, http, https };
    await rememberPorts(files, ports);
    return ports;
  }

  async #registry(placement: Placement, preferred: number, signal: AbortSignal): Promise<number> {
    const { engine, name, data, images, clock, api, registry } = this.#options;
    const shared = await openSharedFolder(engine, name, 'registry', data);
    const files = await openEdgeFiles(shared.here, registryFolder);
    await files.write(certificateBundleName, registry.tokenCertificate);
    await engine.ensureVolume({ name: blobVolumeName(name), labels: labelsOf(name, 'volume') }, { signal });
    const attempt = async (port: number): Promise<{ id: string } | undefined> => {
      const config = registryConfig({
        listen: `${placement.listen}:${placement.inside(port, insidePorts.registry)}`,
        storageDirectory: registryStorage,
        realm: `${api.publicUrl}/auth/docker-login`,
        certificateBundle: files.inside(certificateBundleName),
        webhookUrl: `${api.internalUrl}/webhook/registry`,
        secrets: registry.secrets,
      });
      const changed = (await files.read(registryConfigName)) !== config;
      if (changed) await files.write(registryConfigName, config);
      const spec = registrySpec({
        region: name,
        image: images.registry,
        placement,
        shared: (target, readOnly) => shared.mount(target, readOnly),
        port,
      });
      // The registry reads its configuration only once.
      if (changed) await engine.removeContainer(spec.name, { signal });
      const outcome = await ensureService(engine, spec, { signal });
      return outcome.kind === 'running' ? outcome : undefined;
    };
    const { port, id } = await this.#onFreePort('registry', preferred, [], attempt);
    const ask = (limit: AbortSignal): Promise<void> =>
      asksForToken(`http://${this.#reach(placement, port)}/v2/`, limit);
    await untilAnswering(ask, { engine, id, name: 'The registry', clock, signal });
    return port;
  }

  /** Where this process reaches the registry. */
  #reach(placement: Placement, port: number): string {
    return placement.kind === 'host'
      ? `127.0.0.1:${port}`
      : `patr-${this.#options.name}-registry:${insidePorts.registry}`;
  }

  async #edgeService(
    placement: Placement,
    files: EdgeFiles,
    shared: SharedFolder,
    wanted: RegionPorts,
    signal: AbortSignal,
  ): Promise<{ http: number; https: number }> {
    const { engine, name, images, clock } = this.#options;
    const running = await engine.inspectContainer(`patr-${name}-edge`, { signal });
    const keeps = running !== 'absent' && running.state === 'running';
    const http = keeps ? wanted.http : await firstFree(wanted.http);
    const https = keeps ? wanted.https : await firstFree(wanted.https, [http]);
    this.#edge ??= await this.#openEdge(placement, files, { http, https });
    const spec = edgeSpec({
      region: name,
      image: images.edge,
      placement,
      shared: (target, readOnly) => shared.mount(target, readOnly),
      http,
      https,
    });
    const outcome = await ensureService(engine, spec, { signal });
    if (outcome.kind === 'portTaken') {
      throw new RegionError(`The ports ${http} and ${https} are in use. Choose others in the settings.`);
    }
    const edge = this.#edge;
    const ask = (limit: AbortSignal): Promise<void> => edge.ping({ signal: limit });
    await untilAnswering(ask, { engine, id: outcome.id, name: 'The edge', clock, signal });
    if (!keeps || outcome.id !== running.id) await edge.refresh({ signal });
    return { http, https };
  }

  #openEdge(
    placement: Placement,
    files: EdgeFiles,
    ports: { http: number; https: number },
  ): Promise<HaproxyEdge> {
    const { engine, name, authority, clock, log } = this.#options;
    return HaproxyEdge.open({
      files,
      authority,
      listen: placement.listen,
      httpPort: placement.inside(ports.http, insidePorts.http),
      httpsPort: placement.inside(ports.https, insidePorts.https),
      log,
      clock,
      reload: async ({ signal }) => {
        const waiting = signal === undefined ? {} : { signal };
        await engine.killContainer(`patr-${name}-edge`, 'SIGUSR2', waiting);
      },
    });
  }

  /** Tries the preferred port and, where it is taken, the next free ones. */
  async #onFreePort(
    what: string,
    preferred: number,
    others: readonly number[],
    attempt: (port: number) => Promise<{ id: string } | undefined>,
  ): Promise<{ port: number; id: string }> {
    const running = await this.#options.engine.inspectContainer(`patr-${this.#options.name}-${what}`);
    const keeps = running !== 'absent' && running.state === 'running';
    let port = keeps ? preferred : await firstFree(preferred, others);
    for (let tries = 0; tries < 20; tries += 1) {
      const made = await attempt(port);
      if (made !== undefined) return { port, id: made.id };
      port = await firstFree(port + 1, others);
    }
    throw new RegionError(`No free port was found for the ${what}. Choose another one in the settings.`);
  }

  #tell(facts: RegionFacts): void {
    const before = JSON.stringify({ ...this.#facts, lastSeen: 0, freeBytes: 0 });
    this.#facts = facts;
    if (before !== JSON.stringify({ ...facts, lastSeen: 0, freeBytes: 0 })) this.#changed.fire();
  }
}

const notUp: RegionFacts = {
  connected: false,
  message: 'The region is starting.',
  platform: undefined,
  freeBytes: undefined,
  lastSeen: undefined,
  edge: undefined,
  registryHost: undefined,
};

/** A registry that is up asks for a token. */
async function asksForToken(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  await response.body?.cancel();
  if (response.status !== 401) throw new RegionError(`The registry answered with status ${response.status}.`);
}

function sentence(error: unknown): string {
  if (isEngineError(error)) return error.message;
  return error instanceof RegionError
    ? error.message
    : `The region could not be brought up: ${describeError(error)}`;
}
