import { anySignal } from '../../base/abort.ts';
import { nextWait, type Backoff } from '../../base/backoff.ts';
import { rest, type Clock } from '../../base/clock.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { ContainerRecord, Engine, Labels } from '../../docker/engine.ts';
import { label, labelsOf } from '../labels.ts';
import { LineAssembler } from './lineAssembler.ts';
import type { LogMarks, LogTime } from './logEntry.ts';
import { logTimeOf, millisecondsOf } from './logEntry.ts';
import type { LogIntake } from './logIntake.ts';
import type { LogStore } from './logStore.ts';

export interface LogCollectorParts {
  readonly engine: Pick<Engine, 'events' | 'listContainers' | 'inspectContainer' | 'followLog'>;
  readonly region: string;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly log: Log;
}

type Container = Pick<ContainerRecord, 'id' | 'labels'>;

const backoff: Backoff = { first: 50, most: 5000, jitter: 0 };
/**
 * The engine stamps the two streams of a container apart from each other: a line that is stored may be this much newer
 * than one of the other stream that came after it. In milliseconds.
 */
const strayMs = 2000;
/** How long what an instance printed last is waited for before its container goes, in milliseconds. */
const drainMs = 10_000;

/**
 * Follows the output of every instance of the region into the store, one follower per container. Invariants:
 * - a container is followed until it has been read to its end after it ended;
 * - following begins where the store ends, so it may break off at any time;
 * - nobody's output keeps another one's waiting for longer than it takes to read a piece of it.
 */
export class LogCollector {
  readonly #parts: LogCollectorParts;
  readonly #ending = new AbortController();
  readonly #following = new Map<string, Promise<void>>();
  /** Read to the end, and not started again since. */
  readonly #finished = new Set<string>();
  #watching: Promise<void> | undefined;

  constructor(parts: LogCollectorParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#watching ??= this.#watch();
  }

  /** What was read by now is stored; what comes later is read by the next control plane. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#watching;
    await Promise.all(this.#following.values());
  }

  /** Resolves when all that an ended container printed is stored, or after a while: it is about to be removed. */
  async drained(container: Container, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#ending.signal.aborted || this.#finished.has(container.id)) return;
    this.#follow(container);
    const { clock, log } = this.#parts;
    const enough = new AbortController();
    const read = this.#following.get(container.id)?.then(() => true);
    const late = rest(clock, drainMs, anySignal(enough.signal, signal)).then(() => false);
    const done = await Promise.race([read, late]);
    enough.abort();
    if (done === false && signal?.aborted !== true)
      log.warn('The last output of an instance could not be read in time', { container: container.id });
  }

