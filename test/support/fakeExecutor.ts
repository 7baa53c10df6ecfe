import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { ConfigGeneration } from '../../src/control-plane/domain.ts';
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
  RemainingInstance,
  Remains,
  RunOutcome,
} from '../../src/control-plane/executors/executor.ts';
import { identitiesOf, remainingInstance } from '../../src/control-plane/executors/remains.ts';
import {
  containerSpecOf,
  instanceContainerName,
  instanceVolumeName,
} from '../../src/control-plane/executors/containerSpec.ts';

interface Kept {
  readonly spec: InstanceSpec;
  readonly observed: ObservedInstance;
  readonly lines: readonly string[];
}

const region = 'fake';

/**
 * Instances that are nothing but entries of a table. It passes the contract suite of the real executor; tests say
 * what instances do of themselves, and which images there are.
 */
export class FakeExecutor implements Executor {
  readonly #now: () => number;
  readonly #instances = new Map<string, Kept>();
  readonly #byDeployment = new Map<string, Set<string>>();
  readonly #volumes = new Map<string, InstanceVolume>();
  readonly #networks = new Set<string>();
  readonly #config = new Map<string, ConfigGeneration>();
  readonly #listeners = new Set<(deploymentId: string) => void>();
  /** References that are on the machine or can be pulled. */
  readonly images = new Set<string>();
  /** Files of each volume, by its name, as text. */
  readonly data = new Map<string, Readonly<Record<string, string>>>();
  #addresses = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  observe(deploymentId: string | undefined): Promise<readonly ObservedInstance[]> {
    return Promise.resolve(this.#of(deploymentId).map(({ observed }) => observed));
  }

