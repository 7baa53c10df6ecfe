import { setImmediate } from 'node:timers/promises';
import type {
  ContainerRecord,
  EngineEvent,
  EventsWaiting,
  Labels,
  LogMessage,
  Waiting,
} from '../../src/docker/engine.ts';
import { aMessage } from './logFrames.ts';

export interface FakePrinter {
  print(...lines: string[]): void;
  end(): void;
  /** Once more. */
  start(): void;
}

/** What a container prints that never stops, the n-th time that it is asked. */
export type Flood = (n: number) => readonly LogMessage[];

interface Kept {
  readonly record: ContainerRecord;
  readonly messages: LogMessage[];
  readonly flood: Flood | undefined;
  running: boolean;
}

/** An engine whose containers print what a test lets them print, a second apart. */
export class FakeLogEngine {
  readonly #containers = new Map<string, Kept>();
  readonly #events: EngineEvent[] = [];
  #printed = 0;
  #breaks = 0;
  #wake = Promise.withResolvers<void>();

  add(id: string, labels: Labels, flood?: Flood): FakePrinter {
    const record = { id, name: id, labels, image: '', addresses: {}, ports: [], mounts: [] };
    const kept: Kept = { record: { ...record, state: 'running' }, messages: [], flood, running: true };
    this.#containers.set(id, kept);
    const start = (): void => {
      kept.running = true;
      this.#tell('start', id, labels);
    };
    start();
    return {
      start,
      print: (...lines) => {
        for (const line of lines) kept.messages.push(aMessage(++this.#printed * 1e9, line));
        this.#changed();
      },
      end: () => {
        kept.running = false;
        this.#changed();
      },
    };
  }

  remove(id: string): void {
    const kept = this.#containers.get(id);
    this.#containers.delete(id);
    if (kept !== undefined) this.#tell('destroy', id, kept.record.labels);
  }

  /** Every stream ends with an error. */
  breakOff(): void {
    this.#breaks += 1;
    this.#changed();
  }

  listContainers(): Promise<ContainerRecord[]> {
    return Promise.resolve(Array.from(this.#containers.values(), ({ record }) => record));
  }

  inspectContainer(id: string): Promise<ContainerRecord | 'absent'> {
    const kept = this.#containers.get(id);
    if (kept === undefined) return Promise.resolve('absent');
    return Promise.resolve({ ...kept.record, state: kept.running ? 'running' : 'exited' });
  }

  async *events(
    _filter: { labels: Labels },
    { signal, onSubscribed }: EventsWaiting = {},
  ): AsyncGenerator<EngineEvent> {
    let next = this.#events.length;
    onSubscribed?.();
    for await (const _ of this.#changes(signal)) {
      for (; next < this.#events.length; next += 1) yield this.#events[next]!;
    }
  }

  async *followLog(
    id: string,
    since: string | undefined,
    { signal }: Waiting = {},
  ): AsyncGenerator<readonly LogMessage[]> {
    const flood = this.#containers.get(id)?.flood;
    for (let n = 0; flood !== undefined && signal?.aborted !== true; n += 1) {
      yield flood(n);
      await setImmediate();
    }
    let next = 0;
    for await (const _ of this.#changes(signal)) {
      const kept = this.#containers.get(id);
      const found = kept?.messages.slice(next).filter(({ at }) => at >= (since ?? '')) ?? [];
      next = kept?.messages.length ?? next;
      if (found.length > 0) yield found;
      if (kept?.running !== true) return;
    }
  }

  async *#changes(signal: AbortSignal | undefined): AsyncGenerator<void> {
    const broken = this.#breaks;
    const aborted = new Promise<void>((resolve) =>
      signal?.addEventListener('abort', () => resolve(), { once: true }),
    );
    while (signal?.aborted !== true) {
      if (this.#breaks > broken) throw new Error('The connection broke off.');
      const { promise } = this.#wake;
      yield;
      await Promise.race([promise, aborted]);
      // As with a real one, what follows is never in the same turn.
      await setImmediate();
    }
  }

  #tell(action: string, id: string, labels: Labels): void {
    this.#events.push({ at: 0, kind: 'container', action, id, labels });
    this.#changed();
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
