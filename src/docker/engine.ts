import type { Readable } from 'node:stream';

/**
 * What this product needs of a container engine, in its own words. Only the implementation beside this file
 * knows dockerode and status numbers: "already started" and "already gone" are values here, not errors.
 */
export interface Engine {
  /** What is behind the socket. @throws EngineError of kind `unreachable` or `forbidden`. */
  info(options?: Waiting): Promise<EngineInfo>;
  /** Room on the disk that holds images and volumes, in bytes; absent where the engine cannot tell. */
  freeBytes(options?: Waiting): Promise<number | undefined>;

  listContainers(filter: { labels: Labels }, options?: Waiting): Promise<ContainerRecord[]>;
  inspectContainer(id: string, options?: Waiting): Promise<ContainerRecord | 'absent'>;
  createContainer(
    spec: ContainerSpec,
    options?: Waiting,
  ): Promise<{ id: string } | 'nameTaken' | 'imageMissing'>;
  /** `portTaken` leaves the container as it is: created, not started. */
  startContainer(id: string, options?: Waiting): Promise<StartOutcome>;
  /** SIGTERM, then SIGKILL after `graceSeconds`. */
  stopContainer(id: string, graceSeconds: number, options?: Waiting): Promise<'stopped' | 'absent'>;
  killContainer(id: string, signal: string, options?: Waiting): Promise<'sent' | 'absent'>;
  /** Kills it when it runs. `volumes`: anonymous ones go too. */
  removeContainer(id: string, options?: Waiting & { volumes?: boolean }): Promise<'removed' | 'absent'>;
  /** Runs a command inside and collects its output, at most 1 MiB of each stream. */
  exec(id: string, command: readonly string[], options?: Waiting & { user?: string }): Promise<ExecOutcome>;
  /** Opens a shell with a terminal inside: `bash` where there is one, `sh` otherwise. */
  openShell(
    id: string,
    size: TerminalSize,
    options?: Waiting,
  ): Promise<Shell | 'absent' | 'notRunning' | 'noShell'>;
  /** Output of a container, told apart by stream, oldest first; ends when it stops or the signal fires. */
  logs(id: string, wanted: LogsWanted, options?: Waiting): AsyncIterable<LogChunk>;
  /**
   * Output of a container that has no terminal, as the engine keeps it, oldest first and some at a time; goes on with
   * what is printed until the container stops or the signal fires. `since`: from this very time on, as `at` tells it.
   */
  followLog(id: string, since: string | undefined, options?: Waiting): AsyncIterable<readonly LogMessage[]>;
  /** Puts a tar archive into a directory of a container (running or not). */
  putArchive(id: string, directory: string, tar: Readable | Buffer, options?: Waiting): Promise<void>;
  /** One file out of a container (running or not), at most 1 MiB. */
  readFile(id: string, path: string, options?: Waiting): Promise<Buffer | 'absent'>;
  /**
   * A directory of a container (running or not) as a tar archive, no faster than it is read; what is mounted below it
   * is in it. It breaks off when the signal fires; destroying it gives up. @throws EngineError (`notFound`, …).
   */
  archive(id: string, directory: string, options?: Waiting): Promise<Readable>;
  /** One sample of what a container uses. */
  stats(id: string, options?: Waiting): Promise<StatsSample | 'absent'>;
  /**
   * Events about containers, networks, volumes and images with the given labels (networks carry none on older
   * engines). Ends when the signal fires or the connection breaks: subscribe, then list, again. @throws when
   * there is nothing to subscribe to.
   */
  events(filter: { labels: Labels }, options?: EventsWaiting): AsyncIterable<EngineEvent>;

  ensureNetwork(spec: NetworkSpec, options?: Waiting): Promise<NetworkRecord>;
  listNetworks(filter: { labels: Labels }, options?: Waiting): Promise<NetworkRecord[]>;
  removeNetwork(id: string, options?: Waiting): Promise<'removed' | 'absent' | 'inUse'>;
  connectNetwork(network: string, container: string, options?: Waiting): Promise<void>;
  disconnectNetwork(network: string, container: string, options?: Waiting): Promise<void>;

  ensureVolume(spec: { name: string; labels: Labels }, options?: Waiting): Promise<VolumeRecord>;
  listVolumes(filter: { labels: Labels }, options?: Waiting): Promise<VolumeRecord[]>;
  removeVolume(name: string, options?: Waiting): Promise<'removed' | 'absent' | 'inUse'>;
  /** Bytes in each volume of the engine, by name, as far as it can tell. It counts when it is asked, which takes time. */
  volumeSizes(options?: Waiting): Promise<ReadonlyMap<string, number>>;

