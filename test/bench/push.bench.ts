import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { root } from '../../scripts/build/folders.ts';
import { must } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { JourneyEvent } from '../../src/deploy/contract.ts';
import { deploy, push } from '../../src/deploy/journey.ts';
import { ask } from '../support/addressLoad.ts';
import { freePort } from '../support/editor/freePort.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';
import { median } from './median.ts';
import { startPlainRegistry } from './plainRegistry.ts';

const rounds = 5;
/** Bytes of chance that each version has in a layer of its own. */
const layerBytes = 20_000_000;

/** What a push costs, and how soon its version answers: ours, and docker's own commands in turn with it. */
export const bench: Bench = {
  name: 'push',
  figures: {
    'push.unchanged_ratio': `push of an image that the registry has, against docker push of the same to a plain registry; medians of ${rounds} rounds in turn (aim about 1)`,
    'push.unchanged_ms': 'ours, in milliseconds',
    'push.fresh_ratio': `the same for an image with a new layer of ${layerBytes / 1e6} MB (aim about 1)`,
    'push.fresh_ms': 'ours, in milliseconds',
    'push.to_first_answer_ms':
      "from the end of the push to the first answer of the new version, beyond the application's own start-up, in milliseconds (aim under 1,000)",
    'push.by_hand_to_first_answer_ms':
      "docker run of the same image to its first answer, beyond the application's own start-up, in milliseconds",
    'push.start_up_ms': "the application's own start-up: from its start to its first answer, in milliseconds",
  },
  async run(context) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(context.images);
    const region = await openTestRegion('bench');
    const folder = await mkdtemp(join(tmpdir(), 'patr-bench-'));
    await cp(join(root, 'test', 'fixtures', 'sample'), folder, { recursive: true });
    const dockerfile = join(folder, 'Dockerfile');
    const text = await readFile(dockerfile, 'utf8');
    await writeFile(dockerfile, text.replace('package.json server.js', 'package.json server.js chance'));
    try {
      return await measure(region, folder, context);
    } finally {
      await region.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(region: TestRegion, folder: string, { images, say }: BenchContext) {
  const endpoint = await region.host.ensure(() => undefined);
  const { target, region: runner } = await targetAt(endpoint);
  const source = { folder, dockerfile: 'Dockerfile', buildArguments: { BASE: images.node } };
  let [pushMs, pushedAt] = [0, 0];
  const tell = (event: JourneyEvent): void => {
    if (event.kind !== 'finished' || event.step !== 'push') return;
    [pushMs, pushedAt] = [event.ms, performance.now()];
  };
  const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell };
  await change(folder);
  const first = await deploy(target, source, { name: 'sample', regionId: runner.id, ports: [8080] }, tools);
  if (first.kind !== 'serving' || first.url === undefined) throw new Error('The sample does not serve.');
  const ours = { fresh: [] as number[], unchanged: [] as number[], answered: [] as number[] };
  const theirs = { fresh: [] as number[], unchanged: [] as number[], answered: [] as number[] };
  const startUp: number[] = [];
  const hand = await startHand(images.registry, folder, images.node);
  try {
    await hand.push();
    for (let round = 1; round <= rounds; round += 1) {
      const marker = await change(folder);
      const following = push(target, source, first.deploymentId, tools);
      await untilAnswered(first.url, marker);
      ours.answered.push(performance.now() - pushedAt);
      await following;
      ours.fresh.push(pushMs);
      await push(target, source, first.deploymentId, tools);
      ours.unchanged.push(pushMs);
      // Another version, because the engine knows of a layer to which registry it went before.
      const other = await change(folder);
      await hand.build();
      theirs.fresh.push(await hand.push());
      theirs.unchanged.push(await hand.push());
      const run = await hand.run(other);
      theirs.answered.push(run.answered);
      startUp.push(run.startUp);
      say(
        `round ${round}: fresh ${ours.fresh.at(-1)?.toFixed(0)} and ${theirs.fresh.at(-1)?.toFixed(0)} ms, unchanged ${ours.unchanged.at(-1)?.toFixed(0)} and ${theirs.unchanged.at(-1)?.toFixed(0)} ms, answered after ${ours.answered.at(-1)?.toFixed(0)} and ${theirs.answered.at(-1)?.toFixed(0)} ms, start-up ${startUp.at(-1)?.toFixed(0)} ms`,
      );
    }
  } finally {
    await hand.stop();
  }
  return {
    'push.unchanged_ratio': median(ours.unchanged) / median(theirs.unchanged),
    'push.unchanged_ms': median(ours.unchanged),
    'push.fresh_ratio': median(ours.fresh) / median(theirs.fresh),
    'push.fresh_ms': median(ours.fresh),
    'push.to_first_answer_ms': median(ours.answered) - median(startUp),
    'push.by_hand_to_first_answer_ms': median(theirs.answered) - median(startUp),
    'push.start_up_ms': median(startUp),
  };
}

/** Gives the sample another greeting and another layer. */
async function change(folder: string): Promise<string> {
  const marker = randomBytes(6).toString('hex');
  const file = join(folder, 'server.js');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/const greeting = .*;/, `const greeting = 'Hello ${marker}';`));
  await writeFile(join(folder, 'chance'), randomBytes(layerBytes));
  return marker;
}

async function untilAnswered(url: string, marker: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const answer = await ask(url).catch(() => undefined);
    if (answer?.status === 200 && answer.body.includes(marker)) return;
    await systemClock.sleep(5);
  }
  throw new Error(`${url} did not answer with the new version.`);
}

/** The docker command line against a plain registry of its own. */
async function startHand(registryImage: string, folder: string, base: string) {
  const registry = await startPlainRegistry(registryImage);
  const instance = `patr-bench-hand-${process.pid}`;
  const image = `${registry.host}/hand:latest`;
  const mark = `cloud.patr.test=${instance}`;
  const build = async (): Promise<void> => {
    const options = ['--build-arg', `BASE=${base}`, '--label', mark, '--tag', image];
    await must('docker', ['build', '--quiet', ...options, folder]);
  };
  await build();
  return {
    build,
    /** Milliseconds of a push. */
    async push(): Promise<number> {
      const started = performance.now();
      await must('docker', ['push', '--quiet', image]);
      return performance.now() - started;
    },
    /** Milliseconds from `docker run` to the first answer, and those of them since the process was started. */
    async run(marker: string): Promise<{ answered: number; startUp: number }> {
      const port = await freePort();
      const publish = `127.0.0.1:${port}:8080`;
      const started = performance.now();
      await must('docker', ['run', '--detach', '--name', instance, '--publish', publish, image]);
      await untilAnswered(`http://127.0.0.1:${port}/`, marker);
      const answered = performance.now() - started;
      await must('docker', ['kill', instance]);
      // Once more, with the container made before: what is left is the application.
      await must('docker', ['start', instance]);
      const running = performance.now();
      await untilAnswered(`http://127.0.0.1:${port}/`, marker);
      const startUp = performance.now() - running;
      await must('docker', ['rm', '--force', '--volumes', instance]);
      return { answered, startUp };
    },
    async stop(): Promise<void> {
      await registry.stop();
      const built = await must('docker', ['image', 'ls', '--quiet', '--filter', `label=${mark}`]);
      await must('docker', ['image', 'rm', '--force', ...new Set(built.trim().split('\n'))]);
    },
  };
}
