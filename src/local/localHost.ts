import { isEngineError, type ContainerRecord } from '../docker/engine.ts';
import { wishHash, type ControlPlaneWanted } from './containerSpec.ts';
import type { LocalEndpoint, LocalHost, LocalSettings, LocalState } from './contract.ts';
import { ensureControlPlaneImage } from './controlPlaneImage.ts';
import { apiOf, endpointOf } from './endpoint.ts';
import { inventory, remove } from './inventory.ts';
import { containerName, sealingKeysName, specLabel, stateFolder, versionLabel } from './names.ts';
import { lines } from './output.ts';
import type { LocalHostParts, OnProgress, Waiting } from './parts.ts';
import { untilReady } from './ready.ts';
import { isFree, start } from './start.ts';
import { isOlder } from './versions.ts';

export type { LocalHostParts } from './parts.ts';

const stopGraceSeconds = 15;

/** See `LocalHost`. Two of these may work at once, in two windows: names on the engine decide who comes first. */
export function makeLocalHost(parts: LocalHostParts): LocalHost {
  const { engine, settings } = parts;
  const name = containerName(settings.name);
  return {
    find: (options = {}) => find(parts, options),
    async ensure(onProgress, options = {}) {
      const outdated = await bringUp(parts, onProgress, options);
      const endpoint = await untilReady(parts, onProgress, options);
      if (outdated !== undefined) await tidy(parts, outdated, options);
      return endpoint;
    },
    async stop(options = {}) {
      await engine.stopContainer(name, stopGraceSeconds, options);
    },
    async sealingKeys(options = {}) {
      const file = await engine.readFile(name, `${stateFolder}/${sealingKeysName}`, options);
      return file === 'absent' ? undefined : file.toString('utf8');
    },
    inventory: (options = {}) => inventory(parts, options),
    remove: (options = {}) => remove(parts, options),
    logs: ({ tail, ...options }) => lines(engine.logs(name, { follow: true, tail }, options)),
  };
}

async function find(parts: LocalHostParts, waiting: Waiting): Promise<LocalState> {
  const record = await parts.engine.inspectContainer(containerName(parts.settings.name), waiting);
  if (record === 'absent') return { kind: 'absent' };
  if (record.state === 'restarting') return { kind: 'starting' };
  if (record.state !== 'running') return { kind: 'stopped' };
  const endpoint = await endpointOf(parts, record, waiting);
  if (endpoint === undefined) return { kind: 'starting' };
  return (await answers(parts, endpoint, waiting)) ? { kind: 'running', endpoint } : { kind: 'starting' };
}

async function answers(parts: LocalHostParts, endpoint: LocalEndpoint, waiting: Waiting): Promise<boolean> {
  try {
    await apiOf(parts, endpoint).getServerInfo(undefined, waiting);
    return true;
  } catch {
    // Whatever it is, it cannot be spoken to yet.
    waiting.signal?.throwIfAborted();
    return false;
  }
}

/** Makes the container run, at our version or a newer one. Resolves with the image that it ran on before. */
async function bringUp(
  parts: LocalHostParts,
  onProgress: OnProgress,
  waiting: Waiting,
): Promise<string | undefined> {
  const { engine, bundle, settings } = parts;
  const info = await engine.info(waiting);
  const [placement, { cgroups }] = [placementFor(settings, info), info];
  const record = await engine.inspectContainer(containerName(settings.name), waiting);
  const version = record === 'absent' ? undefined : record.labels[versionLabel];
  if (record !== 'absent' && version !== undefined && isOlder(bundle.version, version)) {
    // Somebody has a newer extension: theirs stays.
    if (record.state !== 'running') await engine.startContainer(record.id, waiting);
    return undefined;
  }
  const image = await ensureControlPlaneImage(engine, bundle, settings.images.node, onProgress, waiting);
  const wanted = { settings, image, version: bundle.version, placement, cgroups, socket: parts.socket };
  if (record === 'absent') {
    onProgress({ kind: 'starting' });
    await start(parts, { ...wanted, port: settings.ports.api }, waiting);
    return undefined;
  }
  const before = await endpointOf(parts, record, waiting);
  // Whoever has the address goes on having it.
  const port = before === undefined ? settings.ports.api : Number(new URL(before.url).port);
  if (record.labels[specLabel] === wishHash(wanted)) {
    if (record.state === 'running') return undefined;
    onProgress({ kind: 'starting' });
    const started = (await isFree(port)) && (await engine.startContainer(record.id, waiting));
    if (started !== false && started.kind === 'started') return undefined;
  } else {
    onProgress({ kind: 'upgrading', from: version ?? 'an unknown version', to: bundle.version });
  }
  await replace(parts, record, { ...wanted, port }, waiting);
  return record.image === image ? undefined : record.image;
}

/** Each version would leave an image behind. One that another region runs on stays, and so does one in dispute. */
async function tidy({ engine }: LocalHostParts, image: string, waiting: Waiting): Promise<void> {
  try {
    await engine.removeImage(image, waiting);
  } catch (error) {
    // What was asked for is done: the new control plane answers.
    if (!isEngineError(error)) throw error;
  }
}

/** A new container on the same volumes. Deployments go on serving meanwhile. */
async function replace(
  parts: LocalHostParts,
  record: ContainerRecord,
  wanted: ControlPlaneWanted,
  waiting: Waiting,
): Promise<void> {
  await parts.engine.stopContainer(record.id, stopGraceSeconds, waiting);
  await parts.engine.removeContainer(record.id, waiting);
  await start(parts, wanted, waiting);
}

function placementFor(
  { placement }: LocalSettings,
  info: { readonly host: string; readonly rootless: boolean; readonly flavour: string },
): 'host' | 'bridged' {
  if (placement !== 'auto') return placement;
  return info.host === 'native' && !info.rootless && info.flavour === 'docker' ? 'host' : 'bridged';
}
