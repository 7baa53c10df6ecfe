import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { push } from '../../src/deploy/journey.ts';
import { runByHand, startHandImage } from './handImage.ts';
import { median } from './median.ts';
import { withSampleRegion, type SampleRegion } from './sampleRegion.ts';
import { changeSample, untilAnswered } from './sampleVersions.ts';

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
  run: (context) => withSampleRegion(context, (sample) => measure(sample, context)),
};

async function measure(sample: SampleRegion, { images, say }: BenchContext) {
  const { target, source, folder } = sample;
  let [pushMs, pushedAt] = [0, 0];
  const tools = sample.tools((event) => {
    if (event.kind !== 'finished' || event.step !== 'push') return;
    [pushMs, pushedAt] = [event.ms, performance.now()];
  });
  await addLayer(folder);
  await change(folder);
  const made = await sample.deploy(tools);
  const ours = { fresh: [] as number[], unchanged: [] as number[], answered: [] as number[] };
  const theirs = { fresh: [] as number[], unchanged: [] as number[], answered: [] as number[] };
  const startUp: number[] = [];
  const hand = await startHandImage(images, folder);
  try {
    await hand.build();
    await hand.push();
    for (let round = 1; round <= rounds; round += 1) {
      const marker = await change(folder);
      const following = push(target, source, made.deploymentId, tools);
      await untilAnswered(made.url, marker);
      ours.answered.push(performance.now() - pushedAt);
      await following;
      ours.fresh.push(pushMs);
      await push(target, source, made.deploymentId, tools);
      ours.unchanged.push(pushMs);
      // Another version, because the engine knows of a layer to which registry it went before.
      const other = await change(folder);
      await hand.build();
      theirs.fresh.push(await hand.push());
      theirs.unchanged.push(await hand.push());
      const instance = await runByHand(hand.reference, other);
      theirs.answered.push(instance.answeredMs);
      startUp.push(await instance.startUpMs());
      await instance.remove();
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

/** Gives the sample's image a layer of chance. */
async function addLayer(folder: string): Promise<void> {
  const dockerfile = join(folder, 'Dockerfile');
  const text = await readFile(dockerfile, 'utf8');
  await writeFile(dockerfile, text.replace('package.json server.js', 'package.json server.js chance'));
}

/** Gives the sample another greeting and another layer; resolves with what it answers then. */
async function change(folder: string): Promise<string> {
  await writeFile(join(folder, 'chance'), randomBytes(layerBytes));
  return changeSample(folder);
}
