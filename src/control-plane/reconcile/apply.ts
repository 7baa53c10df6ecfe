import { describeError } from '../../base/log.ts';
import { isEngineError } from '../../docker/engine.ts';
import type { Reason } from '../../protocol/shapes/deployment.ts';
import { patrRegistry } from '../../protocol/shapes/deployment.ts';
import type { NamedSecret } from '../adoption/record.ts';
import { recordOf } from '../adoption/recordOf.ts';
import { memoryBytesOf } from '../capacity.ts';
import type { ConfigGeneration, Desired, Release, SecretValue } from '../domain.ts';
import type {
  ImageWanted,
  InstanceSpec,
  InstanceVolume,
  ObservedInstance,
  RunOutcome,
} from '../executors/executor.ts';
import { environmentOf } from '../executors/environment.ts';
import { noPublicPort, noRoom } from '../executors/reasons.ts';
import { loopback } from '../placement.ts';
import type { Memory } from './memory.ts';
import type { LoopParts } from './parts.ts';
import type { Step, StepKind, StepOf } from './plan/model.ts';
import { proofOf } from './proof.ts';

/** How long an instance has between SIGTERM and SIGKILL, in seconds. */
const graceSeconds = 10;
/** How many ports of the machine are tried that turn out to be taken. */
const portTries = 20;
/** Steps of one pass that run side by side. */
const together: ReadonlySet<StepKind> = new Set(['run', 'remove', 'removeVolume']);

/** An instance's variables, and which of them are taken from which secrets. */
interface Environment {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, NamedSecret>>;
}

interface Around {
  readonly desired: Desired | 'absent';
  readonly observed: readonly ObservedInstance[];
  readonly volumes: readonly InstanceVolume[];
  readonly signal: AbortSignal;
}

/** The engine's disk is full: what was to be done can be done once it is not. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom';
}

/** Carries out the planner's steps for one deployment. Each may be cut in half, and may run again. */
export class Apply {
  readonly #id: string;
  readonly #parts: LoopParts;
  readonly #memory: Memory;
  readonly #wake: () => void;
  /** The last removal of each slot: data has one user at a time. */
  readonly #gone = new Map<number, Promise<void>>();
  surroundingsRemoved = false;

  constructor(id: string, parts: LoopParts, memory: Memory, wake: () => void) {
    this.#id = id;
    this.#parts = parts;
    this.#memory = memory;
    this.#wake = wake;
  }

  readonly #table: { readonly [K in StepKind]: (step: StepOf<K>, around: Around) => Promise<void> } = {
    run: (step, around) => this.#run(step, around),
    drain: async (step) => {
      const now = this.#parts.clock.now();
      this.#memory.draining.set(step.instanceId, now);
      if (this.#memory.rollout !== undefined) this.#memory.rollout.drainedFrom ??= now;
    },
    remove: async (step, { observed, signal }) => {
      const ordinal = observed.find(({ id }) => id === step.instanceId)?.ordinal;
      this.#remove(step.instanceId, ordinal, signal);
    },
    removeVolume: async (step, { volumes, signal }) => {
      const volume = volumes.find(({ name }) => name === step.volume);
      if (volume !== undefined) await this.#parts.executor.removeVolume(volume, { signal });
    },
    removeSurroundings: async (_, { signal }) => {
      await this.#parts.edge.forget(this.#id, { signal });
      // What writes its config mounts just now has ended before their folder goes.
      await this.#parts.config.idle(this.#id);
      await this.#parts.executor.removeSurroundings(this.#id, { signal });
      this.surroundingsRemoved = true;
    },
    releaseLive: (step, { signal }) => this.#releaseLive(step.releaseId, signal),
    releaseFailed: async (step, { desired }) => this.#releaseFailed(step.releaseId, desired),
    wait: async () => undefined,
  };

