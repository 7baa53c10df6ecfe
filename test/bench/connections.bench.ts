import { randomInt } from 'node:crypto';
import type { Bench } from '../../scripts/bench/bench.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createClient } from '../../src/client/client.ts';
import { generations } from '../../src/client/generations/dialect.ts';
import { currentDialect } from '../../src/client/generations/current.ts';
import { Pace, pollForEver } from '../../src/client/poll.ts';
import { FaultyProxy, nothing } from '../support/faultyProxy.ts';
import { fuzzAnswers, fuzzStreams } from '../support/fuzz.ts';
import { handClock } from '../support/handClock.ts';
import { startCurrent } from '../support/patr/current.ts';
import type { PatrDouble } from '../support/patr/double.ts';

const count = 10_000;
/** How long an answer of a server far away is on its way. */
const latencyMs = 30;

/** A workspace of ten thousand deployments behind a network that takes its time, and answers that nobody should send. */
export const bench: Bench = {
  name: 'connections',
  figures: {
    'connections.requests_10000': 'requests for one look at 10,000 deployments',
    'connections.ratio_to_one_by_one':
      'the time of that look, as a share of reading one page after the other (aim 0.5 at most)',
    'connections.ratio_to_every_5s':
      'requests of an hour in which nothing changes, as a share of reading the list every 5 s (aim 0.1 at most)',
    'connections.left_within':
      'requests that are still answered after whoever asked has left in the middle (aim 4 at most)',
    'connections.fuzzed': 'answers, lines and frames that nobody should send, with a seed of chance',
    'connections.fuzzed_wrong': 'of those, what did not become a value or an error for people (aim 0)',
  },
  async run({ say }) {
    const double = await startCurrent();
    const proxy = await FaultyProxy.start(double.url);
    proxy.next(async (passage) => {
      await systemClock.sleep(latencyMs);
      await nothing(passage);
    });
    try {
      await fill(double);
      const look = await lookAt(proxy, double);
      const { understood, refused, wrong } = await fuzzed(randomInt(2 ** 31), say);
      for (const one of wrong) say(one);
      return {
        ...look,
        'connections.ratio_to_every_5s': (await quietHour()) / (60 * 12),
        'connections.fuzzed': understood + refused,
        'connections.fuzzed_wrong': wrong.length,
      };
    } finally {
      await proxy.stop();
      await double.stop();
    }
  },
};

async function fill({ world }: PatrDouble): Promise<void> {
  const row = {
    source: { registry: 'docker.io', imageName: 'library/nginx' },
    imageTag: '1.27',
    status: 'running',
    runner: world.runnerId,
    machineType: world.machineTypeId,
    currentLiveDigest: null,
    deployOnPush: false,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: { 80: 'http' as const },
    environmentVariables: {},
    startupProbe: undefined,
    livenessProbe: undefined,
    configMounts: {},
    volumes: {},
  };
  for (let number = 0; number < count; number += 1)
    world.deployments.push({ ...row, id: world.id(), name: `app ${number}`, history: [] });
}

async function lookAt(proxy: FaultyProxy, { world }: PatrDouble): Promise<Record<string, number>> {
  const { workspaceId } = world;
  const api = createClient(
    {
      url: proxy.url,
      token: world.token,
      fetch,
      userAgent: 'bench',
      clock: systemClock,
      chance: Math.random,
      timeoutMs: 20_000,
    },
    currentDialect,
  );
  const params = { workspaceId };
  const rows = () => api.pages('listDeployments', { params }, ({ deployments }) => deployments);
  const began = performance.now();
  const found = new Set<string>();
  for await (const { id } of rows()) found.add(id);
  const took = performance.now() - began;
  if (found.size !== count) throw new Error(`${found.size} deployments were read.`);
  const requests = proxy.asked.length;
  const single = performance.now();
  for (let page = 0; page < requests; page += 1)
    await api.listDeployments({ params, query: { count: 100, page } });
  const oneByOne = performance.now() - single;
  let seen = 0;
  const before = proxy.asked.length;
  let atLeaving = before;
  for await (const _ of rows()) {
    seen += 1;
    if (seen < count / 2) continue;
    atLeaving = proxy.asked.length;
    break;
  }
  await proxy.idle();
  return {
    'connections.requests_10000': requests,
    'connections.ratio_to_one_by_one': took / oneByOne,
    'connections.left_within': proxy.asked.length - atLeaving,
  };
}

/** How often the list is read in an hour in which nothing changes. */
async function quietHour(): Promise<number> {
  const clock = handClock(3_600_000);
  const ends = clock.now() + 3_600_000;
  const leaving = new AbortController();
  let looks = 0;
  const polled = {
    async all() {
      looks += 1;
      return 'same' as const;
    },
    async moving() {
      if (clock.now() >= ends) leaving.abort();
    },
    isTold: () => false,
  };
  await pollForEver(polled, new Pace(), { clock, chance: Math.random, signal: leaving.signal });
  return looks;
}

async function fuzzed(seed: number, say: (line: string) => void) {
  say(`seed ${seed}`);
  const sum = { understood: 0, refused: 0, wrong: [] as string[] };
  for (const generation of generations) {
    for (const outcome of [
      await fuzzAnswers(seed, 1000, generation),
      await fuzzStreams(seed, 10_000, generation),
    ]) {
      sum.understood += outcome.understood;
      sum.refused += outcome.refused;
      sum.wrong.push(...outcome.wrong);
    }
  }
  return sum;
}
