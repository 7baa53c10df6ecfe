import { Emitter } from '../../base/emitter.ts';
import type { Disposable } from '../../base/disposable.ts';
import { describeError, type Log } from '../../base/log.ts';
import { whyCertificateRefused } from '../../client/certificates.ts';
import type { Connection as ClientConnection } from '../../client/connection.ts';
import { Unreachable } from '../../client/errors.ts';
import { openServer } from '../../client/server.ts';
import type { Target } from '../../deploy/target.ts';
import { isProblem } from '../../protocol/problems.ts';
import type { Runner } from '../../protocol/shapes/workspace.ts';
import { isTokenRefused, whyTokenRefused } from '../accounts/refusedToken.ts';
import { serverWords } from '../accounts/serverAddress.ts';
import { differ, type Connection, type ConnectionState } from './connection.ts';
import type { KeptTrust } from './keptTrust.ts';
import { placeId, type PatrPlace } from './places.ts';
import type { Ways } from './ways.ts';

export interface PatrConnectionOptions {
  readonly place: PatrPlace;
  /** The token of the place's account; undefined: nobody is signed in. */
  readonly token: () => Promise<string | undefined>;
  readonly ways: Pick<Ways, 'to'>;
  readonly trust: Pick<KeptTrust, 'of'>;
  readonly log: Log;
}

/** One workspace of a Patr elsewhere, of whichever generation, with the token of an account. */
export class PatrConnection implements Connection, Disposable {
  readonly id: string;
  readonly label: string;
  readonly hasShells = false;
  readonly #options: PatrConnectionOptions;
  readonly #changed: Emitter<void>;
  readonly #ended = new AbortController();
  #state: ConnectionState = { kind: 'looking' };
  #looking: Promise<void> | undefined;
  /** What was learned of the server, and by which token and certificate; nothing while it is away. */
  #opened: { readonly by: string; readonly target: Target } | undefined;

  constructor(options: PatrConnectionOptions) {
    this.#options = options;
    this.id = placeId(options.place);
    this.label = options.place.name;
    this.#changed = new Emitter((error) =>
      options.log.error('A listener failed', { error: describeError(error) }),
    );
  }

  get description(): string {
    const { place, trust } = this.#options;
    return serverWords(place.url, trust.of(place.url) !== undefined);
  }

  get onChange() {
    return this.#changed.event;
  }

  state(): ConnectionState {
    return this.#state;
  }

  /** Whoever asks while it is looked at waits for the same look; it ends with the connection. */
  look(): Promise<void> {
    this.#looking ??= this.#find(this.#ended.signal).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** One has signed in or out, or trusts another certificate: what was found before that does not count. */
  async lookAnew(): Promise<void> {
    await this.#looking;
    await this.look();
  }

  dispose(): void {
    this.#ended.abort();
    this.#changed.dispose();
  }

  async #find(signal: AbortSignal): Promise<void> {
    const state = await this.#stateNow(signal);
    if (!signal.aborted) this.#set(state);
  }

  async #stateNow(signal: AbortSignal): Promise<ConnectionState> {
    const { url } = this.#options.place;
    try {
      const token = await this.#options.token();
      if (token === undefined) {
        this.#opened = undefined;
        return signedOut(
          `Nobody is signed in to ${hostOf(url)}. Sign in to see and change what is deployed there.`,
        );
      }
      const target = await this.#targetBy(token, signal);
      return { kind: 'connected', target, regions: await regionsOf(target, signal) };
    } catch (error) {
      this.#opened = undefined;
      if (!signal.aborted)
        this.#options.log.warn('A server could not be looked at', { url, error: describeError(error) });
      return stateAfter(url, error, this.#options.trust.of(url) !== undefined);
    }
  }

  async #targetBy(token: string, signal: AbortSignal): Promise<Target> {
    const { place, ways, trust } = this.#options;
    const { url, workspaceId } = place;
    const by = `${token} ${trust.of(url)?.sha256 ?? ''}`;
    if (this.#opened?.by === by) return this.#opened.target;
    const { api, backend } = await openServer(this.#heeded(ways.to(url, token)), { signal });
    const { workspaces } = await api.listWorkspaces(undefined, { signal });
    if (!workspaces.some(({ id }) => id === workspaceId))
      throw new Error(
        `The workspace “${place.name}” is not on ${hostOf(url)} any more, or your token may not see it. Connect to another one, or sign in with another token.`,
      );
    const target = { api, backend, workspaceId, token };
    this.#opened = { by, target };
    return target;
  }

  /** Whoever is refused, for whatever it was: it is found out whether the token is still good. */
  #heeded(connection: ClientConnection): ClientConnection {
    return {
      ...connection,
      fetch: async (...asked) => {
        const answer = await connection.fetch(...asked);
        if (answer.status === 401) void this.look();
        return answer;
      },
    };
  }

  #set(state: ConnectionState): void {
    const before = this.#state;
    this.#state = state;
    if (differ(before, state)) this.#changed.fire();
  }
}

/** A token that may not see them has none. */
async function regionsOf({ api, workspaceId }: Target, signal: AbortSignal): Promise<readonly Runner[]> {
  try {
    return await Array.fromAsync(
      api.pages('listRunners', { params: { workspaceId } }, ({ runners }) => runners, { signal }),
    );
  } catch (error) {
    if (isProblem(error, 'unauthorized')) return [];
    throw error;
  }
}

function stateAfter(url: string, error: unknown, pinned: boolean): ConnectionState {
  if (isTokenRefused(error)) {
    const why = `${hostOf(url)} does not take your API token any more: ${whyTokenRefused(error)}`;
    return signedOut(`${why}. Sign in again; what is not saved yet waits.`);
  }
  if (!(error instanceof Unreachable)) return { kind: 'failed', message: describeError(error) };
  const refused = whyCertificateRefused(error, pinned);
  if (refused === undefined) return { kind: 'unreachable', message: error.message };
  return {
    kind: 'certificateRefused',
    message: `The certificate of ${hostOf(url)} is refused: ${refused}. Review it, or ask the operator of the server; until then nothing is sent there.`,
  };
}

function signedOut(message: string): ConnectionState {
  return { kind: 'signedOut', message };
}

function hostOf(url: string): string {
  return new URL(url).host;
}
