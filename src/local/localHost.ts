import { createServer } from 'node:net';
import { isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { createClient, type Api } from '../client/client.ts';
import type { ContainerRecord, Engine } from '../docker/engine.ts';
import { controlPlaneSpec, wishHash } from './containerSpec.ts';
import {
  LocalHostError,
  type ControlPlaneBundle,
  type LocalEndpoint,
  type LocalHost,
  type LocalInventory,
  type LocalProgress,
  type LocalSettings,
  type LocalState,
} from './contract.ts';
import { ensureControlPlaneImage } from './controlPlaneImage.ts';
import {
  containerName,
  networkName,
  ownLabels,
  regionLabel,
  sharedNames,
  specLabel,
  stateFolder,
  versionLabel,
  volumeName,
} from './names.ts';
import { isOlder } from './versions.ts';

export interface LocalHostParts {
  readonly engine: Engine;
  readonly bundle: ControlPlaneBundle;
  readonly settings: LocalSettings;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Path of the engine's socket on the engine's own host. */
  readonly socket: string;
}

interface Waiting {
  readonly signal?: AbortSignal;
}

type OnProgress = (progress: LocalProgress) => void;

/** How long a control plane may take until it answers and its region is up, in milliseconds. */
const readyWithinMs = 90_000;
const portTries = 20;

/** See `LocalHost`. Two of these may work at once, in two windows: names on the engine decide who comes first. */
export function makeLocalHost(parts: LocalHostParts): LocalHost {
  const { engine, settings } = parts;
  const name = containerName(settings.name);
  return {
    find: (options = {}) => find(parts, options),
    ensure: (onProgress, options = {}) => ensure(parts, onProgress, options),
    async stop(options = {}) {
      await engine.stopContainer(name, 15, options);
    },
    inventory: (options = {}) => inventory(parts, options),
    remove: (options = {}) => remove(parts, options),
    logs: ({ tail, ...options }) => lines(engine.logs(name, { follow: true, tail }, options)),
  };
}

async function find(parts: LocalHostParts, waiting: Waiting): Promise<LocalState> {
  const record = await parts.engine.inspectContainer(containerName(parts.settings.name), waiting);
  if (record === 'absent') return { kind: 'absent' };
  if (record.state !== 'running') return { kind: 'stopped' };
  const endpoint = await endpointOf(parts, record, waiting);
  if (endpoint === undefined) return { kind: 'starting' };
  try {
    await apiOf(parts, endpoint).getServerInfo(undefined, waiting);
    return { kind: 'running', endpoint };
  } catch (error) {
    if (waiting.signal?.aborted === true) throw error;
    return { kind: 'starting' };
  }
}

/** What the control plane wrote down about itself in its state volume; absent until it has. */
async function endpointOf(
  { engine }: LocalHostParts,
  record: ContainerRecord,
  waiting: Waiting,
): Promise<LocalEndpoint | undefined> {
  const [file, token] = await Promise.all([
    engine.readFile(record.id, `${stateFolder}/endpoint.json`, waiting),
    engine.readFile(record.id, `${stateFolder}/token`, waiting),
  ]);
  if (file === 'absent' || token === 'absent') return undefined;
  const { url, version } = JSON.parse(file.toString('utf8')) as { url: string; version: string };
  // Inside it may have another address; on the engine's host it is loopback in every placement.
  return { url: `http://127.0.0.1:${new URL(url).port}`, token: token.toString('utf8').trim(), version };
}

function apiOf({ fetch, clock, userAgent }: LocalHostParts, endpoint: LocalEndpoint): Api {
  const { url, token } = endpoint;
  return createClient({ url, token, fetch, clock, userAgent, chance: () => 0.5, timeoutMs: 5000 });
}

async function ensure(
  parts: LocalHostParts,
  onProgress: OnProgress,
  waiting: Waiting,
): Promise<LocalEndpoint> {
  const { engine, bundle, settings } = parts;
  const info = await engine.info(waiting);
  const placement = placementFor(settings, info);
  const record = await engine.inspectContainer(containerName(settings.name), waiting);
  const running = record === 'absent' ? undefined : record.labels[versionLabel];
  if (record !== 'absent' && running !== undefined && isOlder(bundle.version, running)) {
    // Somebody has a newer extension: theirs stays.
    await startIfStopped(parts, record, waiting);
    return untilReady(parts, onProgress, waiting);
  }
  const image = await ensureControlPlaneImage(engine, bundle, settings.images.node, onProgress, waiting);
  const wanted = { settings, image, version: bundle.version, placement, socket: parts.socket };
  if (record !== 'absent' && record.labels[specLabel] === wishHash(wanted)) {
    await startIfStopped(parts, record, waiting);
    return untilReady(parts, onProgress, waiting);
  }
  let port = settings.ports.api;
  if (record === 'absent') {
    onProgress({ kind: 'starting' });
  } else {
    onProgress({ kind: 'upgrading', from: running ?? 'an unknown version', to: bundle.version });
    const before = await endpointOf(parts, record, waiting);
    // Whoever has the address goes on having it.
    if (before !== undefined) port = Number(new URL(before.url).port);
    await engine.stopContainer(record.id, 15, waiting);
    await engine.removeContainer(record.id, waiting);
  }
  await create(parts, { ...wanted, port }, waiting);
  return untilReady(parts, onProgress, waiting);
}

function placementFor(
  { placement }: LocalSettings,
  info: { readonly host: string; readonly rootless: boolean; readonly flavour: string },
): 'host' | 'bridged' {
  if (placement !== 'auto') return placement;
  return info.host === 'native' && !info.rootless && info.flavour === 'docker' ? 'host' : 'bridged';
}

async function startIfStopped(
  { engine }: LocalHostParts,
  record: ContainerRecord,
  waiting: Waiting,
): Promise<void> {
  if (record.state !== 'running') await engine.startContainer(record.id, waiting);
}

/** Creates and starts it on the first free port from the wanted one on. */
async function create(
  { engine, settings }: LocalHostParts,
  wanted: Parameters<typeof controlPlaneSpec>[0],
  waiting: Waiting,
): Promise<void> {
  if (wanted.placement === 'bridged') {
    const labels = ownLabels(settings.name, 'network');
    await engine.ensureNetwork({ name: networkName(settings.name), labels }, waiting);
  }
  // Made here, and not by the way, so that they carry the labels by which they are found again.
  for (const what of ['state', ...sharedNames]) {
    const labels = ownLabels(settings.name, 'volume');
    await engine.ensureVolume({ name: volumeName(settings.name, what), labels }, waiting);
  }
  let { port } = wanted;
  for (let tries = 0; tries < portTries; tries += 1, port += 1) {
    port = await firstFree(port);
    const made = await engine.createContainer(controlPlaneSpec({ ...wanted, port }), waiting);
    // Another window was first: its control plane is as good as ours.
    if (made === 'nameTaken') return;
    if (made === 'imageMissing')
      throw new LocalHostError('The image of the control plane was removed while it was started. Try again.');
    const started = await engine.startContainer(made.id, waiting);
    if (started.kind === 'started' || started.kind === 'absent') return;
    await engine.removeContainer(made.id, waiting);
    if (started.kind === 'failed') {
      throw new LocalHostError(`The control plane could not be started: ${started.message}`);
    }
  }
  throw new LocalHostError(
    `No free port was found from ${wanted.port} on. Choose another one in the setting patr.local.ports.api.`,
  );
}

async function firstFree(from: number): Promise<number> {
  for (let port = from; port <= 65_535; port += 1) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new LocalHostError(
    `No port from ${from} on is free. Choose another one in the setting patr.local.ports.api.`,
  );
}

/** Waits until it answers and its region is up. @throws LocalHostError with its last lines when it does not. */
async function untilReady(
  parts: LocalHostParts,
  onProgress: OnProgress,
  waiting: Waiting,
): Promise<LocalEndpoint> {
  const { clock, engine, settings } = parts;
  const deadline = clock.now() + readyWithinMs;
  let message = 'it does not answer';
  while (clock.now() < deadline) {
    const record = await engine.inspectContainer(containerName(settings.name), waiting);
    if (record !== 'absent' && record.state === 'exited') break;
    const endpoint = record === 'absent' ? undefined : await endpointOf(parts, record, waiting);
    if (endpoint !== undefined) {
      const problem = await regionProblem(parts, endpoint, waiting);
      if (problem === undefined) {
        onProgress({ kind: 'ready', endpoint });
        return endpoint;
      }
      message = problem;
    }
    await clock.sleep(100, waiting.signal);
  }
  throw new LocalHostError(`The control plane did not come up: ${message}`, await lastLines(parts));
}

/** Why the region is not up yet; undefined when it is. */
async function regionProblem(
  parts: LocalHostParts,
  endpoint: LocalEndpoint,
  waiting: Waiting,
): Promise<string | undefined> {
  try {
    const api = apiOf(parts, endpoint);
    const { workspaces } = await api.listWorkspaces(undefined, waiting);
    const [workspace] = workspaces;
    if (workspace === undefined) return 'it has no workspace';
    const { runners } = await api.listRunners({ params: { workspaceId: workspace.id } }, waiting);
    const [region] = runners;
    return region?.connected === true ? undefined : (region?.message ?? 'the region is starting');
  } catch (error) {
    if (isAbort(error) && waiting.signal?.aborted === true) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

async function lastLines({ engine, settings }: LocalHostParts): Promise<string[]> {
  const found: string[] = [];
  const signal = AbortSignal.timeout(5000);
  try {
    const logs = engine.logs(containerName(settings.name), { follow: false, tail: 20 }, { signal });
    for await (const line of lines(logs)) found.push(line);
  } catch (error) {
    found.push(`(its output cannot be read: ${error instanceof Error ? error.message : String(error)})`);
  }
  return found;
}

async function inventory({ engine, settings }: LocalHostParts, waiting: Waiting): Promise<LocalInventory> {
  const labels = { [regionLabel]: settings.name };
  const [containers, volumes, networks] = await Promise.all([
    engine.listContainers({ labels }, waiting),
    engine.listVolumes({ labels }, waiting),
    engine.listNetworks({ labels }, waiting),
  ]);
  const names = (records: readonly { readonly name: string }[]): string[] =>
    records.map(({ name }) => name.replace(/^\//, '')).toSorted();
  return { containers: names(containers), volumes: names(volumes), networks: names(networks) };
}

/** The control plane goes first, so that it does not repair what is being removed. */
async function remove(parts: LocalHostParts, waiting: Waiting): Promise<void> {
  const { engine, settings } = parts;
  const own = containerName(settings.name);
  await engine.removeContainer(own, waiting);
  const labels = { [regionLabel]: settings.name };
  for (const { id } of await engine.listContainers({ labels }, waiting))
    await engine.removeContainer(id, waiting);
  for (const { id } of await engine.listNetworks({ labels }, waiting))
    await engine.removeNetwork(id, waiting);
  for (const { name } of await engine.listVolumes({ labels }, waiting))
    await engine.removeVolume(name, waiting);
}

async function* lines(chunks: AsyncIterable<{ readonly bytes: Buffer }>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const { bytes } of chunks) {
    rest += decoder.decode(bytes, { stream: true });
    const found = rest.split('\n');
    rest = (found.pop() ?? '').slice(-10_000);
    yield* found;
  }
  if (rest !== '') yield rest;
}