  summary(): Promise<ReadonlyMap<string, string>> {
    const found = Array.from(this.#byDeployment.keys(), (id): [string, string] => {
      const states = this.#of(id).map(({ observed }) => `${observed.id}:${observed.state}`);
      return [id, states.toSorted().join(' ')];
    });
    return Promise.resolve(new Map(found.filter(([, states]) => states !== '')));
  }

  watch(tell: (deploymentId: string) => void, { signal }: { signal: AbortSignal }): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#listeners.add(tell);
    signal.addEventListener('abort', () => {
      this.#listeners.delete(tell);
      resolve();
    });
    return promise;
  }

  ensureImage({ repository, tag, digest }: ImageWanted): Promise<ImageOutcome> {
    const reference = digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`;
    if (this.images.has(reference)) return Promise.resolve({ kind: 'present', reference, digest });
    const reason = { code: 'pullFailed', message: `The image ${reference} could not be pulled.` } as const;
    return Promise.resolve({ kind: 'failed', reason });
  }

  putConfig(deploymentId: string, config: ConfigGeneration): Promise<void> {
    this.#config.set(deploymentId, config);
    return Promise.resolve();
  }

  configSeen(deploymentId: string): Promise<ReadonlyMap<string, number | undefined>> {
    const running = this.#of(deploymentId).filter(({ observed }) => observed.state === 'running');
    const generation = this.#config.get(deploymentId)?.generation;
    return Promise.resolve(
      new Map(running.map(({ spec }) => [spec.instanceId, spec.hasConfig ? generation : undefined])),
    );
  }

  signal(instanceId: string, signal: string): Promise<'sent' | 'absent'> {
    const there = this.#instances.get(instanceId);
    if (there?.observed.state !== 'running') return Promise.resolve('absent');
    this.print(instanceId, signal);
    return Promise.resolve('sent');
  }

  run(spec: InstanceSpec): Promise<RunOutcome> {
    if (!this.images.has(spec.image)) {
      const reason = { code: 'pullFailed', message: `The image ${spec.image} is not there.` } as const;
      return Promise.resolve({ kind: 'failed', reason });
    }
    if (this.#instances.has(spec.instanceId)) return Promise.resolve({ kind: 'running' });
    this.#networks.add(spec.deploymentId);
    for (const volumeId of Object.keys(spec.volumes)) {
      const { deploymentId, ordinal } = spec;
      const name = instanceVolumeName(region, deploymentId, volumeId, ordinal);
      this.#volumes.set(name, { name, deploymentId, volumeId, ordinal, facts: spec.volumeFacts[volumeId] });
    }
    this.#put({ spec, observed: this.#started(spec), lines: [] });
    return Promise.resolve({ kind: 'running' });
  }

  remove(instanceId: string): Promise<void> {
    const there = this.#instances.get(instanceId);
    if (there === undefined) return Promise.resolve();
    const { deploymentId } = there.spec;
    this.#instances.delete(instanceId);
    this.#byDeployment.get(deploymentId)?.delete(instanceId);
    this.#tell(deploymentId);
    return Promise.resolve();
  }

  removeSurroundings(deploymentId: string): Promise<void> {
    this.#networks.delete(deploymentId);
    this.#config.delete(deploymentId);
    return Promise.resolve();
  }

  listVolumes(deploymentId: string): Promise<readonly InstanceVolume[]> {
    return Promise.resolve(
      Array.from(this.#volumes.values()).filter((volume) => volume.deploymentId === deploymentId),
    );
  }

  removeVolume({ name, deploymentId, volumeId, ordinal }: InstanceVolume): Promise<void> {
    const used = this.#of(deploymentId).some(
      ({ spec }) => spec.ordinal === ordinal && spec.volumes[volumeId] !== undefined,
    );
    if (used) return Promise.reject(new Error(`The volume ${name} is still used by a container.`));
    this.#volumes.delete(name);
    return Promise.resolve();
  }

  volumeSizes(volumes: readonly InstanceVolume[]): Promise<ReadonlyMap<string, number>> {
    const sizeOf = ({ name }: InstanceVolume): number =>
      Object.values(this.data.get(name) ?? {}).reduce((sum, text) => sum + text.length, 0);
    return Promise.resolve(new Map(volumes.map((volume) => [volume.name, sizeOf(volume)])));
  }

  archiveVolumes(volumes: readonly ArchivedVolume[]): Promise<Readable> {
    const tar = pack();
    for (const { volume, folder } of volumes)
      for (const [file, text] of Object.entries(this.data.get(volume.name) ?? {}))
        tar.entry({ name: `volumes/${folder}/${file}` }, text);
    tar.finalize();
    return Promise.resolve(Readable.from(tar));
  }

  lastLines(instanceId: string, count: number): Promise<readonly string[]> {
    const lines = this.#instances.get(instanceId)?.lines ?? [];
    return Promise.resolve(lines.slice(-count));
  }

  async allUsageTotals(): Promise<ReadonlyMap<string, ReadonlyMap<string, UsageTotal>>> {
    const ids = Array.from(this.#byDeployment.keys());
    const totals = await Promise.all(ids.map((id) => this.usageTotals(id)));
    return new Map(ids.map((id, index) => [id, totals[index] ?? new Map<string, UsageTotal>()]));
  }

  usageTotals(deploymentId: string): Promise<ReadonlyMap<string, UsageTotal>> {
    const running = this.#of(deploymentId).filter(({ observed }) => observed.state === 'running');
    const at = this.#now();
    return Promise.resolve(new Map(running.map(({ observed }) => [observed.id, { at, nanoseconds: 0 }])));
  }

  listening(instanceId: string): Promise<readonly number[]> {
    const there = this.#instances.get(instanceId);
    return Promise.resolve(there?.observed.state === 'running' ? [8080] : []);
  }

  strays(known: ReadonlySet<string>): Promise<readonly string[]> {
    const owners = [
      ...this.#networks,
      ...Array.from(this.#instances.values(), ({ spec }) => spec.deploymentId),
      ...Array.from(this.#volumes.values(), ({ deploymentId }) => deploymentId),
    ];
    return Promise.resolve(Array.from(new Set(owners)).filter((id) => !known.has(id)));
  }

  async remains(deploymentId: string): Promise<Remains> {
    const kept = this.#of(deploymentId);
    return {
      instances: kept.flatMap(remaining),
      config: this.#config.get(deploymentId),
      volumes: await this.listVolumes(deploymentId),
    };
  }

  identities(): Promise<readonly Identities[]> {
    const found = this.#of(undefined).flatMap(remaining).map(identitiesOf);
    return Promise.resolve(Array.from(new Map(found.map((one) => [JSON.stringify(one), one])).values()));
  }

  /** The instance ends of itself. */
  end(instanceId: string, exitCode: number): void {
    const there = this.#instances.get(instanceId);
    if (there === undefined) throw new Error(`There is no instance ${instanceId}.`);
    const ended = { state: 'exited', exitCode, finishedAt: this.#now(), address: undefined } as const;
    this.#put({ ...there, observed: { ...there.observed, ...ended } });
  }

  /** The instance prints a line. */
  print(instanceId: string, text: string): void {
    const there = this.#instances.get(instanceId);
    if (there === undefined) throw new Error(`There is no instance ${instanceId}.`);
    this.#instances.set(instanceId, { ...there, lines: [...there.lines, text] });
  }

  #of(deploymentId: string | undefined): Kept[] {
    if (deploymentId === undefined) return Array.from(this.#instances.values());
    const ids = this.#byDeployment.get(deploymentId) ?? [];
    return Array.from(ids).flatMap((id) => this.#instances.get(id) ?? []);
  }

  #put(kept: Kept): void {
    const { deploymentId, instanceId } = kept.spec;
    this.#instances.set(instanceId, kept);
    const ids = this.#byDeployment.get(deploymentId) ?? new Set();
    this.#byDeployment.set(deploymentId, ids.add(instanceId));
    this.#tell(deploymentId);
  }

  #started(spec: InstanceSpec): ObservedInstance {
    this.#addresses += 1;
    const [high, low] = [this.#addresses >> 8, this.#addresses & 255];
    const { instanceId, deploymentId, releaseId, releaseNumber, ordinal, restarts } = spec;
    return {
      id: instanceId,
      name: instanceContainerName(region, spec),
      deploymentId,
      releaseId,
      releaseNumber,
      ordinal,
      restarts,
      state: 'running',
      address: `10.9.${high}.${low}`,
      startedAt: this.#now(),
      finishedAt: undefined,
      exitCode: undefined,
      outOfMemory: false,
      node: 'fake',
      published: spec.published.map(({ port, hostAddress, hostPort }) => ({ port, hostAddress, hostPort })),
    };
  }

  /** Not before the call that caused it has returned, as with an engine. */
  #tell(deploymentId: string): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener(deploymentId);
    });
  }
}

/** As the labels of a container would tell it. */
function remaining({ spec, observed }: Kept): RemainingInstance | [] {
  const around = { region, network: region, configFolder: undefined };
  const { name, image, labels, environment } = containerSpecOf(spec, around);
  const { id, state, startedAt } = observed;
  const times = startedAt === undefined ? {} : { createdAt: startedAt };
  const container = {
    id,
    name,
    image,
    labels,
    state,
    environment,
    addresses: {},
    ports: [],
    mounts: [],
    ...times,
  };
  return remainingInstance(container) ?? [];
}
