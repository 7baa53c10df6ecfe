import type { Clock } from '../../base/clock.ts';
import { markVariable } from './haproxyConfig.ts';
import { parseVariable } from './proxyState.ts';
import { ProxyError, workerApi, type RuntimeApi, type Waiting } from './runtimeApi.ts';

const reloadWithinMs = 15_000;
/** The master listens a moment later than its worker, and anew with every reload. */
const masterWithinMs = 3000;

/** The worker that takes new connections. */
export interface Worker {
  /** Tells two workers apart, also over a restart of the container. */
  readonly identity: string;
  /** Number of backends it has. */
  readonly slots: number;
  /** Mark of the configuration that it has read; absent where none was put in. */
  readonly mark: string | undefined;
}

/**
 * The proxy's processes: the worker that takes new connections, and after a reload those that still serve what they
 * had. The master, which answers on a socket of its own, leads to the latter.
 */
export class Workers {
  readonly #api: RuntimeApi;
  readonly #master: RuntimeApi;
  readonly #clock: Clock;
  #known: Worker | undefined;

  constructor(api: RuntimeApi, master: RuntimeApi, clock: Clock) {
    this.#api = api;
    this.#master = master;
    this.#clock = clock;
  }

  /** @throws ProxyError when it does not answer. */
  async current(options: Waiting = {}): Promise<Worker> {
    const identity = await this.#identity(options);
    if (this.#known?.identity === identity) return this.#known;
    const slots = countSlots(await this.#api.ask('show backend', options));
    const mark = parseVariable(await this.#api.ask(`get var ${markVariable}`, options));
    this.#known = { identity, slots, mark };
    return this.#known;
  }

  /** Workers that were replaced and still serve connections. */
  async replaced(options: Waiting = {}): Promise<readonly RuntimeApi[]> {
    const processes = await this.#askMaster('show proc', options);
    return replacedWorkers(processes).map((pid) => workerApi(this.#master, pid));
  }

  async #askMaster(command: string, options: Waiting): Promise<string> {
    const deadline = this.#clock.now() + masterWithinMs;
    for (;;) {
      try {
        return await this.#master.ask(command, options);
      } catch (error) {
        if (!(error instanceof ProxyError) || this.#clock.now() >= deadline) throw error;
        await this.#clock.sleep(20, options.signal);
      }
    }
  }

  /** Makes a new worker take over. @throws ProxyError when none does. */
  async reload(reload: (options: Waiting) => Promise<void>, options: Waiting): Promise<Worker> {
    const before = await this.#identity(options);
    await reload(options);
    const deadline = this.#clock.now() + reloadWithinMs;
    while (this.#clock.now() < deadline) {
      // Between two workers the socket may be gone for a moment.
      const now = await this.#identity(options).catch((error: unknown) => {
        if (error instanceof ProxyError) return before;
        throw error;
      });
      if (now !== before) return this.current(options);
      await this.#clock.sleep(20, options.signal);
    }
    throw new ProxyError('The edge did not take over its new configuration. Its log says why.');
  }

  async #identity(options: Waiting): Promise<string> {
    const info = await this.#api.ask('show info', options);
    const value = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(info)?.[1] ?? '';
    return `${value('Pid')}@${value('Start_time_sec')}`;
  }
}

function countSlots(backends: string): number {
  return backends.split('\n').filter((line) => /^slot\d+$/.test(line.trim())).length;
}

/** Reads `show proc`: process ids in the section of old workers. */
export function replacedWorkers(processes: string): readonly number[] {
  const [, section = ''] = processes.split(/^# old workers$/m);
  const [lines = ''] = section.split(/^#/m);
  return Array.from(lines.matchAll(/^(\d+)\s+worker\s/gm), ([, pid]) => Number(pid));
}
