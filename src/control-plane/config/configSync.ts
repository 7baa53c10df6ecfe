import { Lanes } from '../../base/lanes.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { AfterConfigChange } from '../../protocol/shapes/configMount.ts';
import type { ConfigGeneration } from '../domain.ts';
import type { Executor, ObservedInstance, Waiting } from '../executors/executor.ts';
import type { Notary } from '../state/wishes.ts';
import type { Poster } from './poster.ts';

export interface ConfigSyncParts {
  readonly notary: Notary;
  readonly executor: Pick<Executor, 'putConfig' | 'configSeen' | 'signal' | 'observe'>;
  readonly post: Poster;
  readonly log: Log;
}

/** What came of the action after a change in one instance; absent `problem`: done. */
export interface AfterOutcome {
  readonly instance: string;
  readonly problem?: string | undefined;
}

export interface Announced {
  readonly kind: AfterConfigChange['kind'];
  /** The generation that it was for; later than the one that was asked for when several came together. */
  readonly generation: number;
  readonly outcomes: readonly AfterOutcome[];
}

/** What was seen after a synchronisation. */
export interface Synced {
  readonly generation: number;
  /** Generation that each running instance shows, by instance id; absent: none. */
  readonly instances: ReadonlyMap<string, number | undefined>;
  readonly announced: Announced | undefined;
}

/**
 * Brings the config mounts of deployments into their instances. Invariants:
 * - one writer per deployment, in a lane apart from the one that rolls out: a save never waits for a rollout, and an
 *   instance that starts waits for a write that is under way, which is short;
 * - what is written is always what the state says when the write begins, so that generations never go back;
 * - the action after a change comes after the write, in a second lane, so that a slow one holds up no write; what was
 *   cut off in between is done by the next look, once or once more.
 */
export class ConfigSync {
  readonly #parts: ConfigSyncParts;
  readonly #writes = new Lanes();
  readonly #actions = new Lanes();
  readonly #last = new Map<string, Announced>();

  constructor(parts: ConfigSyncParts) {
    this.#parts = parts;
  }

  /** Writes what shall be there now, and gives it back. @throws when it cannot be written. */
  put(deploymentId: string, options: Waiting = {}): Promise<ConfigGeneration> {
    const { notary, executor } = this.#parts;
    return this.#writes.run(deploymentId, async () => {
      const config = notary.store.configMounts.current(deploymentId);
      const there = notary.store.deployments.find(deploymentId) !== undefined;
      if (there && config.generation > 0) await executor.putConfig(deploymentId, config, options);
      return config;
    });
  }

  /** Which generation running instances show. @throws when the engine cannot be asked. */
  seen(deploymentId: string, options: Waiting = {}): Promise<ReadonlyMap<string, number | undefined>> {
    return this.#parts.executor.configSeen(deploymentId, options);
  }

  /** Writes, looks what instances show, and carries out what the deployment does after a change. */
  async sync(deploymentId: string, options: Waiting = {}): Promise<Synced> {
    const { generation } = await this.put(deploymentId, options);
    const instances = await this.seen(deploymentId, options);
    return { generation, instances, announced: await this.#announce(deploymentId, generation, options) };
  }

  /** Whatever of a change was cut off is done now. @throws when it cannot be. */
  async finish(deploymentId: string, options: Waiting = {}): Promise<void> {
    const { generation } = await this.put(deploymentId, options);
    const { configMounts } = this.#parts.notary.store;
    if (configMounts.announced(deploymentId) < generation) {
      await this.#announce(deploymentId, generation, options);
    }
  }

  /** Resolves when no write of the deployment is under way. */
  idle(deploymentId: string): Promise<void> {
    this.#last.delete(deploymentId);
    return this.#writes.run(deploymentId, () => Promise.resolve());
  }

  #announce(deploymentId: string, generation: number, options: Waiting): Promise<Announced | undefined> {
    return this.#actions.run(deploymentId, async () => {
      const { notary } = this.#parts;
      const { configMounts, deployments } = notary.store;
      if (configMounts.announced(deploymentId) >= generation) {
        const last = this.#last.get(deploymentId);
        return last !== undefined && last.generation >= generation ? last : undefined;
      }
      const after = deployments.find(deploymentId)?.afterConfigChange ?? { kind: 'nothing' };
      const outcomes = isTold(after) ? await this.#tellAll(deploymentId, after, options) : [];
      const announced = { kind: after.kind, generation, outcomes };
      this.#last.set(deploymentId, announced);
      notary.store.change((publish) => {
        if (deployments.find(deploymentId) === undefined) return;
        configMounts.announce(deploymentId, generation);
        if (!isTold(after) || outcomes.length === 0) return;
        const message = inWords(after, announced);
        const at = notary.now();
        const event = { deploymentId, at, kind: 'afterConfigChange', message, releaseNumber: undefined };
        notary.store.events.append(event);
        publish({ kind: 'outcome', deploymentId });
      });
      return announced;
    });
  }

  async #tellAll(deploymentId: string, after: Told, options: Waiting): Promise<readonly AfterOutcome[]> {
    const { executor } = this.#parts;
    const seen = await executor.configSeen(deploymentId, options);
    const observed = await executor.observe(deploymentId, options);
    const reached = observed.filter(({ id, state }) => state === 'running' && seen.get(id) !== undefined);
    return Promise.all(reached.map((instance) => this.#tell(instance, after, options)));
  }

  async #tell(instance: ObservedInstance, after: Told, options: Waiting): Promise<AfterOutcome> {
    const { executor, post, log } = this.#parts;
    const { id, address } = instance;
    try {
      if (after.kind === 'signal') {
        const sent = await executor.signal(id, after.signal, options);
        return sent === 'sent' ? { instance: id } : { instance: id, problem: 'It had ended by then.' };
      }
      if (address === undefined) return { instance: id, problem: 'It has no address.' };
      return { instance: id, problem: await post({ address, port: after.port, path: after.path }, options) };
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      log.debug('An instance could not be told of a change', { instance: id, error: describeError(error) });
      return { instance: id, problem: `It could not be told: ${describeError(error)}` };
    }
  }
}

/** What instances are told. A restart is a release, which is made together with the change itself. */
type Told = Extract<AfterConfigChange, { kind: 'signal' | 'post' }>;

function isTold(after: AfterConfigChange): after is Told {
  return after.kind === 'signal' || after.kind === 'post';
}

function inWords(after: Told, { generation, outcomes }: Announced): string {
  const what = after.kind === 'post' ? `A POST to ${after.path} on port ${after.port}` : after.signal;
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  const done = outcomes.length - failed.length;
  const first = `${what} after the change of config mounts (generation ${generation}): ${done} of ${outcomes.length} instances.`;
  return [first, ...failed.map(({ instance, problem }) => `${instance}: ${problem}`)].join(' ');
}
