import { createHash } from 'node:crypto';
import type { Engine } from '../../docker/engine.ts';
import { openEdgeFiles, type EdgeFiles } from '../edge/edgeFiles.ts';
import { labelsOf } from '../labels.ts';
import type { Placement } from '../placement.ts';
import { registryConfig } from '../registry/registryConfig.ts';
import { choosePort, firstFree } from './ports.ts';
import type { RegionOptions } from './region.ts';
import { ensureService, RegionError, untilAnswering } from './service.ts';
import { openSharedFolder } from './sharedFolders.ts';
import {
  blobVolumeName,
  certificateBundleName,
  insidePorts,
  registryConfigName,
  registryFolder,
  registrySpec,
  registryStorage,
} from './specs.ts';

interface Waiting {
  readonly signal: AbortSignal;
}

/** How many ports are tried that turn out to be taken only when the container starts. */
const startTries = 20;

/** `readOnly`: for the time of a collection, in which nothing may be pushed. */
export type RegistryMode = 'serving' | 'readOnly';

/**
 * The registry's container: there, with its configuration, and asking for tokens. Returns its loopback port. It
 * serves only when nobody collects any more: a collection that a killed control plane left is ended first.
 */
export async function ensureRegistry(
  options: RegionOptions,
  placement: Placement,
  wanted: { readonly last: number | undefined; readonly mode: RegistryMode },
  { signal }: Waiting,
): Promise<number> {
  const { last, mode } = wanted;
  if (mode === 'serving') await endCollection(options.engine, options.name, { signal });
  const { engine, name, images, data, preferredPorts, clock, registry } = options;
  const shared = await openSharedFolder(engine, name, 'registry', data);
  const files = await openEdgeFiles(shared.here, registryFolder);
  await writeIfChanged(files, certificateBundleName, registry.tokenCertificate);
  await engine.ensureVolume({ name: blobVolumeName(name), labels: labelsOf(name, 'volume') }, { signal });
  const running = await engine.inspectContainer(`patr-${name}-registry`, { signal });
  const serving = running !== 'absent' && running.state === 'running';
  let port = await choosePort({ last, preferred: preferredPorts.registry, serving });
  for (let tries = 0; tries < startTries; tries += 1) {
    const config = configFor(options, placement, port, mode);
    await writeIfChanged(files, registryConfigName, config);
    const settings = hash(`${config}\n${registry.tokenCertificate}`);
    const spec = registrySpec({
      region: name,
      image: images.registry,
      placement,
      shared: (target, readOnly) => shared.mount(target, readOnly),
      port,
      settings,
    });
    const outcome = await ensureService(engine, spec, { signal });
    if (outcome.kind === 'running') {
      const url = `http://${reach(options.name, placement, port)}/v2/`;
      const what = { engine, id: outcome.id, name: 'The registry', clock, signal };
      await untilAnswering((limit) => asksForToken(url, limit), what);
      return port;
    }
    port = await firstFree(port + 1);
  }
  throw new RegionError('No free port was found for the registry. Choose another one in the settings.');
}

/** Removes whatever works on the blobs; what it had begun to remove was nobody's. */
export async function endCollection(engine: Engine, region: string, { signal }: Waiting): Promise<void> {
  for (const { id } of await engine.listContainers({ labels: labelsOf(region, 'collector') }, { signal })) {
    await engine.removeContainer(id, { signal });
  }
}

function configFor(
  { api, registry }: RegionOptions,
  placement: Placement,
  port: number,
  mode: RegistryMode,
): string {
  return registryConfig({
    listen: `${placement.listen}:${placement.inside(port, insidePorts.registry)}`,
    storageDirectory: registryStorage,
    realm: `${api.publicUrl}/auth/docker-login`,
    certificateBundle: `${registryFolder}/${certificateBundleName}`,
    webhookUrl: `${api.internalUrl}/webhook/registry`,
    readOnly: mode === 'readOnly',
    secrets: registry.secrets,
  });
}

/** Where this process reaches the registry. */
function reach(region: string, placement: Placement, port: number): string {
  return placement.kind === 'host' ? `127.0.0.1:${port}` : `patr-${region}-registry:${insidePorts.registry}`;
}

/** A registry that is up asks for a token. */
export async function asksForToken(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  await response.body?.cancel();
  if (response.status !== 401) throw new RegionError(`The registry answered with status ${response.status}.`);
}

export async function writeIfChanged(files: EdgeFiles, name: string, text: string): Promise<void> {
  if ((await files.read(name)) !== text) await files.write(name, text);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
