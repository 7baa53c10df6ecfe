import type { Readable } from 'node:stream';
import { Lanes } from '../../base/lanes.ts';
import { describeError } from '../../base/log.ts';
import {
  EngineError,
  isEngineError,
  type ContainerRecord,
  type Engine,
  type Labels,
  type RegistryAuth,
  type StatsSample,
} from '../../docker/engine.ts';
import { label, labelsOf } from '../labels.ts';
import type { ConfigSignal } from '../../protocol/shapes/configMount.ts';
import type { ConfigGeneration } from '../domain.ts';
import type { ConfigFolder, ConfigStorage } from './configStorage.ts';
import { containerSpecOf, instanceContainerName, instanceVolumeName } from './containerSpec.ts';
import type {
  ArchivedVolume,
  UsageTotal,
  Executor,
  Identities,
  ImageOutcome,
  ImageWanted,
  InstanceSpec,
  InstanceVolume,
  ObservedInstance,
  Remains,
  RunOutcome,
  VolumeFacts,
  Waiting,
} from './executor.ts';
import { whatIsThere } from './whatIsThere.ts';
import { ContainerUsage } from './containerUsage.ts';
import type { KernelFolders } from './kernelUsage.ts';
import { networkTables } from './networkTables.ts';
import { observed } from './observedInstance.ts';
import { VolumeArchives } from './volumeArchives.ts';
import { parseListening } from './listening.ts';
import { isDiskFull, noRoom, pullFailure, startFailure } from './reasons.ts';
import { identitiesOf, remainingInstance } from './remains.ts';
import { freeSubnet } from './subnets.ts';

export interface DockerExecutorOptions {
  readonly engine: Engine;
  readonly region: string;
  /** Pool of the deployments' networks, such as `10.210.0.0/16`. */
  readonly pool: string;
  /** Name of the node that instances are shown on. */
  readonly node: () => string;
  /** Where config mounts lie, once the region has been up. */
  readonly config: () => ConfigStorage | undefined;
  readonly registryAuth: () => RegistryAuth | undefined;
  /** Makes the control plane and the edge reach a network, where they do not do so by themselves. */
  readonly attach: (network: string, options: Waiting) => Promise<void>;
  readonly detach: (network: string, options: Waiting) => Promise<void>;
  /** Called with a container that has ended, before it goes with all that it printed. */
  readonly beforeRemoval: (container: ContainerRecord, options: Waiting) => Promise<void>;
  /** Image with a shell-less Node, to look into an instance's network; absent: the kernel's tables are read here. */
  readonly toolImage: string | undefined;
  /** Where what instances use is read from, if it is seen there. */
  readonly kernel: KernelFolders;
  /** Image that is on the machine for as long as the region is; nothing of it is run. */
  readonly helperImage: string;
}

/** Room for 60 instances in each deployment's network. */
const subnetPrefix = 26;

/** Runs instances as containers of one Docker engine. */
export class DockerExecutor implements Executor {
  readonly #options: DockerExecutorOptions;
  /** Subnets are chosen one at a time. */
  readonly #networks = new Lanes();

  readonly #archives: VolumeArchives;
  readonly #usage: ContainerUsage;

  constructor(options: DockerExecutorOptions) {
    this.#options = options;
    this.#archives = new VolumeArchives(options);
    this.#usage = new ContainerUsage({ ...options, now: () => Date.now() });
  }

  async observe(
    deploymentId: string | undefined,
    options: Waiting = {},
  ): Promise<readonly ObservedInstance[]> {
    const { engine, region, node } = this.#options;
    const own = deploymentId === undefined ? {} : { [label.deployment]: deploymentId };
    const labels = { ...labelsOf(region, 'instance'), ...own };
    const listed = await engine.listContainers({ labels }, options);
    const records = await Promise.all(listed.map(({ id }) => engine.inspectContainer(id, options)));
    return records.flatMap((record) => (record === 'absent' ? [] : (observed(record, node()) ?? [])));
  }

  async summary(options: Waiting = {}): Promise<ReadonlyMap<string, string>> {
    const { engine, region } = this.#options;
    const containers = await engine.listContainers({ labels: labelsOf(region, 'instance') }, options);
    const found = new Map<string, string[]>();
    for (const { id, state, labels } of containers) {
      const deploymentId = labels[label.deployment];
      if (deploymentId === undefined) continue;
      const entries = found.get(deploymentId) ?? [];
      entries.push(`${id}:${state}`);
      found.set(deploymentId, entries);
    }
    return new Map(Array.from(found, ([id, entries]) => [id, entries.toSorted().join(' ')]));
  }