  inspectImage(reference: string, options?: Waiting): Promise<ImageRecord | 'absent'>;
  /** Progress while it pulls; ends when the image is there. @throws EngineError (`notFound`, `denied`, …). */
  pull(reference: string, auth: RegistryAuth | undefined, options?: Waiting): AsyncIterable<TransferProgress>;
  /** Ends with the digest that the registry now has under the tag. */
  push(reference: string, auth: RegistryAuth | undefined, options?: Waiting): AsyncIterable<PushProgress>;
  tagImage(source: string, target: string, options?: Waiting): Promise<void>;
  removeImage(reference: string, options?: Waiting): Promise<'removed' | 'absent' | 'inUse'>;
  listImages(filter: { labels: Labels }, options?: Waiting): Promise<ImageRecord[]>;
  /** Builds from a streamed context. Ends with the image id. @throws BuildFailure when a step fails. */
  build(context: Readable, wanted: BuildWanted, options?: Waiting): AsyncIterable<BuildProgress>;

  dispose(): void;
}

/** Every call can be given up. What an abort leaves behind is whatever the engine had done by then. */
export interface Waiting {
  readonly signal?: AbortSignal;
}

export interface EventsWaiting extends Waiting {
  /** Called once the engine has subscribed: what is listed from now on misses no event. */
  readonly onSubscribed?: () => void;
}

export type Labels = Readonly<Record<string, string>>;

export interface EngineInfo {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  /** Such as `linux/amd64`. */
  readonly platform: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly buildKit: boolean;
  /** `native`: containers share the host's network. `virtual`: a machine of its own, as Docker Desktop. */
  readonly host: 'native' | 'virtual';
  readonly rootless: boolean;
  /** Version of the kernel's control groups; absent where the engine does not tell. */
  readonly cgroups?: 1 | 2;
  /** `docker` or `podman`. */
  readonly flavour: 'docker' | 'podman';
}

export interface Mount {
  readonly kind: 'volume' | 'bind';
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Whether what is mounted below the source comes along, which older engines leave writable; yes when absent. */
  readonly recursive?: boolean;
}

export interface PublishedPort {
  readonly hostAddress: string;
  /** 0: any free one. */
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly labels: Labels;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly user?: string;
  readonly hostname?: string;
  /** Name of a network, or `host`, `none`, `container:<id>`. */
  readonly network: string;
  readonly mounts: readonly Mount[];
  readonly ports: readonly PublishedPort[];
  readonly restart: 'no' | 'unless-stopped';
  readonly cpus?: number;
  /** Weight among those who want a processor at the same time; the engine's usual one is 1024. */
  readonly cpuShares?: number;
  readonly memoryBytes?: number;
  readonly pidsLimit?: number;
  readonly capabilities?: { readonly drop: readonly string[]; readonly add: readonly string[] };
  readonly noNewPrivileges: boolean;
  readonly readOnlyRoot?: boolean;
  readonly stopSignal?: string;
  readonly stopGraceSeconds?: number;
  /** Bound of what the engine keeps of its output. */
  readonly log: { readonly maxBytes: number; readonly files: number };
  readonly init?: boolean;
  readonly extraHosts?: readonly string[];
}

/** What is known of a container. Unreadable or missing facts stay absent; no time or size is invented. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly image: string;
  readonly imageId?: string;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';
  readonly createdAt?: number;
  /** Present after an inspection only. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  readonly outOfMemory?: boolean;
  readonly error?: string;
  readonly restartCount?: number;
  readonly pid?: number;
  /** Address in each network it is in, by network name. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  readonly mounts: readonly Mount[];
  /** Present after an inspection only; `NAME=value`. */
  readonly environment?: readonly string[];
}

export type StartOutcome =
  | { readonly kind: 'started' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'portTaken'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

export interface ExecOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A shell that somebody types into. It ends by itself or by `close`, whatever became of who opened it. */
export interface Shell {
  /** What it prints, as it comes and no faster than it is read; ends with the shell. */
  readonly output: AsyncIterable<Buffer>;
  /** What is typed; refused while more than 1 MiB of it has not been taken. */
  write(text: string): 'written' | 'refused';
  resize(size: TerminalSize): Promise<void>;
  /** Ends the shell and what runs in it. Closing twice is harmless. */
  close(): Promise<void>;
}

export interface LogsWanted {
  readonly follow: boolean;
  /** Only the last n lines. */
  readonly tail?: number;
  /** Only from this time on, in milliseconds since the epoch. */
  readonly since?: number;
  readonly timestamps?: boolean;
}

export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

/** What the engine keeps as one piece: a line, or a part of one that is too long for its buffer. */
export interface LogMessage {
  readonly stream: 'stdout' | 'stderr';
  /** `2026-01-01T00:00:00.123456789Z`: always that long, so that times compare as texts. */
  readonly at: string;
  /** Without the time and the end of the line. */
  readonly bytes: Buffer;
  /** Whether the line ends here. */
  readonly ends: boolean;
}

/** Totals since the start of the container; differences of two samples give rates. */
export interface StatsSample {
  readonly at: number;
  readonly cpuNanoseconds?: number;
  readonly memoryBytes?: number;
  readonly memoryLimitBytes?: number;
  readonly receivedBytes?: number;
  readonly sentBytes?: number;
}

export interface EngineEvent {
  readonly at: number;
  readonly kind: 'container' | 'network' | 'volume' | 'image';
  readonly action: string;
  readonly id: string;
  readonly labels: Labels;
}

export interface NetworkSpec {
  readonly name: string;
  readonly labels: Labels;
  readonly subnet?: string;
  readonly internal?: boolean;
}

export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly subnets: readonly string[];
}

