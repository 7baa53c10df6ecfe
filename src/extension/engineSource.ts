import { currentContext } from '../docker/dockerContexts.ts';
import { defaultUnixSocket, formatAddress, parseAddress, type EngineAddress } from '../docker/address.ts';
import { ownDockerHome } from '../docker/configFile.ts';
import { isEngineError, type Engine } from '../docker/engine.ts';
import type { EngineBundle } from '../docker/engineBundle.ts';
import type { Disposable } from '../base/disposable.ts';

/** Whether there is an engine to work with, and if not, which of the usual reasons it has. */
export type EngineState =
  | { readonly kind: 'ready'; readonly engine: Engine; readonly socket: string; readonly where: string }
  | { readonly kind: 'missing' | 'stopped' | 'forbidden' | 'tooOld' | 'broken'; readonly message: string };

export interface EngineSourceOptions {
  /** Loads the engine's code at the first use. */
  readonly load: () => EngineBundle;
  /** The person's own address; empty for the current Docker context. */
  readonly dockerHost: () => string;
  /** Whether credential helpers may be run: only in a trusted workspace. */
  readonly trusted: () => boolean;
  readonly onProblem: (message: string) => void;
}

/** The engine of the current Docker context, opened at the first use and again when the context has changed. */
export class EngineSource implements Disposable {
  readonly #options: EngineSourceOptions;
  #open: { readonly where: string; readonly engine: Engine } | undefined;

  constructor(options: EngineSourceOptions) {
    this.#options = options;
  }

  async state(signal?: AbortSignal): Promise<EngineState> {
    const address = await this.#address();
    if ('message' in address) return { kind: 'broken', message: address.message };
    const engine = this.#engineAt(address);
    try {
      await engine.info(signal === undefined ? {} : { signal });
      const socket = address.kind === 'unix' ? address.path : defaultUnixSocket;
      return { kind: 'ready', engine, socket, where: formatAddress(address) };
    } catch (error) {
      if (signal?.aborted === true) throw error;
      return problemOf(error);
    }
  }

  dispose(): void {
    this.#open?.engine.dispose();
    this.#open = undefined;
  }

  async #address(): Promise<EngineAddress | { readonly message: string }> {
    const own = this.#options.dockerHost();
    if (own !== '') {
      const parsed = parseAddress(own);
      if (parsed !== undefined) return parsed;
      return {
        message: `The setting patr.docker.host says "${own}", which is no address of an engine. Use unix://, npipe://, tcp:// or ssh://.`,
      };
    }
    const context = await currentContext(ownDockerHome());
    return context.kind === 'found' ? context.address : { message: context.message };
  }

  #engineAt(address: EngineAddress): Engine {
    const where = formatAddress(address);
    if (this.#open?.where === where) return this.#open.engine;
    this.dispose();
    const { openEngine, dockerCredentials } = this.#options.load();
    const credentials = dockerCredentials(ownDockerHome(), {
      helpers: this.#options.trusted(),
      onProblem: this.#options.onProblem,
    });
    const engine = openEngine(address, { credentials });
    this.#open = { where, engine };
    return engine;
  }
}

function problemOf(error: unknown): EngineState {
  const message = error instanceof Error ? error.message : String(error);
  if (isEngineError(error, 'forbidden')) return { kind: 'forbidden', message };
  if (isEngineError(error, 'tooOld')) return { kind: 'tooOld', message };
  if (isEngineError(error, 'unreachable')) {
    // No socket at all: most likely nothing is installed. A socket that refuses: it is there and stopped.
    const missing = /ENOENT|no such file|does not exist|not installed/i.test(`${message} ${causeOf(error)}`);
    return { kind: missing ? 'missing' : 'stopped', message };
  }
  return { kind: 'broken', message };
}

function causeOf(error: Error): string {
  return error.cause instanceof Error
    ? `${error.cause.message} ${'code' in error.cause ? String(error.cause.code) : ''}`
    : '';
}