  async watch(tell: (deploymentId: string) => void, { signal }: { signal: AbortSignal }): Promise<void> {
    const { engine, region } = this.#options;
    for await (const event of engine.events({ labels: labelsOf(region, 'instance') }, { signal })) {
      const id = event.labels[label.deployment];
      if (id !== undefined && told.has(event.action)) tell(id);
    }
  }

  async ensureImage(image: ImageWanted, options: Waiting = {}): Promise<ImageOutcome> {
    const { engine, registryAuth } = this.#options;
    const pinned = image.digest === undefined ? undefined : `${image.repository}@${image.digest}`;
    if (pinned !== undefined && (await engine.inspectImage(pinned, options)) !== 'absent') {
      return { kind: 'present', reference: pinned, digest: image.digest };
    }
    const reference = pinned ?? `${image.repository}:${image.tag}`;
    try {
      const auth = image.own ? registryAuth() : loginOf(image);
      for await (const progress of engine.pull(reference, auth, options)) void progress;
    } catch (error) {
      if (options.signal?.aborted === true || isEngineError(error, 'unreachable')) throw error;
      return { kind: 'failed', reason: pullFailure(reference, error) };
    }
    if (pinned !== undefined) return { kind: 'present', reference: pinned, digest: image.digest };
    const record = await engine.inspectImage(reference, options);
    const digest = record === 'absent' ? undefined : digestOf(record.repoDigests);
    return {
      kind: 'present',
      reference: digest === undefined ? reference : `${image.repository}@${digest}`,
      digest,
    };
  }

  async putConfig(deploymentId: string, config: ConfigGeneration, options: Waiting = {}): Promise<void> {
    const storage = this.#options.config();
    if (storage === undefined) throw new Error('The region is not up (yet).');
    try {
      await storage.put(deploymentId, config, options);
    } catch (error) {
      throw isDiskFull(error) ? new EngineError('noRoom', describeError(error), { cause: error }) : error;
    }
  }

  /** Instances of a deployment have one folder: what it shows is what each of those sees that mounted this very one. */
  async configSeen(
    deploymentId: string,
    options: Waiting = {},
  ): Promise<ReadonlyMap<string, number | undefined>> {
    const { engine, region, config } = this.#options;
    const labels = { ...labelsOf(region, 'instance'), [label.deployment]: deploymentId };
    const containers = await engine.listContainers({ labels }, options);
    const shown = await config()?.shown(deploymentId, options);
    const running = containers.filter(({ state }) => state === 'running');
    return new Map(
      running.map(({ id, labels: own }) => {
        const has = shown !== undefined && own[label.config] === shown.key;
        return [own[label.instance] ?? id, has ? shown.generation : undefined];
      }),
    );
  }

  async signal(instanceId: string, signal: ConfigSignal, options: Waiting = {}): Promise<'sent' | 'absent'> {
    const found = await this.#find(instanceId, options);
    return found === undefined ? 'absent' : this.#options.engine.killContainer(found.id, signal, options);
  }

  async run(spec: InstanceSpec, options: Waiting = {}): Promise<RunOutcome> {
    try {
      return await this.#run(spec, options);
    } catch (error) {
      if (!isEngineError(error, 'noRoom')) throw error;
      return { kind: 'failed', reason: noRoom(error.message) };
    }
  }

