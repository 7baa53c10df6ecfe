import { systemClock } from '../../../src/base/clock.ts';
import { pick, seededChance } from '../chaos.ts';
import { differences, sharedData } from './differences.ts';
import { create, operations, perform, prepare, type OperationName, type Subject } from './operations.ts';
import { openWorld, type World } from './world.ts';

/** Deployments that are there between runs, at most. */
const most = 4;
/** All that can be wrong for a while is right again within this, in milliseconds; on a machine with much else to do. */
const settleWithinMs = 120_000;
const lookEveryMs = 100;
/** Steps of an operation are told apart by what the engine does; no operation has more than this many. */
const mostEvents = 14;
const mostDelayMs = 2500;

export interface KillReport {
  readonly runs: number;
  /** Sentences that begin with the seed that repeats the run. */
  readonly differences: readonly string[];
}

export interface KillsWanted {
  readonly runs: number;
  readonly seed: number;
  /** How many of the runs, the last ones, are saves of config mounts. */
  readonly saves: number;
  readonly say: (line: string) => void;
}

/**
 * Kills the control plane (SIGKILL) somewhere in the middle of operations, starts it again, and compares what is
 * wanted with what is there. Each run has a seed of its own, counted up from the first.
 */
export async function killRuns({ runs, seed, saves, say }: KillsWanted): Promise<KillReport> {
  const world = await openWorld('kill');
  const subjects: Subject[] = [];
  const found: string[] = [];
  try {
    for (let run = 0; run < runs; run += 1) {
      const one = new KillRun(world, subjects, seed + run, run < runs - saves ? undefined : 'config mounts');
      const wrong = await one.run();
      say(`run ${run + 1} of ${runs}, ${one.what}: ${wrong.length === 0 ? 'as wanted' : wrong.join('; ')}`);
      found.push(...wrong.map((text) => `seed ${seed + run}, ${one.what}: ${text}`));
    }
    if (found.length > 0) say(world.region.printed().slice(-20_000));
    return { runs, differences: found };
  } finally {
    await world.close();
  }
}

type Kill =
  | { readonly kind: 'delay'; readonly ms: number }
  /** When the engine has done this many things since the operation began. */
  | { readonly kind: 'events'; readonly count: number };

type Promised = Awaited<ReturnType<(typeof perform)['update']>>;

class KillRun {
  readonly #world: World;
  readonly #subjects: Subject[];
  readonly #chance: () => number;
  readonly #seed: number;
  readonly #given: OperationName | undefined;
  what = 'preparing';

  constructor(world: World, subjects: Subject[], seed: number, given: OperationName | undefined) {
    this.#world = world;
    this.#subjects = subjects;
    this.#seed = seed;
    this.#given = given;
    this.#chance = seededChance(seed);
  }

