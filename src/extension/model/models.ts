import { disposable, DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/emitter.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { Connection } from '../connections/connection.ts';
import { DeploymentsModel, type ModelChange } from './deployments.ts';

/** The connections that there are, the local region first. */
export interface ConnectionList {
  all(): readonly Connection[];
  /** Fires when there are others than before. */
  readonly onChange: Event<void>;
}

/** What changed, and whose it is. */
export type ModelsChange = ModelChange & { readonly model: DeploymentsModel };

interface Owned {
  readonly model: DeploymentsModel;
  readonly life: DisposableStore;
}

/**
 * The deployments of every connection: one model for each, which comes and goes with it. Ids of deployments are unique
 * over servers, so that an id is enough to find whose it is.
 */
export class Models implements Disposable {
  readonly #connections: ConnectionList;
  readonly #currentId: () => string;
  readonly #log: Log;
  readonly #held = new DisposableStore();
  readonly #owned = new Map<Connection, Owned>();
  readonly #changed: Emitter<ModelsChange>;
  readonly #connected: Emitter<DeploymentsModel>;
  readonly #others: Emitter<void>;
  #all: readonly DeploymentsModel[] = [];

  /** `currentId`: of the connection that is meant where nothing says which. */
  constructor(connections: ConnectionList, currentId: () => string, log: Log) {
    this.#connections = connections;
    this.#currentId = currentId;
    this.#log = log;
    const failed = (error: unknown): void => log.error('A listener failed', { error: describeError(error) });
    this.#changed = this.#held.add(new Emitter<ModelsChange>(failed));
    this.#connected = this.#held.add(new Emitter<DeploymentsModel>(failed));
    this.#others = this.#held.add(new Emitter<void>(failed));
    this.#held.add(connections.onChange(() => this.#keepUp()));
    this.#keepUp();
  }

  /** What is known of a deployment, of whichever connection. */
  get onChange(): Event<ModelsChange> {
    return this.#changed.event;
  }

  /** Fires when a connection is in another state, with the model of it. */
  get onConnection(): Event<DeploymentsModel> {
    return this.#connected.event;
  }

  /** Fires when there are other models than before. */
  get onModels(): Event<void> {
    return this.#others.event;
  }

  /** In the order of the connections. */
  all(): readonly DeploymentsModel[] {
    return this.#all;
  }

  /** That of the local region. */
  get local(): DeploymentsModel {
    const [local] = this.#all;
    if (local === undefined) throw new Error('There is no connection.');
    return local;
  }

  /** The one of the connection that is meant where nothing says which. */
  get current(): DeploymentsModel {
    return this.by(this.#currentId()) ?? this.local;
  }

  by(connectionId: string): DeploymentsModel | undefined {
    return this.#all.find(({ connection }) => connection.id === connectionId);
  }

  /** The one that has a deployment, or has had it; the current one where nobody has heard of it. */
  of(deploymentId: string): DeploymentsModel {
    const having = this.#all.find((model) => model.get(deploymentId) !== undefined);
    return having ?? this.#all.find((model) => model.knew(deploymentId)) ?? this.current;
  }

  get(deploymentId: string): Deployment | undefined {
    for (const model of this.#all) {
      const deployment = model.get(deploymentId);
      if (deployment !== undefined) return deployment;
    }
    return undefined;
  }

  /** Runs `begin` for each model that there is or will be; its second argument ends with the model. */
  each(begin: (model: DeploymentsModel, life: DisposableStore) => void): Disposable {
    const lives = new Map<DeploymentsModel, DisposableStore>();
    const keepUp = (): void => {
      const now = new Set(this.#all);
      for (const [model, life] of lives) {
        if (now.has(model)) continue;
        lives.delete(model);
        life.dispose();
      }
      for (const model of this.#all) {
        if (lives.has(model)) continue;
        const life = new DisposableStore();
        lives.set(model, life);
        begin(model, life);
      }
    };
    const listening = this.onModels(keepUp);
    keepUp();
    return disposable(() => {
      listening.dispose();
      for (const life of lives.values()) life.dispose();
    });
  }

  /** Reads everything of every connection again. */
  async refresh(): Promise<void> {
    await Promise.all(this.#all.map((model) => model.refresh()));
  }

  dispose(): void {
    for (const { life } of this.#owned.values()) life.dispose();
    this.#held.dispose();
  }

  #keepUp(): void {
    const connections = this.#connections.all();
    const gone = Array.from(this.#owned).filter(([connection]) => !connections.includes(connection));
    for (const [connection] of gone) this.#owned.delete(connection);
    for (const connection of connections)
      if (!this.#owned.has(connection)) this.#owned.set(connection, this.#begin(connection));
    this.#all = connections.flatMap((connection) => this.#owned.get(connection)?.model ?? []);
    this.#others.fire();
    for (const [, { model, life }] of gone) {
      life.dispose();
      // What was known of it is known no more.
      this.#changed.fire({ kind: 'all', model });
    }
  }

  #begin(connection: Connection): Owned {
    const life = new DisposableStore();
    const model = life.add(new DeploymentsModel(connection, this.#log));
    life.add(model.onChange((change) => this.#changed.fire({ ...change, model })));
    // After the model itself, which has heard of it by then.
    life.add(connection.onChange(() => this.#connected.fire(model)));
    return { model, life };
  }
}