  async #run(spec: InstanceSpec, options: Waiting): Promise<RunOutcome> {
    const { engine, region } = this.#options;
    const network = await this.#ensureNetwork(spec.deploymentId, options);
    const configFolder = await this.#configFolder(spec, options);
    await this.#ensureVolumes(spec, options);
    const container = containerSpecOf(spec, { region, network, configFolder });
    const made = await engine.createContainer(container, options);
    if (made === 'imageMissing') {
      return {
        kind: 'failed',
        reason: pullFailure(spec.image, new Error('it is not on the machine any more')),
      };
    }
    // The name carries the instance's id: what has it already is this very instance, cut off in the middle.
    const id = made === 'nameTaken' ? instanceContainerName(region, spec) : made.id;
    const started = await engine.startContainer(id, options);
    if (started.kind === 'started') return { kind: 'running' };
    if (started.kind === 'absent')
      throw new Error(`The instance ${spec.instanceId} was removed while it started.`);
    await engine.removeContainer(id, options);
    return { kind: 'failed', reason: startFailure(started) };
  }

  async remove(instanceId: string, graceSeconds: number, options: Waiting = {}): Promise<void> {
    const { engine } = this.#options;
    const found = await this.#find(instanceId, options);
    if (found === undefined) return;
    if (found.state === 'running') await engine.stopContainer(found.id, graceSeconds, options);
    await this.#options.beforeRemoval(found, options);
    await engine.removeContainer(found.id, { ...options, volumes: true });
  }

  async removeSurroundings(deploymentId: string, options: Waiting = {}): Promise<void> {
    const { engine, region, detach, config } = this.#options;
    const labels = { ...labelsOf(region, 'network'), [label.deployment]: deploymentId };
    for (const network of await engine.listNetworks({ labels }, options)) {
      await detach(network.name, options);
      await engine.removeNetwork(network.id, options);
    }
    await config()?.remove(deploymentId, options);
  }

  async listVolumes(deploymentId: string, options: Waiting = {}): Promise<readonly InstanceVolume[]> {
    const { engine, region } = this.#options;
    const labels = { ...labelsOf(region, 'volume'), [label.deployment]: deploymentId };
    const volumes = await engine.listVolumes({ labels }, options);
    return volumes.flatMap((volume) => {
      const volumeId = volume.labels[label.volume];
      const ordinal = Number(volume.labels[label.ordinal]);
      if (volumeId === undefined || !Number.isInteger(ordinal)) return [];
      return [{ name: volume.name, deploymentId, volumeId, ordinal, facts: volumeFacts(volume.labels) }];
    });
  }

  async removeVolume(volume: InstanceVolume, options: Waiting = {}): Promise<void> {
    const { engine } = this.#options;
    const outcome = await engine.removeVolume(volume.name, options);
    if (outcome !== 'inUse') return;
    await this.#archives.clear(options);
    if ((await engine.removeVolume(volume.name, options)) === 'inUse')
      throw new Error(`The volume ${volume.name} is still used by a container.`);
  }

  async volumeSizes(
    volumes: readonly InstanceVolume[],
    options: Waiting = {},
  ): Promise<ReadonlyMap<string, number>> {
    if (volumes.length === 0) return new Map();
    const sizes = await this.#options.engine.volumeSizes(options);
    return new Map(
      volumes.flatMap(({ name }): [string, number][] => {
        const bytes = sizes.get(name);
        return bytes === undefined ? [] : [[name, bytes]];
      }),
    );
  }

  archiveVolumes(volumes: readonly ArchivedVolume[], options: Waiting = {}): Promise<Readable> {
    return this.#archives.read(volumes, options);
  }

  async lastLines(instanceId: string, count: number, options: Waiting = {}): Promise<readonly string[]> {
    const found = await this.#find(instanceId, options);
    if (found === undefined) return [];
    let text = '';
    const wanted = { follow: false, tail: count };
    for await (const { bytes } of whatIsThere(this.#options.engine.logs(found.id, wanted, options))) {
      text = (text + bytes.toString('utf8')).slice(-20_000);
    }
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count);
  }

  async usageTotals(deploymentId: string, options: Waiting = {}): Promise<ReadonlyMap<string, UsageTotal>> {
    const all = await this.#usageTotals({ [label.deployment]: deploymentId }, options);
    return all.get(deploymentId) ?? new Map();
  }

  allUsageTotals(options: Waiting = {}): Promise<ReadonlyMap<string, ReadonlyMap<string, UsageTotal>>> {
    return this.#usageTotals({}, options);
  }

  async #usageTotals(own: Labels, options: Waiting): Promise<ReadonlyMap<string, Map<string, UsageTotal>>> {
    const { engine, region } = this.#options;
    const containers = await engine.listContainers(
      { labels: { ...labelsOf(region, 'instance'), ...own } },
      options,
    );
    const running = containers.filter(({ state }) => state === 'running');
    const ids = running.map(({ id }) => id);
    if (Object.keys(own).length === 0) this.#usage.keepOnly(new Set(ids));
    const samples = await this.#usage.of(ids, options);
    const found = new Map<string, Map<string, UsageTotal>>();
    for (const { id, labels } of running) {
      const total = usageTotal(samples.get(id));
      const deploymentId = labels[label.deployment];
      if (total === undefined || deploymentId === undefined) continue;
      const totals = found.get(deploymentId) ?? new Map<string, UsageTotal>();
      found.set(deploymentId, totals.set(labels[label.instance] ?? id, total));
    }
    return found;
  }

  async listening(instanceId: string, options: Waiting = {}): Promise<readonly number[]> {
    const found = await this.#find(instanceId, options);
    if (found === undefined) return [];
    const record = await this.#options.engine.inspectContainer(found.id, options);
    if (record === 'absent' || record.state !== 'running') return [];
    const { engine, region, toolImage } = this.#options;
    const tables = await networkTables({ engine, region, toolImage }, record, options);
    return parseListening(tables).reachable;
  }

  async strays(known: ReadonlySet<string>, options: Waiting = {}): Promise<readonly string[]> {
    const { engine, region } = this.#options;
    const containers = await engine.listContainers({ labels: labelsOf(region, 'instance') }, options);
    const networks = await engine.listNetworks({ labels: labelsOf(region, 'network') }, options);
    const volumes = await engine.listVolumes({ labels: labelsOf(region, 'volume') }, options);
    const found = [...containers, ...networks, ...volumes].flatMap(
      ({ labels }) => labels[label.deployment] ?? [],
    );
    return Array.from(new Set(found)).filter((id) => !known.has(id));
  }

  async remains(deploymentId: string, options: Waiting = {}): Promise<Remains> {
    const { engine, region, config } = this.#options;
    const labels = { ...labelsOf(region, 'instance'), [label.deployment]: deploymentId };
    const listed = await engine.listContainers({ labels }, options);
    const records = await Promise.all(listed.map(({ id }) => engine.inspectContainer(id, options)));
    return {
      instances: records.flatMap((record) => (record === 'absent' ? [] : (remainingInstance(record) ?? []))),
      config: await config()?.read(deploymentId, options),
      volumes: await this.listVolumes(deploymentId, options),
    };
  }

  async identities(options: Waiting = {}): Promise<readonly Identities[]> {
    const { engine, region } = this.#options;
    const containers = await engine.listContainers({ labels: labelsOf(region, 'instance') }, options);
    const found = containers.flatMap((container) => {
      const remaining = remainingInstance(container);
      return remaining === undefined ? [] : [identitiesOf(remaining)];
    });
    return Array.from(new Map(found.map((one) => [JSON.stringify(one), one])).values());
  }

  async #find(instanceId: string, options: Waiting): Promise<ContainerRecord | undefined> {
    const labels = { ...labelsOf(this.#options.region, 'instance'), [label.instance]: instanceId };
    return (await this.#options.engine.listContainers({ labels }, options))[0];
  }

  #ensureNetwork(deploymentId: string, options: Waiting): Promise<string> {
    const { engine, region, pool, attach } = this.#options;
    return this.#networks.run('networks', async () => {
      const name = `patr-${region}-${deploymentId.slice(0, 12)}`;
      const labels = { ...labelsOf(region, 'network'), [label.deployment]: deploymentId };
      const all = await engine.listNetworks({ labels: {} }, options);
      if (!all.some((network) => network.name === name)) {
        const subnet = freeSubnet(
          pool,
          subnetPrefix,
          all.flatMap(({ subnets }) => subnets),
        );
        if (subnet === undefined)
          throw new Error(`The address pool ${pool} has no room for another network.`);
        await engine.ensureNetwork({ name, labels, subnet }, options);
      }
      await attach(name, options);
      return name;
    });
  }

  async #configFolder(spec: InstanceSpec, options: Waiting): Promise<ConfigFolder | undefined> {
    return spec.hasConfig ? this.#options.config()?.folder(spec.deploymentId, options) : undefined;
  }

  async #ensureVolumes(spec: InstanceSpec, options: Waiting): Promise<void> {
    const { engine, region } = this.#options;
    for (const volumeId of Object.keys(spec.volumes)) {
      const labels = {
        ...labelsOf(region, 'volume'),
        [label.deployment]: spec.deploymentId,
        [label.volume]: volumeId,
        [label.ordinal]: String(spec.ordinal),
        ...factLabels(spec.volumeFacts[volumeId]),
      };
      const name = instanceVolumeName(region, spec.deploymentId, volumeId, spec.ordinal);
      await engine.ensureVolume({ name, labels }, options);
    }
  }
}

