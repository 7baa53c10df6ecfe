import type { Memento } from 'vscode';
import { Emitter, type Event } from '../../base/emitter.ts';
import { localId } from '../connections/connection.ts';

/** Which deployment a Dockerfile of this workspace was deployed as. */
export interface Remembered {
  readonly deploymentId: string;
  readonly name: string;
  /** Id of the connection; absent: the local region. */
  readonly connection?: string;
}

const key = 'patr.deployedFrom';
const reviewedKey = 'patr.reviewedContexts';

/** What this workspace remembers; losing it costs a question, never a deployment. */
export class DeployMemory {
  readonly #state: Memento;
  readonly #changed: Emitter<void>;

  constructor(state: Memento, onListenerError: (error: unknown) => void) {
    this.#state = state;
    this.#changed = new Emitter(onListenerError);
  }

  /** Fires when the workspace has other deployments than before. */
  get onChange(): Event<void> {
    return this.#changed.event;
  }

  of(dockerfile: string): Remembered | undefined {
    return this.#all()[dockerfile];
  }

  /** The Dockerfile that a deployment was made from. */
  dockerfileOf(deploymentId: string): string | undefined {
    return Object.entries(this.#all()).find(([, one]) => one.deploymentId === deploymentId)?.[0];
  }

  deploymentIds(): readonly string[] {
    return Object.values(this.#all()).map(({ deploymentId }) => deploymentId);
  }

  /** Ids of the connections that these are on. */
  connections(): ReadonlySet<string> {
    return new Set(Object.values(this.#all()).map(({ connection = localId }) => connection));
  }

  async remember(dockerfile: string, deployment: Remembered): Promise<void> {
    await this.#state.update(key, { ...this.#all(), [dockerfile]: deployment });
    this.#changed.fire();
  }

  /** The deployment has another name now. */
  async rename(deploymentId: string, name: string): Promise<void> {
    const [dockerfile, before] =
      Object.entries(this.#all()).find(([, one]) => one.deploymentId === deploymentId) ?? [];
    if (dockerfile !== undefined && before !== undefined)
      await this.remember(dockerfile, { ...before, name });
  }

  async forget(deploymentId: string): Promise<void> {
    const rest = Object.entries(this.#all()).filter(([, one]) => one.deploymentId !== deploymentId);
    await this.#state.update(key, Object.fromEntries(rest));
    this.#changed.fire();
  }

  reviewed(dockerfile: string): boolean {
    return this.#state.get<readonly string[]>(reviewedKey, []).includes(dockerfile);
  }

  async setReviewed(dockerfile: string): Promise<void> {
    const before = this.#state.get<readonly string[]>(reviewedKey, []);
    await this.#state.update(reviewedKey, Array.from(new Set([...before, dockerfile])));
  }

  #all(): Readonly<Record<string, Remembered>> {
    return this.#state.get<Readonly<Record<string, Remembered>>>(key, {});
  }
}
