import { randomBytes } from 'node:crypto';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { JourneyEvent } from '../../src/deploy/contract.ts';
import { deploy, push } from '../../src/deploy/journey.ts';
import { parseTimestamp } from '../../src/protocol/wire.ts';
import { startLoad } from '../support/edge/load.ts';
import { startLoadedDeployment, type RolloutKind } from '../support/edge/loadedDeployment.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';
import { startByHand } from './byHand.ts';
import { composeRollouts } from './composeRollouts.ts';
import { totalOf, type LoadTotal } from './loadTotal.ts';
import { median } from './median.ts';
import { tinyApp, type TinyApp } from './tinyApp.ts';

const rounds = 7;
const instances = 2;
const composed = 5;
/** How long slow answers, streams and WebSockets of the load last, in milliseconds. */
const lastsMs = 1000;

/** Twenty in all. A revert comes last: it lets pushes wait. */
const rollouts: readonly RolloutKind[] = [
  ...Array.from({ length: 4 }, () => ['push', 'update', 'restart', 'scale'] as const).flat(),
  ...Array.from({ length: 4 }, () => 'revert' as const),
];

/** Rollouts: how long they take against the same cut-over by hand, and what they lose under load. */
export const bench: Bench = {
  name: 'rollout',
  figures: {
    'rollout.ratio_to_bare': `from the pushed image to all new traffic on it, ${instances} instances started before the old ones are drained, against docker pull, docker run and HAProxy's admin socket by hand; an application that is up at once, so that no probe waits; medians of ${rounds} rounds, taken in turn (aim at most 1.1)`,
    'rollout.ours_ms': 'ours, in milliseconds',
    'rollout.bare_ms': 'by hand, in milliseconds',
    'rollout.failed_requests': `failed requests, streams and WebSockets over ${rollouts.length} rollouts (pushes, updates, restarts, changes of scale, reverts) under load of every kind (aim 0)`,
    'rollout.requests': 'how many there were',
    'rollout.compose_failed_requests': `the same load without TLS and HTTP/2, over ${composed} times \`docker-compose up -d\` with a new image; a client that failed waits 20 ms`,
    'rollout.compose_requests': 'how many there were',
  },
  async run(context) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(context.images);
    const region = await openTestRegion('rollout');
    try {
      const times = await measure(region, context);
      const ours = await underLoad(region, context);
      const compose = await composeRollouts(context.images.node, composed, lastsMs);
      for (const { examples } of [ours, compose]) for (const one of examples) context.say(one);
      return {
        ...times,
        'rollout.failed_requests': ours.failed,
        'rollout.requests': ours.done,
        'rollout.compose_failed_requests': compose.failed,
        'rollout.compose_requests': compose.done,
      };
    } finally {
      await region.close();
    }
  },
};

async function measure(region: TestRegion, { images, say }: BenchContext) {
  const app = await tinyApp();
  const hand = await startByHand(images, app.folder, instances);
  try {
    const ours = await startOurs(region, app, images.busybox);
    await hand.round('first');
    const [oursMs, bareMs]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      const marker = randomBytes(6).toString('hex');
      await app.change(marker);
      oursMs.push(await ours.round());
      bareMs.push(await hand.round(marker));
      say(
        `round ${round + 1}: ours ${oursMs.at(-1)?.toFixed(0)} ms, by hand ${bareMs.at(-1)?.toFixed(0)} ms`,
      );
    }
    return {
      'rollout.ratio_to_bare': median(oursMs) / median(bareMs),
      'rollout.ours_ms': median(oursMs),
      'rollout.bare_ms': median(bareMs),
    };
  } finally {
    await hand.close();
    await app.close();
  }
}

/** The application as a deployment; a round is a push, and its time ends with the release's own. */
async function startOurs(region: TestRegion, { folder }: TinyApp, base: string) {
  const { target, region: runner } = await targetAt(await region.host.ensure(() => undefined));
  const source = { folder, dockerfile: 'Dockerfile', buildArguments: { BASE: base } };
  let pushedAt = 0;
  const tell = (event: JourneyEvent): void => {
    if (event.kind === 'finished' && event.step === 'push') pushedAt = Date.now();
  };
  const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell };
  const made = await deploy(target, source, { name: 'tiny', regionId: runner.id, ports: [8080] }, tools);
  if (made.kind !== 'serving') throw new Error(JSON.stringify(made));
  const at = { params: { workspaceId: target.workspaceId, deploymentId: made.deploymentId } };
  const body = { minHorizontalScale: instances, maxHorizontalScale: instances };
  await target.api.updateDeployment({ ...at, body });
  const newest = async () => (await target.api.listReleases({ ...at, query: {} })).releases[0];

  /** Nothing of the release before is left, and what is wanted is there. */
  async function untilSettled(): Promise<void> {
    for (;;) {
      const release = await newest();
      const { instances: there } = await target.api.listInstances(at);
      const own = there.filter((one) => one.release === release?.number && one.state === 'ready');
      if (own.length === instances && there.length === instances) return;
      await systemClock.sleep(50);
    }
  }

  await untilSettled();
  return {
    async round(): Promise<number> {
      const result = await push(target, source, made.deploymentId, tools);
      if (result.kind !== 'serving') throw new Error(JSON.stringify(result));
      const release = await newest();
      const finished = parseTimestamp(release?.finished ?? '');
      if (release?.number !== result.release || finished === undefined)
        throw new Error(`The release of the push is not the newest: ${JSON.stringify(release)}`);
      await untilSettled();
      return finished - pushedAt;
    },
  };
}

async function underLoad(region: TestRegion, { say }: BenchContext): Promise<LoadTotal> {
  const loaded = await startLoadedDeployment(region, { lastsMs });
  try {
    const load = startLoad(loaded.address);
    for (const [index, kind] of rollouts.entries()) {
      await load.progress(1);
      await loaded.roll(kind);
      say(`rollout ${index + 1}, ${kind}: done`);
    }
    await load.progress(1);
    return totalOf(await load.stop());
  } finally {
    await loaded.close();
  }
}
