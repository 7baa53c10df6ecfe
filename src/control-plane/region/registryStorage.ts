import { anySignal } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Engine, ContainerSpec } from '../../docker/engine.ts';
import { openEdgeFiles } from '../edge/edgeFiles.ts';
import type { Placement } from '../placement.ts';
import type { RegistryStorage } from '../registry/collect/storage.ts';
import { isEmptyRegistry, SurveyReader } from '../registry/collect/survey.ts';
import { registryConfig } from '../registry/registryConfig.ts';
import type { ManifestAt } from '../state/contents.ts';
import { firstFree } from './ports.ts';
import type { Region, RegionOptions } from './region.ts';
import { asksForToken, endCollection, writeIfChanged } from './registryService.ts';
import { ensureService, RegionError, untilAnswering } from './service.ts';
import { openSharedFolder } from './sharedFolders.ts';
import {
  certificateBundleName,
  collectorConfigName,
  collectorName,
  collectorSpec,
  insidePorts,
  registryFolder,
  registryStorage as storageDirectory,
} from './specs.ts';

/** How long the registry's program may work on the blobs, in milliseconds; a hung one is not waited for. */
const patienceMs = 30 * 60 * 1000;
const lastLines = 20;

/** The region's blobs, worked on by the registry's own program in containers beside the registry's. */
export function regionStorage(options: RegionOptions, region: Region): RegistryStorage {
  const { engine, name, images, data, registry, clock } = options;
  const never = new AbortController().signal;

  function placement(): Placement {
    const refusal = region.refusal();
    if (refusal !== undefined) throw new RegionError(refusal);
    const known = region.placement();
    if (known === undefined) throw new RegionError('The region is not up (yet).');
    return known;
  }

  /** Writes the configuration and gives the container for a task. */
  async function specOf(task: 'survey' | 'entrance' | 'sweep', listen: string): Promise<ContainerSpec> {
    const shared = await openSharedFolder(engine, name, 'registry', data);
    const files = await openEdgeFiles(shared.here, registryFolder);
    const config = registryConfig({
      listen,
      storageDirectory,
      realm: `${options.api.publicUrl}/auth/docker-login`,
      certificateBundle: `${registryFolder}/${certificateBundleName}`,
      webhookUrl: undefined,
      secrets: registry.secrets,
    });
    await writeIfChanged(files, collectorConfigName, config);
    return collectorSpec({
      region: name,
      image: images.registry,
      placement: placement(),
      shared: (target, readOnly) => shared.mount(target, readOnly),
      task,
    });
  }

  /** Serves at an address that only the work is told. */
  async function withEntrance(work: (url: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { kind, listen } = placement();
    const port = kind === 'host' ? await firstFree(0) : insidePorts.registry;
    const spec = await specOf('entrance', `${listen}:${port}`);
    const started = await ensureService(engine, spec, { signal });
    if (started.kind === 'portTaken') throw new RegionError(`No port was free: ${started.message}`);
    const host = kind === 'host' ? '127.0.0.1' : collectorName(name, 'collector');
    const url = `http://${host}:${port}`;
    const what = { engine, id: started.id, name: 'The registry beside the registry', clock, signal };
    await untilAnswering((limit) => asksForToken(`${url}/v2/`, limit), what);
    await work(url);
    await engine.removeContainer(started.id, { signal });
  }

  return {
    async survey({ signal = never } = {}) {
      const reader = new SurveyReader();
      const spec = await specOf('survey', '127.0.0.1:0');
      const ended = await runToEnd({ engine, clock }, spec, (line) => reader.read(line), signal);
      if (ended.exitCode !== 0 && !isEmptyRegistry(ended.words)) throw broken('looked at', ended.words);
      return reader.result();
    },
    sweep: (work, { signal = never } = {}) =>
      region.whileReadOnly(
        async () => {
          // One that was cut off may have left the same name.
          await endCollection(engine, name, { signal });
          await withEntrance(work, signal);
          const reader = new SurveyReader();
          const spec = await specOf('sweep', '127.0.0.1:0');
          const ended = await runToEnd({ engine, clock }, spec, (line) => reader.read(line), signal);
          if (ended.exitCode !== 0 && !isEmptyRegistry(ended.words)) throw broken('swept', ended.words);
          return reader.result().looseBlobs;
        },
        { signal },
      ),
    async images({ signal = never } = {}) {
      const host = region.facts().registryHost;
      if (host === undefined) return [];
      const all = await engine.listImages({ labels: {} }, { signal });
      return all.flatMap(({ repoDigests }) => repoDigests.flatMap((text) => imageAt(host, text) ?? []));
    },
    async forgetImage({ path, digest }, { signal = never } = {}) {
      const host = region.facts().registryHost;
      return host === undefined ? 'absent' : engine.removeImage(`${host}/${path}@${digest}`, { signal });
    },
  };
}

function imageAt(host: string, reference: string): ManifestAt | undefined {
  if (!reference.startsWith(`${host}/`)) return undefined;
  const [path, digest] = reference.slice(host.length + 1).split('@');
  return path === undefined || digest === undefined ? undefined : { path, digest };
}

function broken(what: string, words: string): RegionError {
  return new RegionError(`The registry's blobs could not be ${what}. Its last words: ${words}`);
}

/** Runs a container to its end, reads its output line by line, and removes it. */
async function runToEnd(
  { engine, clock }: { engine: Engine; clock: Clock },
  spec: ContainerSpec,
  read: (line: string) => void,
  given: AbortSignal,
): Promise<{ exitCode: number; words: string }> {
  const signal = anySignal(given, AbortSignal.timeout(patienceMs));
  await engine.removeContainer(spec.name, { signal });
  const started = await ensureService(engine, spec, { signal });
  if (started.kind === 'portTaken') throw new RegionError(started.message);
  try {
    const words: string[] = [];
    for await (const line of linesOf(engine.logs(started.id, { follow: true }, { signal }))) {
      read(line);
      words.push(line);
      if (words.length > lastLines) words.shift();
    }
    for (;;) {
      const record = await engine.inspectContainer(started.id, { signal });
      if (record === 'absent')
        throw new RegionError(`The container ${spec.name} was removed while it worked.`);
      if (record.state !== 'running') return { exitCode: record.exitCode ?? 1, words: words.join('\n') };
      // Its output ends a moment before it does.
      await clock.sleep(20, signal);
    }
  } finally {
    await engine.removeContainer(started.id);
  }
}

async function* linesOf(chunks: AsyncIterable<{ stream: 'stdout' | 'stderr'; bytes: Buffer }>) {
  const open = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of chunks) {
    const lines = (open[stream] + bytes.toString('utf8')).split('\n');
    open[stream] = lines.pop() ?? '';
    yield* lines;
  }
  yield* [open.stdout, open.stderr].filter((line) => line !== '');
}
