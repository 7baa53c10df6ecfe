import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { push } from '../../src/deploy/journey.ts';
import { runByHand, startHandImage } from './handImage.ts';
import { median } from './median.ts';
import { withSampleRegion, type SampleRegion } from './sampleRegion.ts';
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
  run: (context) => withSampleRegion(context, (sample) => measure(sample, context)),
};

async function measure(sample: SampleRegion, { images, say }: BenchContext) {
  const { target, source, folder } = sample;
  let builtAt = 0;
  const tools = sample.tools((event) => {
    if (event.kind === 'finished' && event.step === 'build') builtAt = performance.now();
  });
  const made = await sample.deploy(tools);
  const hand = await startHandImage(images, folder);
  const [ours, byHand]: [number[], number[]] = [[], []];
  try {
    // The base's layers are in the registry before it is measured.
    await hand.build();
    await hand.push();
    for (let round = 1; round <= rounds; round += 1) {
      const marker = await changeSample(folder);
      await push(target, source, made.deploymentId, tools);
      await untilAnswered(made.url, marker);
      ours.push(performance.now() - builtAt);
      const other = await changeSample(folder);
      await hand.build();
      const pushMs = await hand.push();
      const instance = await runByHand(hand.reference, other);
      byHand.push(pushMs + instance.answeredMs);
      await instance.remove();
      say(`round ${round}: ours ${ours.at(-1)?.toFixed(0)} ms, by hand ${byHand.at(-1)?.toFixed(0)} ms`);
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
