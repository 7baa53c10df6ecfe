import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { push } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { ReleaseInfo } from '../../src/protocol/shapes/release.ts';
import { runByHand } from './handImage.ts';
import { median } from './median.ts';
import { withSampleRegion, type SampleRegion } from './sampleRegion.ts';
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
  run: (context) => withSampleRegion(context, (sample) => measure(sample, context)),
};

async function measure(sample: SampleRegion, { say }: BenchContext) {
  const { target, source, folder } = sample;
  const tools = sample.tools();
  const markers = [await changeSample(folder)];
  const made = await sample.deploy(tools);
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
    const instance = await runByHand(`${image}@${release?.digest ?? ''}`, marker);
    byHand.push(instance.answeredMs);
    await instance.remove();
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

/** The reference of a deployment's repository on the engine, without tag. */
async function imageNameOf({ api, backend, workspaceId }: Target, deploymentId: string): Promise<string> {
  const found = await api.getDeployment({ params: { workspaceId, deploymentId } });
  if (!('repositoryId' in found)) throw new Error('The sample is not in the own registry.');
  const params = { workspaceId, repositoryId: found.repositoryId };
  const { repository } = await api.getRepository({ params });
  return `${backend.registry.host}/${workspaceId}/${repository.name}`;
}