  async #watch(): Promise<void> {
    const { engine, region, clock, log } = this.#parts;
    const { signal } = this.#ending;
    const filter = { labels: labelsOf(region, 'instance') };
    while (!signal.aborted) {
      try {
        const listing = new AbortController();
        const onSubscribed = (): void => void this.#followAll(anySignal(signal, listing.signal));
        for await (const { kind, action, id, labels } of engine.events(filter, { signal, onSubscribed })) {
          if (kind !== 'container') continue;
          if (action === 'start') void this.#followAnew({ id, labels });
          if (action === 'destroy') void this.#forget({ id, labels });
        }
        listing.abort();
      } catch (error) {
        if (!signal.aborted) log.debug('The engine tells no events', { error: describeError(error) });
      }
      await rest(clock, 1000, signal);
    }
  }

  /** Everything that is there; asked again until the engine answers. */
  async #followAll(signal: AbortSignal): Promise<void> {
    const { engine, region, clock, log } = this.#parts;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const containers = await engine.listContainers({ labels: labelsOf(region, 'instance') }, { signal });
        const there = new Set(containers.map(({ id }) => id));
        for (const id of this.#finished) if (!there.has(id)) this.#finished.delete(id);
        for (const container of containers) this.#follow(container);
        await this.#retain(containers);
        return;
      } catch (error) {
        if (!signal.aborted) log.debug('Instances cannot be listed', { error: describeError(error) });
        await rest(
          clock,
          nextWait(failures, backoff, () => 0),
          signal,
        );
      }
    }
  }

  async #retain(containers: readonly Container[]): Promise<void> {
    const { store } = this.#parts;
    for (const deploymentId of new Set(containers.map(({ labels }) => labels[label.deployment]))) {
      const intake = deploymentId === undefined ? 'gone' : await store.of(deploymentId);
      if (intake === 'gone') continue;
      const own = containers.filter(({ labels }) => labels[label.deployment] === deploymentId);
      intake.stored.retain(new Set([...own.map(({ id }) => id), ...this.#following.keys()]));
    }
  }

  #follow(container: Container): void {
    const { id } = container;
    if (this.#ending.signal.aborted || this.#following.has(id) || this.#finished.has(id)) return;
    const following = this.#toTheEnd(container)
      .then((end) => {
        if (end === 'read') this.#finished.add(id);
      })
      .finally(() => this.#following.delete(id));
    this.#following.set(id, following);
  }

  /** It was started, perhaps while it was read to what was its end. */
  async #followAnew(container: Container): Promise<void> {
    await this.#following.get(container.id);
    this.#finished.delete(container.id);
    this.#follow(container);
  }

  /** Its container is gone: nobody will ask again what was read of it. */
  async #forget({ id, labels }: Container): Promise<void> {
    await this.#following.get(id);
    this.#finished.delete(id);
    const intake = await intakeOf(this.#parts.store, labels).catch(() => 'gone' as const);
    if (intake !== 'gone') intake.stored.forget(id);
  }

  /** `gone`: there is no such container, or nothing of it shall be stored. */
  async #toTheEnd({ id, labels }: Container): Promise<'read' | 'gone' | 'stopped'> {
    const { engine, store, clock, log } = this.#parts;
    const { signal } = this.#ending;
    for (let failures = 0; !signal.aborted;) {
      try {
        const intake = await intakeOf(store, labels);
        if (intake === 'gone') return 'gone';
        const record = await engine.inspectContainer(id, { signal });
        if (record === 'absent') return 'gone';
        const ended = !runs(record.state);
        const took = await this.#pass({ id, labels }, intake, ended);
        if (ended) return 'read';
        failures = took > 0 ? 1 : failures + 1;
      } catch (error) {
        if (signal.aborted) break;
        failures += 1;
        log.debug('Output cannot be followed', { container: id, error: describeError(error) });
      }
      await rest(
        clock,
        nextWait(failures, backoff, () => 0),
        signal,
      );
    }
    return 'stopped';
  }

  /** Reads on from what is stored. `ended`: all that will ever come is there. Returns how many lines it took. */
  async #pass({ id, labels }: Container, intake: LogIntake, ended: boolean): Promise<number> {
    const { engine } = this.#parts;
    const { signal } = this.#ending;
    await intake.settled();
    const marks = intake.stored.marksOf(id);
    const source = { containerId: id, instanceId: labels[label.instance] ?? id };
    const assembler = new LineAssembler(source, marks);
    let took = 0;
    for await (const messages of engine.followLog(id, sinceOf(marks), { signal })) {
      const entries = assembler.push(messages);
      intake.offer(id, entries);
      took += entries.length;
      await intake.room();
    }
    // The rest of a line that broke off is read with the whole line the next time.
    if (ended && !signal.aborted) intake.offer(id, assembler.end());
    await intake.settled();
    return took;
  }
}

async function intakeOf(store: LogStore, labels: Labels): Promise<LogIntake | 'gone'> {
  const deploymentId = labels[label.deployment];
  return deploymentId === undefined ? 'gone' : store.of(deploymentId);
}

function runs(state: ContainerRecord['state']): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting' || state === 'removing';
}

/** Where to read on from; absent: from the beginning. */
function sinceOf({ stdout, stderr }: LogMarks): LogTime | undefined {
  const [first] = [stdout?.at, stderr?.at].filter((at) => at !== undefined).toSorted();
  return first === undefined ? undefined : logTimeOf(millisecondsOf(first) - strayMs, 'first');
}
