import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { root } from '../../scripts/build/folders.ts';
import { must } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { JourneyEvent } from '../../src/deploy/contract.ts';
import { push, deploy } from '../../src/deploy/journey.ts';
import { freePort } from '../support/editor/freePort.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';
import { median } from './median.ts';
import { startPlainRegistry } from './plainRegistry.ts';
import { changeSample, untilAnswered } from './sampleVersions.ts';

const rounds = 5;

/** From a built image to an address that answers with it: ours, and the same steps by hand on the same engine. */
export const bench: Bench = {
  name: 'mainjob',
  figures: {
    'mainjob.built_to_served_ratio': `push, rollout and first answer of a changed image, against docker push, docker run and the first answer by hand; medians of ${rounds} rounds, taken in turn (aim about 1)`,
    'mainjob.built_to_served_ms': 'ours, in milliseconds',
    'mainjob.by_hand_ms': 'by hand, in milliseconds',
  },
  async run(context) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(context.images);
    const region = await openTestRegion('bench');
    const folder = await mkdtemp(join(tmpdir(), 'patr-bench-'));
    await cp(join(root, 'test', 'fixtures', 'sample'), folder, { recursive: true });
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
  let builtAt = 0;
  const tell = (event: JourneyEvent): void => {
    if (event.kind === 'finished' && event.step === 'build') builtAt = performance.now();
  };
  const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell };
  const first = await deploy(target, source, { name: 'sample', regionId: runner.id, ports: [8080] }, tools);
  if (first.kind !== 'serving' || first.url === undefined) throw new Error('The sample does not serve.');
  const hand = await startHand(images.registry);
  const [ours, byHand]: [number[], number[]] = [[], []];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const marker = await changeSample(folder);
      await push(target, source, first.deploymentId, tools);
      await untilAnswered(first.url, marker);
      ours.push(performance.now() - builtAt);
      byHand.push(await hand.round(folder, images.node));
      say(`round ${round + 1}: ours ${ours.at(-1)?.toFixed(0)} ms, by hand ${byHand.at(-1)?.toFixed(0)} ms`);
    }
  } finally {
    await hand.stop();
  }
  return {
    'mainjob.built_to_served_ratio': median(ours) / median(byHand),
    'mainjob.built_to_served_ms': median(ours),
    'mainjob.by_hand_ms': median(byHand),
  };
}

/** The docker command line against a plain registry of its own. */
async function startHand(registryImage: string) {
  const port = await freePort();
  const registry = await startPlainRegistry(registryImage);
  const instance = `patr-bench-hand-${process.pid}`;
  const image = `${registry.host}/hand:latest`;
  const mark = `cloud.patr.test=${instance}`;
  const build = async (folder: string, base: string): Promise<void> => {
    const options = ['--build-arg', `BASE=${base}`, '--label', mark, '--tag', image];
    await must('docker', ['build', '--quiet', ...options, folder]);
  };
  let pushedBase = false;
  return {
    /** Milliseconds from the built image to the first answer of it. The base's layers are in the registry before. */
    async round(folder: string, base: string): Promise<number> {
      if (!pushedBase) {
        await build(folder, base);
        await must('docker', ['push', '--quiet', image]);
        pushedBase = true;
      }
      const marker = await changeSample(folder);
      await build(folder, base);
      const started = performance.now();
      await must('docker', ['push', '--quiet', image]);
      await must('docker', [
        'run',
        '--detach',
        '--rm',
        '--name',
        instance,
        '--publish',
        `127.0.0.1:${port}:8080`,
        image,
      ]);
      await untilAnswered(`http://127.0.0.1:${port}/`, marker);
      const took = performance.now() - started;
      await must('docker', ['kill', instance]);
      return took;
    },
    async stop(): Promise<void> {
      await registry.stop();
      const built = await must('docker', ['image', 'ls', '--quiet', '--filter', `label=${mark}`]);
      await must('docker', ['image', 'rm', '--force', ...new Set(built.trim().split('\n'))]);
    },
  };
}