/** Engine events that can change what the loop wants to do. */
const told = new Set(['start', 'die', 'oom', 'kill', 'stop', 'destroy', 'pause', 'unpause', 'create']);

/** What the engine signs in to another registry with. */
function loginOf({ repository, login }: ImageWanted): RegistryAuth | undefined {
  return login === undefined ? undefined : { server: repository.split('/')[0] ?? '', ...login };
}

function factLabels(facts: VolumeFacts | undefined): Labels {
  return facts === undefined
    ? {}
    : { [label.volumeName]: facts.name, [label.volumeSize]: String(facts.size) };
}

function volumeFacts(labels: Labels): VolumeFacts | undefined {
  const [name, size] = [labels[label.volumeName], Number(labels[label.volumeSize])];
  return name === undefined || !Number.isInteger(size) || size < 1 ? undefined : { name, size };
}

function digestOf(repoDigests: readonly string[]): string | undefined {
  return repoDigests.map((text) => text.split('@')[1]).find((digest) => digest?.startsWith('sha256:'));
}

function usageTotal(sample: StatsSample | undefined): UsageTotal | undefined {
  if (sample?.cpuNanoseconds === undefined) return undefined;
  const { cpuNanoseconds: nanoseconds, ...others } = sample;
  return { ...others, nanoseconds };
}
