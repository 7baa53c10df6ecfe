import { systemClock } from '../../src/base/clock.ts';
import { Emitter } from '../../src/base/emitter.ts';
import { openServer } from '../../src/client/server.ts';
import type { Connection, ConnectionState } from '../../src/extension/connections/connection.ts';
import type { ConnectionList } from '../../src/extension/model/models.ts';

const thrown = (error: unknown): never => {
  throw error;
};

/** A connection in the state that it is given. */
export class GivenConnection implements Connection {
  readonly id: string;
  readonly label: string;
  readonly description = 'as a test wants it';
  readonly hasShells = false;
  looks = 0;
  readonly #changed = new Emitter<void>(thrown);
  #state: ConnectionState = { kind: 'looking' };

  constructor(id: string, label = id) {
    this.id = id;
    this.label = label;
  }

  get onChange() {
    return this.#changed.event;
  }

  state(): ConnectionState {
    return this.#state;
  }

  set(state: ConnectionState): void {
    this.#state = state;
    this.#changed.fire();
  }

  async look(): Promise<void> {
    this.looks += 1;
  }

  /** Connects to a server that is there, as its first workspace. */
  async connect(url: string, token: string): Promise<void> {
    const server = { url, token, fetch, userAgent: 'test', clock: systemClock, chance: Math.random };
    const { api, backend } = await openServer({ ...server, timeoutMs: 20_000, openSocket: thrown });
    const { workspaces } = await api.listWorkspaces();
    const workspaceId = workspaces[0]?.id ?? '';
    const { runners } = await api.listRunners({ params: { workspaceId } });
    this.set({ kind: 'connected', target: { api, backend, workspaceId, token }, regions: runners });
  }
}

/** Connections that come and go as a test wants. */
export class GivenConnections implements ConnectionList {
  readonly #changed = new Emitter<void>(thrown);
  #all: readonly Connection[];

  constructor(...all: readonly Connection[]) {
    this.#all = all;
  }

  get onChange() {
    return this.#changed.event;
  }

  all(): readonly Connection[] {
    return this.#all;
  }

  set(...all: readonly Connection[]): void {
    this.#all = all;
    this.#changed.fire();
  }
}
