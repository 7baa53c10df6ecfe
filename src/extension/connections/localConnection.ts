import { Emitter } from '../../base/emitter.ts';
import type { Disposable } from '../../base/disposable.ts';
import { systemClock } from '../../base/clock.ts';
import { describeError, type Log } from '../../base/log.ts';
import { openServer } from '../../client/server.ts';
import { openSocketOfBundle } from '../../client/socketBundle.ts';
import type { Engine } from '../../docker/engine.ts';
import type {
  ControlPlaneBundle,
  LocalEndpoint,
  LocalHost,
  LocalProgress,
  LocalSettings,
} from '../../local/contract.ts';
import type { Target } from '../../deploy/target.ts';
import { differ, localId, type Connection, type ConnectionState } from './connection.ts';
import type { EngineSource, EngineState } from '../engineSource.ts';

export interface LocalConnectionOptions {
  readonly engines: Pick<EngineSource, 'state'>;
  readonly settings: () => LocalSettings;
  readonly bundle: ControlPlaneBundle;
  readonly makeHost: (engine: Engine, socket: string, settings: LocalSettings) => LocalHost;
  readonly trusted: () => boolean;
  readonly userAgent: string;
  readonly log: Log;
}

const engineProblems = {
  missing: 'noEngine',
  stopped: 'engineStopped',
  forbidden: 'engineForbidden',
  tooOld: 'engineTooOld',
} as const;

/** The local region: a control plane on the user's own engine, found by every window, started when it is needed. */
export class LocalConnection implements Connection, Disposable {
  readonly id = localId;
  readonly label = 'Local';
  readonly description = 'your own Docker engine';
  readonly hasShells = true;
  readonly #options: LocalConnectionOptions;
  readonly #changed: Emitter<void>;
  #state: ConnectionState = { kind: 'looking' };
  #looking: Promise<void> | undefined;
  #starting: Promise<Target> | undefined;
  /** Where the present target answers. */
  #url = '';

  constructor(options: LocalConnectionOptions) {
    this.#options = options;
    this.#changed = new Emitter((error) =>
      options.log.error('A listener failed', { error: describeError(error) }),
    );
  }

  get onChange() {
    return this.#changed.event;
  }

  state(): ConnectionState {
    return this.#state;
  }

  /** The engine and the host of the region on it. @throws with a sentence when there is none. */
  async host(): Promise<{ engine: Engine; host: LocalHost; where: string }> {
    const state = await this.#options.engines.state();
    if (state.kind !== 'ready') {
      this.#set(problemState(state));
      throw new Error(state.message);
    }
    const host = this.#options.makeHost(state.engine, state.socket, this.#options.settings());
    return { engine: state.engine, host, where: state.where };
  }

  look(signal?: AbortSignal): Promise<void> {
    this.#looking ??= this.#find(signal).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Makes the region run and connects to it; whoever asks meanwhile gets the same one. */
  start(onProgress: (progress: LocalProgress) => void, signal?: AbortSignal): Promise<Target> {
    this.#starting ??= this.#bringUp(onProgress, signal).finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  /** It was stopped or removed by the person. */
  gone(): void {
    this.#set({ kind: 'notStarted' });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #find(signal: AbortSignal | undefined): Promise<void> {
    if (this.#starting !== undefined) return;
    const { engines, makeHost, settings, trusted } = this.#options;
    if (!trusted()) return this.#set({ kind: 'untrusted' });
    try {
      const state = await engines.state(signal);
      if (state.kind !== 'ready') return this.#set(problemState(state));
      const found = await makeHost(state.engine, state.socket, settings()).find(
        signal === undefined ? {} : { signal },
      );
      if (found.kind === 'running') await this.#connect(found.endpoint, signal);
      else if (found.kind === 'starting')
        this.#set({ kind: 'starting', message: 'The local region is starting.' });
      else this.#set({ kind: 'notStarted' });
    } catch (error) {
      if (signal?.aborted === true) return;
      this.#options.log.warn('The local region could not be looked at', { error: describeError(error) });
      this.#set({ kind: 'failed', message: describeError(error) });
    }
  }

  async #bringUp(
    onProgress: (progress: LocalProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<Target> {
    this.#set({ kind: 'starting', message: 'The local region is starting.' });
    try {
      const { host } = await this.host();
      const endpoint = await host.ensure(onProgress, signal === undefined ? {} : { signal });
      return await this.#connect(endpoint, signal);
    } catch (error) {
      if (this.#state.kind === 'starting') this.#set({ kind: 'notStarted' });
      throw error;
    }
  }

  async #connect({ url, token }: LocalEndpoint, signal: AbortSignal | undefined): Promise<Target> {
    const { userAgent } = this.#options;
    const waiting = signal === undefined ? {} : { signal };
    const ways = { fetch, openSocket: openSocketOfBundle };
    const server = { url, token, ...ways, userAgent, clock: systemClock, chance: Math.random };
    const { api, backend } = await openServer({ ...server, timeoutMs: 20_000 }, waiting);
    const { workspaces } = await api.listWorkspaces(undefined, waiting);
    const [workspace] = workspaces;
    if (workspace === undefined)
      throw new Error('The control plane has no workspace. Remove the local region and start it anew.');
    const { runners } = await api.listRunners({ params: { workspaceId: workspace.id } }, waiting);
    const before = this.#state;
    const same = before.kind === 'connected' && before.target.token === token && this.#url === url;
    this.#url = url;
    const target = same ? before.target : { api, backend, workspaceId: workspace.id, token };
    this.#set({ kind: 'connected', target, regions: runners });
    return target;
  }

  #set(state: ConnectionState): void {
    const before = this.#state;
    this.#state = state;
    if (differ(before, state)) this.#changed.fire();
  }
}

function problemState(state: Exclude<EngineState, { kind: 'ready' }>): ConnectionState {
  if (state.kind === 'broken') return { kind: 'failed', message: state.message };
  return { kind: engineProblems[state.kind], message: state.message };
}
