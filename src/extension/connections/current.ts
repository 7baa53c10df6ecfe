import { Emitter, type Event } from '../../base/emitter.ts';
import { localId } from './connection.ts';

/** The part of the workspace's memory that is needed. */
interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const storedAs = 'patr.currentConnection';

/** Which connection is meant where nothing says which: remembered for each workspace, the local region at first. */
export class CurrentConnection {
  readonly #memory: Memory;
  readonly #changed: Emitter<void>;

  constructor(memory: Memory, onListenerError: (error: unknown) => void) {
    this.#memory = memory;
    this.#changed = new Emitter(onListenerError);
  }

  get onChange(): Event<void> {
    return this.#changed.event;
  }

  get id(): string {
    const stored = this.#memory.get(storedAs);
    return typeof stored === 'string' ? stored : localId;
  }

  async set(id: string): Promise<void> {
    await this.#memory.update(storedAs, id);
    this.#changed.fire();
  }
}
