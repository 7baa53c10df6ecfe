import { systemClock } from '../../src/base/clock.ts';
import { createClient } from '../../src/client/client.ts';
import { followLogsForEver } from '../../src/client/followLogs.ts';
import { openSocket } from '../../src/client/socket.ts';
import { label, labelsOf } from '../../src/control-plane/labels.ts';
import { pick } from './chaos.ts';
import { CountedLines } from './countedLines.ts';
import { draft, openWorld, type World } from './kill/world.ts';

/** What happens to a deployment while somebody follows its lines. */
const happenings = ['nothing', 'restart', 'rollout', 'scale'] as const;

/** `killAfterMs`: SIGKILL to the control plane so long after it was asked for it; absent: it is left alone. */
export interface CountedRun {
  readonly happening: (typeof happenings)[number];
  readonly killAfterMs?: number;
}

export interface CountedReport {
  readonly lines: number;
  /** How often the control plane was away from whoever followed. */
  readonly losses: number;
  /** Lines that were missing, came twice or in another order, in sentences; empty when there were none. */
  readonly faults: readonly string[];
}

const tag = 'counted';
/** Between two lines of a stream of an instance, in microseconds. */
const pauseUs = '10000';
/** Lines of every instance that are heard before the next thing happens. */
const between = 30;
const mostDelayMs = 2500;
/** All that happens is over within this, in milliseconds; on a machine with much else to do. */
const settleWithinMs = 120_000;
const lookEveryMs = 100;

/**
 * Follows an application of several instances that count as a client does, lets things happen to it in mid-stream, and
 * hears whether every number of every instance came once and in order, up to the last word of those that went.
 */
export async function countedRuns(
  runs: readonly CountedRun[],
  say: (line: string) => void,
): Promise<CountedReport> {
  const world = await openWorld('counted');
  const counting = new Counting(world);
  try {
    await counting.begin();
    for (const [index, run] of runs.entries()) {
      const { happening, killAfterMs } = run;
      const what = killAfterMs === undefined ? happening : `${happening}, killed after ${killAfterMs} ms`;
      await counting.live(run);
      const { faults, lines } = counting.counted;
      say(`run ${index + 1} of ${runs.length}, ${what}: ${lines} lines, ${faults.join(' ') || 'as counted'}`);
      if (faults.length > 0) break;
    }
    const { lines, losses, faults } = counting.counted;
    if (faults.length > 0) say(world.region.printed().slice(-20_000));
    return { lines, losses, faults };
  } finally {
    await counting.end();
    await world.close();
  }
}

/** So many by chance; three of four with a SIGKILL somewhere in the middle. */
export function runsByChance(count: number, chance: () => number): readonly CountedRun[] {
  return Array.from({ length: count }, () => {
    const happening = pick(chance, happenings);
    return chance() < 0.25 ? { happening } : { happening, killAfterMs: Math.floor(chance() * mostDelayMs) };
  });
}

class Counting {
  readonly counted = new CountedLines();
  readonly #world: World;
  readonly #left = new AbortController();
  #following: Promise<void> | undefined;
  #id = '';
  #instances = 2;
  #version = 1;

  constructor(world: World) {
    this.#world = world;
  }

  async begin(): Promise<void> {
    const { target, region } = this.#world;
    const { workspaceId } = target;
    await this.#world.push('a', tag);
    const body = draft(this.#world, tag, this.#wanted());
    this.#id = (await target.api.createDeployment({ params: { workspaceId }, body })).id;
    const ways = { fetch: region.fetch, openSocket, userAgent: 'patr-deployments/test', clock: systemClock };
    const api = createClient({ ...region.endpoint, ...ways, chance: Math.random, timeoutMs: 30_000 });
    const how = { clock: systemClock, chance: Math.random, signal: this.#left.signal };
    const wish = { deploymentId: this.#id };
    this.#following = followLogsForEver(() => ({ api, workspaceId }), wish, [], this.counted.tell, how);
    await this.#eventually(() => this.#unsettled([]));
    await this.#heard();
  }

  async live({ happening, killAfterMs }: CountedRun): Promise<void> {
    const { region } = this.#world;
    const replaced = happening === 'restart' || happening === 'rollout' ? await this.#running() : [];
    if (happening === 'rollout') this.#version += 1;
    if (happening === 'scale') this.#instances = this.#instances === 2 ? 3 : 2;
    const asked = this.#ask(happening).then(
      () => true,
      () => false,
    );
    if (killAfterMs !== undefined) {
      await systemClock.sleep(killAfterMs);
      await region.kill();
      await region.restart();
    }
    // Cut off before its answer it may have been done or not: whoever wants it asks again.
    if (!(await asked)) await this.#ask(happening);
    await this.#eventually(() => this.#unsettled(replaced));
    await this.#heard();
  }

  async end(): Promise<void> {
    this.#left.abort();
    await this.#following;
  }

  async #ask(happening: CountedRun['happening']): Promise<void> {
    const { api } = this.#world.target;
    if (happening === 'restart') await api.startDeployment({ ...this.#at(), query: { forceRestart: true } });
    if (happening === 'rollout' || happening === 'scale')
      await api.updateDeployment({ ...this.#at(), body: this.#wanted() });
  }

  #at() {
    return { params: { workspaceId: this.#world.target.workspaceId, deploymentId: this.#id } };
  }

  #wanted() {
    const scale = { minHorizontalScale: this.#instances, maxHorizontalScale: this.#instances };
    return { ...scale, environmentVariables: { VERSION: String(this.#version), PAUSE: pauseUs } };
  }

  /** Ids of the instances that run. */
  async #running(): Promise<readonly string[]> {
    const { engine, name } = this.#world.region;
    const containers = await engine.listContainers({ labels: labelsOf(name, 'instance') });
    return containers.flatMap(({ state, labels }) =>
      state === 'running' ? (labels[label.instance] ?? []) : [],
    );
  }

  /** What is not yet as it is wanted. `replaced`: instances that shall have gone. */
  async #unsettled(replaced: readonly string[]): Promise<readonly string[]> {
    const { status, rollingRelease } = await this.#world.target.api.getDeployment(this.#at());
    const running = await this.#running();
    return [
      ...(status === 'running' && rollingRelease === undefined ? [] : [`It is ${status}.`]),
      ...(running.length === this.#instances ? [] : [`${running.length} instances run.`]),
      ...running.filter((id) => replaced.includes(id)).map((id) => `${id} runs still.`),
    ];
  }

  /** Waits until every instance that runs was heard for a while, and of those that went the last word. */
  async #heard(): Promise<void> {
    const running = await this.#running();
    const before = running.map((id) => this.counted.countOf(id));
    await this.#eventually(() => [
      ...running
        .filter((id, n) => this.counted.countOf(id) < before[n]! + between)
        .map((id) => `${id} is silent.`),
      ...this.counted.unended(running).map((key) => `The last word of ${key} is missing.`),
    ]);
  }

  /** What stays wrong is a fault. */
  async #eventually(wrong: () => readonly string[] | Promise<readonly string[]>): Promise<void> {
    const deadline = Date.now() + settleWithinMs;
    while (this.counted.faults.length === 0) {
      const found = await wrong();
      if (found.length === 0) return;
      if (Date.now() > deadline) this.counted.faults.push(...found);
      else await systemClock.sleep(lookEveryMs);
    }
  }
}