  /**
   * Removals of a pass come before the new instances of the same slots; what does not touch each other runs side by
   * side. @throws when a step fails; the next look finds out how far it came.
   */
  async run(
    steps: readonly Step[],
    desired: Desired | 'absent',
    observed: readonly ObservedInstance[],
    volumes: readonly InstanceVolume[],
    signal: AbortSignal,
  ): Promise<void> {
    const around = { desired, observed, volumes, signal };
    for (const step of steps) this.#record(step, desired);
    for (const step of steps.filter(({ kind }) => !together.has(kind))) await this.#do(step, around);
    for (const kind of ['remove', 'removeVolume', 'run'] as const) {
      await Promise.all(steps.filter((step) => step.kind === kind).map((step) => this.#do(step, around)));
    }
  }

  #do<K extends StepKind>(step: StepOf<K>, around: Around): Promise<void> {
    const work = this.#table[step.kind] as (step: StepOf<K>, around: Around) => Promise<void>;
    return work(step, around);
  }

  /** The grace of one instance holds nobody up: it ends beside the loop, which looks again afterwards. */
  #remove(instanceId: string, ordinal: number | undefined, signal: AbortSignal): void {
    const { executor, log } = this.#parts;
    const { leaving } = this.#memory;
    if (leaving.has(instanceId)) return;
    leaving.add(instanceId);
    const gone = executor
      .remove(instanceId, graceSeconds, { signal })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        log.warn('An instance could not be removed', { instance: instanceId, error: describeError(error) });
      })
      .finally(() => {
        // Still there: the next look plans its removal anew.
        leaving.delete(instanceId);
        this.#wake();
      });
    if (ordinal !== undefined) this.#gone.set(ordinal, gone);
  }

  async #run(step: StepOf<'run'>, { desired, signal }: Around): Promise<void> {
    if (desired === 'absent') return;
    const release = desired.releases.find(({ id }) => id === step.releaseId);
    if (release === undefined) return;
    await this.#beginRollout(release, desired, signal);
    const image = this.#imageOf(release, desired);
    if ('reason' in image) return this.#cannot(release, image.reason);
    const pulled = await this.#parts.executor.ensureImage(image, { signal });
    if (pulled.kind === 'failed') return this.#cannot(release, pulled.reason);
    if (release.digest === undefined && pulled.digest !== undefined) {
      this.#parts.store.releaseResolved(release.id, pulled.digest);
    }
    const config = await this.#putConfig(signal);
    if ('reason' in config) return this.#cannot(release, config.reason);
    const environment = this.#environment(release, desired, config);
    if ('reason' in environment) return this.#cannot(release, environment.reason);
    const fixed = this.#parts.publishing !== undefined && this.#portsOf(release).length > 0;
    if (fixed || Object.keys(release.config.volumes).length > 0) await this.#gone.get(step.ordinal);
    const spec = this.#specOf(step, release, desired, pulled.reference, environment, config.files.size > 0);
    const outcome = await this.#runPublished(spec, signal);
    if (outcome.kind === 'failed') return this.#cannot(release, outcome.reason);
    this.#memory.impossible.delete(release.id);
    this.#memory.hindered.delete(release.id);
  }

  /** A port of the machine that something else has turns out to be taken only when the container starts. */
  async #runPublished(spec: InstanceSpec, signal: AbortSignal): Promise<RunOutcome> {
    let refused = '';
    for (let tries = 0; tries < portTries; tries += 1) {
      const published = this.#publish(spec, refused);
      if (published === undefined) break;
      const outcome = await this.#parts.executor.run(published, { signal });
      if (this.#parts.publishing === undefined || !isPortTaken(outcome)) return outcome;
      refused = outcome.reason.message;
    }
    return { kind: 'failed', reason: noPublicPort };
  }

  /** With a port of the machine for each of its own; another one where the engine's words name it as taken. */
  #publish(spec: InstanceSpec, refused: string): InstanceSpec | undefined {
    const { publishing, store } = this.#parts;
    if (publishing === undefined) return spec;
    const { deploymentId, ordinal } = spec;
    const published: InstanceSpec['published'][number][] = [];
    for (const { port, protocol } of spec.published) {
      const slot = { deploymentId, port, ordinal };
      const given = store.publicPort(slot, publishing.ports);
      const isRefused = given !== undefined && new RegExp(`:${given}\\b`).test(refused);
      const hostPort = isRefused ? store.publicPort(slot, publishing.ports, given) : given;
      if (hostPort === undefined) return undefined;
      published.push({ port, protocol, hostAddress: publishing.address, hostPort });
    }
    const publicPorts = Object.fromEntries(published.map(({ port, hostPort }) => [port, hostPort]));
    return { ...spec, published, record: { ...spec.record, publicPorts } };
  }

  #portsOf({ config }: Release): InstanceSpec['published'] {
    return Object.entries(config.ports).flatMap(([port, protocol]) =>
      protocol === 'http' ? [] : [{ port: Number(port), protocol, hostAddress: loopback, hostPort: 0 }],
    );
  }

  async #putConfig(signal: AbortSignal): Promise<ConfigGeneration | { readonly reason: Reason }> {
    try {
      return await this.#parts.config.put(this.#id, { signal });
    } catch (error) {
      if (!isEngineError(error, 'noRoom')) throw error;
      return { reason: noRoom(error.message) };
    }
  }

  /**
   * A release that was never live is given up for it; a live one is tried again later, and so is every one that finds
   * no room: that is no fault of its own.
   */
  #cannot(release: Release, reason: Reason): void {
    if (reason.code === 'noRoom') {
      this.#memory.hindered.set(release.id, reason);
      throw new NoRoom(reason.message);
    }
    this.#memory.impossible.set(release.id, reason);
    if (release.state === 'live' || release.state === 'retired') throw new Error(reason.message);
  }

  async #beginRollout(release: Release, desired: Desired, signal: AbortSignal): Promise<void> {
    const { store, clock, edge } = this.#parts;
    if (release.id !== desired.target?.id || this.#memory.rollout?.releaseId === release.id) return;
    if (release.state !== 'waiting' && release.state !== 'rolling') return;
    this.#memory.rollout = {
      releaseId: release.id,
      trafficBefore: undefined,
      firstReadyAt: undefined,
      liveAt: undefined,
      drainedFrom: undefined,
      drainedAt: undefined,
    };
    store.releaseRolling(release.id, clock.now());
    const trafficBefore = await edge.traffic(this.#id, { signal });
    this.#memory.rollout = { ...this.#memory.rollout, trafficBefore };
  }

  async #releaseLive(releaseId: string, signal: AbortSignal): Promise<void> {
    const { store, clock, edge } = this.#parts;
    const at = clock.now();
    const { rollout } = this.#memory;
    if (rollout?.releaseId === releaseId) rollout.liveAt = at;
    const proof =
      rollout?.releaseId === releaseId
        ? proofOf(rollout, await edge.traffic(this.#id, { signal }))
        : undefined;
    store.releaseLive(releaseId, at, proof);
    this.#memory.broken.delete(releaseId);
  }

  #releaseFailed(releaseId: string, desired: Desired | 'absent'): void {
    const { store, clock } = this.#parts;
    const reason = this.#memory.impossible.get(releaseId) ?? this.#lastReason(releaseId, desired);
    store.releaseFailed(releaseId, clock.now(), reason);
  }

  #lastReason(releaseId: string, desired: Desired | 'absent'): Reason {
    const broken = this.#memory.broken.get(releaseId) ?? new Set<string>();
    const reasons = Array.from(broken).flatMap((id) => this.#memory.reasons.get(id) ?? []);
    const number = desired === 'absent' ? '' : ` ${desired.target?.number ?? ''}`;
    return (
      reasons.at(-1) ??
      this.#memory.lastReason.get(releaseId) ?? {
        code: 'notReadyInTime',
        message: `Release${number} did not become ready. Its output says why.`,
      }
    );
  }

  #imageOf(release: Release, { deployment }: Desired): ImageWanted | { readonly reason: Reason } {
    const { source, imageTag: tag, digest } = release;
    if (!('repositoryId' in source) || source.registry !== patrRegistry) {
      const { registry, imageName } = source as { registry: string; imageName: string };
      const login = this.#parts.store.registryLogin(deployment.workspaceId, registry);
      return { repository: `${registry}/${imageName}`, tag, digest, own: false, login };
    }
    const path = this.#parts.repositoryPath(source.repositoryId);
    const host = this.#parts.registryHost();
    if (path !== undefined && host !== undefined)
      return { repository: `${host}/${path}`, tag, digest, own: true };
    const message =
      'The repository of the image does not exist any more. Push the image again, to a new deployment.';
    return { reason: { code: 'imageNotFound', message } };
  }

  #environment(
    release: Release,
    { deployment }: Desired,
    config: ConfigGeneration,
  ): Environment | { readonly reason: Reason } {
    const own: Record<string, string> = {};
    const secrets: Record<string, NamedSecret> = {};
    for (const [name, value] of Object.entries(release.config.environment)) {
      if (typeof value === 'string') {
        own[name] = value;
        continue;
      }
      const found = this.#parts.store.secretValue(deployment.workspaceId, value.fromSecret);
      if (found.kind !== 'value') {
        return { reason: { code: 'secretMissing', message: noValue(name, found) } };
      }
      own[name] = found.text;
      secrets[name] = { id: value.fromSecret, name: found.name };
    }
    const { id: deploymentId, name: deploymentName, workspaceId } = deployment;
    const { files: configFiles } = config;
    const values = environmentOf({ workspaceId, deploymentId, deploymentName, own, configFiles });
    return { values, secrets };
  }

  #specOf(
    step: StepOf<'run'>,
    release: Release,
    desired: Desired,
    image: string,
    { values: environment, secrets }: Environment,
    hasConfig: boolean,
  ): InstanceSpec {
    const { deployment, machineType } = desired;
    return {
      instanceId: this.#parts.ids().slice(0, 12),
      deploymentId: deployment.id,
      deploymentName: deployment.name,
      workspaceId: deployment.workspaceId,
      releaseId: release.id,
      releaseNumber: release.number,
      ordinal: step.ordinal,
      restarts: step.restarts,
      image,
      environment,
      cpus: machineType.cpus,
      memoryBytes: memoryBytesOf(machineType),
      hasConfig,
      volumes: release.config.volumes,
      published: this.#portsOf(release),
      volumeFacts: this.#volumeFacts(release),
      record: recordOf(desired, release, {
        repositoryName: this.#repositoryName(release),
        secrets,
        hasConfig,
      }),
    };
  }

  #volumeFacts({ config }: Release): InstanceSpec['volumeFacts'] {
    const { store } = this.#parts;
    return Object.fromEntries(
      Object.keys(config.volumes).flatMap((id) => {
        const facts = store.volume(id);
        return facts === undefined ? [] : [[id, { name: facts.name, size: facts.size }]];
      }),
    );
  }

  /** A path is the workspace's id, a slash and the name, which may have slashes itself. */
  #repositoryName({ source }: Release): string | undefined {
    if (!('repositoryId' in source)) return undefined;
    const path = this.#parts.repositoryPath(source.repositoryId);
    return path?.slice(path.indexOf('/') + 1);
  }

  /** Every decision is kept with its reason. */
  #record(step: Step, desired: Desired | 'absent'): void {
    if (step.kind === 'wait' || desired === 'absent') return;
    const releaseId = 'releaseId' in step ? step.releaseId : undefined;
    const releaseNumber = desired.releases.find(({ id }) => id === releaseId)?.number;
    const { store, clock } = this.#parts;
    store.recordEvent({
      deploymentId: this.#id,
      at: clock.now(),
      kind: step.kind,
      message: sentences[step.kind](step.because),
      releaseNumber,
    });
  }
}

function isPortTaken(outcome: RunOutcome): outcome is Extract<RunOutcome, { kind: 'failed' }> {
  return outcome.kind === 'failed' && outcome.reason.code === 'portTaken';
}

function noValue(variable: string, found: Exclude<SecretValue, { kind: 'value' }>): string {
  return found.kind === 'absent'
    ? `The secret that the variable ${variable} is taken from does not exist any more. Choose another one, or give the variable a value.`
    : `The secret ${found.name}, which the variable ${variable} is taken from, cannot be opened: the key that it was sealed with is lost. Give the secret its value anew.`;
}

const sentences: Readonly<Record<StepKind, (because: string) => string>> = {
  run: (because) => `An instance is started: ${because}.`,
  drain: (because) => `An instance gets no new requests: ${because}.`,
  remove: (because) => `An instance is removed: ${because}.`,
  removeVolume: (because) => `A volume is deleted: ${because}.`,
  removeSurroundings: (because) => `Network and configuration are removed: ${because}.`,
  releaseLive: (because) => `The release is live: ${because}.`,
  releaseFailed: (because) => `The release is given up: ${because}.`,
  wait: (because) => `Waiting: ${because}.`,
};
