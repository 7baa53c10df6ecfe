import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { root } from '../../scripts/build/folders.ts';
import { must } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { deploy, push } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { ReleaseInfo } from '../../src/protocol/shapes/release.ts';
import { freePort } from '../support/editor/freePort.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';
import { median } from './median.ts';
import { changeSample, untilAnswered } from './sampleVersions.ts';

const rounds = 6;

/** From asking for an earlier version to its first answer, and `docker run` of the very same image. */
export const bench: Bench = {
  name: 'revert',
  figures: {
    'revert.to_first_answer_ms': `from asking for an earlier version to the first answer of it at the same address; median of ${rounds} rounds to and fro`,
    'revert.docker_run_ms':
      'docker run of the same image until its first answer, at a new port and with the old one left alone; in turn with ours',
    'revert.to_first_answer_ratio': 'ours against docker run',
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
  const { target, region: runner } = await targetAt(await region.host.ensure(() => undefined));
  const source = { folder, dockerfile: 'Dockerfile', buildArguments: { BASE: images.node } };
  const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
  const markers = [await changeSample(folder)];
  const choice = { name: 'sample', regionId: runner.id, ports: [8080] };
  const made = await deploy(target, source, choice, tools);
  if (made.kind !== 'serving' || made.url === undefined) throw new Error('The sample does not serve.');
  markers.push(await changeSample(folder));
  await push(target, source, made.deploymentId, tools);
  await untilAnswered(made.url, markers[1] ?? '');
  const params = { workspaceId: target.workspaceId, deploymentId: made.deploymentId };
  const { releases } = await target.api.listReleases({ params, query: {} });
  const image = await imageNameOf(target, made.deploymentId);
  const [ours, byHand]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const number = (round % 2) + 1;
    const release = releases.find((one) => one.number === number);
    const marker = markers[number - 1] ?? '';
    ours.push(await goBack(target, made.deploymentId, release, made.url, marker));
    byHand.push(await runByHand(`${image}@${release?.digest ?? ''}`, marker));
    say(
      `round ${round + 1}: revert ${ours.at(-1)?.toFixed(0)} ms, docker run ${byHand.at(-1)?.toFixed(0)} ms`,
    );
  }
  return {
    'revert.to_first_answer_ms': median(ours),
    'revert.docker_run_ms': median(byHand),
    'revert.to_first_answer_ratio': median(ours) / median(byHand),
  };
}

async function goBack(
  { api, workspaceId }: Target,
  deploymentId: string,
  release: ReleaseInfo | undefined,
  url: string,
  marker: string,
): Promise<number> {
  if (release === undefined || release.digest === null) throw new Error('The version is not in the history.');
  const started = performance.now();
  await api.revertDeployment({ params: { workspaceId, deploymentId, digest: release.digest } });
  await untilAnswered(url, marker);
  return performance.now() - started;
}

async function runByHand(image: string, marker: string): Promise<number> {
  const name = `patr-bench-revert-${process.pid}`;
  const port = await freePort();
  const started = performance.now();
  await must('docker', [
    'run',
    '--detach',
    '--rm',
    '--name',
    name,
    '--publish',
    `127.0.0.1:${port}:8080`,
    image,
  ]);
  await untilAnswered(`http://127.0.0.1:${port}/`, marker);
  const took = performance.now() - started;
  await must('docker', ['kill', name]);
  return took;
}

/** The reference of a deployment's repository on the engine, without tag. */
async function imageNameOf({ api, backend, workspaceId }: Target, deploymentId: string): Promise<string> {
  const found = await api.getDeployment({ params: { workspaceId, deploymentId } });
  if (!('repositoryId' in found)) throw new Error('The sample is not in the own registry.');
  const params = { workspaceId, repositoryId: found.repositoryId };
  const { repository } = await api.getRepository({ params });
  return `${backend.registry.host}/${workspaceId}/${repository.name}`;
}