export interface VolumeRecord {
  readonly name: string;
  readonly labels: Labels;
  readonly mountpoint?: string;
  readonly createdAt?: number;
}

export interface ImageRecord {
  readonly id: string;
  readonly tags: readonly string[];
  /** `repository@sha256:…` of every registry it came from or went to. */
  readonly repoDigests: readonly string[];
  readonly labels: Labels;
  readonly platform?: string;
  readonly sizeBytes?: number;
  readonly exposedPorts: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[];
  readonly layers: readonly string[];
}

export interface RegistryAuth {
  readonly server: string;
  readonly username: string;
  readonly password: string;
  /** Stands for user name and password where a registry gave out one. */
  readonly identityToken?: string;
}

export interface TransferProgress {
  readonly layer: string;
  /** Bytes done and in all, of this layer, when the engine tells. */
  readonly done?: number;
  readonly total?: number;
  readonly state: 'waiting' | 'moving' | 'exists' | 'finished';
}

export type PushProgress =
  | (TransferProgress & { readonly kind: 'layer' })
  | { readonly kind: 'pushed'; readonly tag: string; readonly digest: string; readonly size: number };

export interface BuildWanted {
  /** Path of the Dockerfile within the context, with forward slashes. */
  readonly dockerfile: string;
  readonly tags: readonly string[];
  readonly labels: Labels;
  readonly buildArguments: Readonly<Record<string, string>>;
  readonly platform?: string;
  readonly target?: string;
  readonly noCache?: boolean;
  /** Defaults to BuildKit where the engine has it. */
  readonly builder?: 'buildKit' | 'classic';
  /** Hosts of the registries that base images come from: the classic builder wants their credentials beforehand. */
  readonly registries?: readonly string[];
}

export type BuildProgress =
  /** A step begins, ends or was taken from the cache. `number` counts from 1 where the builder tells. */
  | {
      readonly kind: 'step';
      readonly id: string;
      readonly name: string;
      readonly number?: number;
      readonly of?: number;
      readonly state: 'started' | 'cached' | 'finished' | 'failed';
      readonly message?: string;
    }
  | { readonly kind: 'output'; readonly step: string; readonly text: string }
  | { readonly kind: 'built'; readonly imageId: string };

/** A call that failed for a reason above has one of these kinds. */
export type EngineErrorKind =
  | 'unreachable'
  | 'forbidden'
  | 'tooOld'
  | 'notFound'
  | 'denied'
  | 'noRoom'
  | 'failed';

/** The engine refused or broke. `message` is the engine's own words; `cause` the original. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: EngineErrorKind;

  constructor(kind: EngineErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * The engine's code is a bundle of its own beside the extension's, so there may be two classes of this name:
 * what was thrown is told by its name and shape, never by `instanceof`.
 */
export function isEngineError(error: unknown, kind?: EngineErrorKind): error is EngineError {
  if (!(error instanceof Error) || error.name !== 'EngineError' || !('kind' in error)) return false;
  return kind === undefined || error.kind === kind;
}

/** See `isEngineError` for why this is no `instanceof`. */
export function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && error.name === 'BuildFailure' && 'output' in error;
}

/** A Dockerfile that does not build: which step, what it printed, where in the file. */
export class BuildFailure extends Error {
  override readonly name = 'BuildFailure';
  /** Text of the instruction, such as `RUN npm ci`. */
  readonly step: string | undefined;
  /** Number among all instructions of the Dockerfile; only the classic builder tells it. */
  readonly stepNumber: number | undefined;
  /** 1-based line of the Dockerfile, when it can be told. */
  readonly line: number | undefined;
  /** Last lines that the step printed. */
  readonly output: readonly string[];

  constructor(
    message: string,
    facts: {
      step?: string | undefined;
      stepNumber?: number | undefined;
      line?: number | undefined;
      output: readonly string[];
    },
  ) {
    super(message);
    this.step = facts.step;
    this.stepNumber = facts.stepNumber;
    this.line = facts.line;
    this.output = facts.output;
  }
}