  /** Differences that are left, in sentences. */
  async run(): Promise<string[]> {
    const name = this.#operation();
    const kill = this.#kill();
    const twice = this.#chance() < 0.2;
    const point = kill.kind === 'delay' ? `${kill.ms} ms` : `${kill.count} events`;
    this.what = `${name}, killed after ${point}${twice ? ' and again while it started' : ''}`;
    const begun = await this.#begin(name);
    const shared = await this.#killDuring(begun.work, kill);
    if (twice) await this.#killWhileStarting();
    await this.#world.region.restart();
    const outcome = await begun.outcome;
    return [...shared, ...(await this.#settled(name, begun.subject(), outcome))];
  }

  #operation(): OperationName {
    if (this.#subjects.length === 0) return 'create';
    if (this.#given !== undefined) return this.#given;
    const allowed = this.#subjects.length < most ? operations : operations.filter((one) => one !== 'create');
    return pick(this.#chance, allowed);
  }

  #kill(): Kill {
    if (this.#chance() < 0.5) return { kind: 'delay', ms: Math.floor(this.#chance() * mostDelayMs) };
    return { kind: 'events', count: 1 + Math.floor(this.#chance() * mostEvents) };
  }

  /** What has to be there beforehand is; the operation itself begins with `work`. */
  async #begin(name: OperationName) {
    const { promise: outcome, resolve } = Promise.withResolvers<Promised | 'unknown'>();
    const settle = (work: Promise<Promised>): void => {
      // Cut off before its answer: it may have been done or not.
      void work.then(resolve, () => resolve('unknown'));
    };
    if (name === 'create') {
      const prepared = await prepare(this.#world, `page${this.#seed}`, this.#chance);
      const count = 1 + Math.floor(this.#chance() * 3);
      let made: Subject | undefined;
      const work = (): void =>
        settle(
          create(this.#world, prepared, count).then((subject): Promised => {
            made = subject;
            return (now) => (now === 'absent' ? 'a deployment was created and is lost' : undefined);
          }),
        );
      return { work, outcome, subject: () => made };
    }
    const subject = pick(this.#chance, this.#subjects);
    const around = { world: this.#world, subject, chance: this.#chance, version: String(this.#seed) };
    return { work: () => settle(perform[name](around)), outcome, subject: () => subject };
  }

  async #killDuring(work: () => void, kill: Kill): Promise<string[]> {
    const { region } = this.#world;
    const done = new AbortController();
    const { promise: subscribed, resolve: onSubscribed } = Promise.withResolvers<void>();
    const reached = this.#reached(kill, done.signal, onSubscribed);
    await subscribed;
    work();
    // An operation may do less than was counted on: then it is killed at rest.
    await Promise.race([reached, systemClock.sleep(mostDelayMs)]);
    const shared = await sharedData(this.#world);
    await region.kill();
    done.abort();
    await reached;
    return shared;
  }

  async #reached(kill: Kill, signal: AbortSignal, onSubscribed: () => void): Promise<void> {
    if (kill.kind === 'delay') {
      onSubscribed();
      return systemClock.sleep(kill.ms);
    }
    const { engine, name } = this.#world.region;
    let count = 0;
    for await (const event of engine.events(
      { labels: { 'cloud.patr.region': name } },
      { signal, onSubscribed },
    )) {
      void event;
      count += 1;
      if (count >= kill.count) return;
    }
  }

  async #killWhileStarting(): Promise<void> {
    const { region } = this.#world;
    await region.restart('whileStarting');
    await systemClock.sleep(Math.floor(this.#chance() * 1500));
    await region.kill();
  }

  async #settled(
    name: OperationName,
    subject: Subject | undefined,
    promised: Promised | 'unknown',
  ): Promise<string[]> {
    const shared = new Set<string>();
    const deadline = Date.now() + settleWithinMs;
    for (;;) {
      for (const one of await sharedData(this.#world)) shared.add(one);
      const wrong = await differences(this.#world);
      if (subject !== undefined && promised !== 'unknown')
        wrong.push(...(await this.#kept(subject, promised)));
      if (wrong.length === 0 || Date.now() >= deadline) {
        await this.#remember(name, subject);
        return [...shared, ...wrong];
      }
      await systemClock.sleep(lookEveryMs);
    }
  }

  async #kept(subject: Subject, promised: Promised): Promise<string[]> {
    const wrong = promised(await this.#now(subject));
    return wrong === undefined ? [] : [wrong];
  }

  async #now({ id }: Subject) {
    const { api, workspaceId } = this.#world.target;
    const params = { workspaceId };
    const { deployments } = await api.listDeployments({ params, query: { count: 100 } });
    if (!deployments.some((one) => one.id === id)) return 'absent' as const;
    return api.getDeployment({ params: { ...params, deploymentId: id } });
  }

  /** The next run begins from what is there now. After a revert pushes are paused: they are resumed. */
  async #remember(name: OperationName, subject: Subject | undefined): Promise<void> {
    const { api, workspaceId } = this.#world.target;
    const params = { workspaceId };
    const { deployments } = await api.listDeployments({ params, query: { count: 100 } });
    const ids = new Set(deployments.map(({ id }) => id));
    const there = this.#subjects.filter(({ id }) => ids.has(id));
    for (const { id, name: tag } of deployments) {
      if (there.some((one) => one.id === id)) continue;
      const { volumes } = await api.getDeployment({ params: { ...params, deploymentId: id } });
      there.push({ id, tag, volumeId: Object.keys(volumes)[0] });
    }
    this.#subjects.splice(0, this.#subjects.length, ...there);
    if (name === 'revert' && subject !== undefined && ids.has(subject.id)) {
      const body = { deployOnPush: true };
      await api.updateDeployment({ params: { ...params, deploymentId: subject.id }, body });
    }
  }
}
