import { randomInt } from 'node:crypto';
import type { Bench } from '../../scripts/bench/bench.ts';
import { seededChance } from '../support/chaos.ts';
import { startCollectRace } from '../support/collectRace.ts';
import { median } from './median.ts';

const rounds = 100;

/** Collections of the registry that race with pushes and reverts. */
export const bench: Bench = {
  name: 'collect',
  figures: {
    'collect.rounds': 'collections that ran while images were pushed and reverted to',
    'collect.removed_images': 'images that they removed',
    'collect.reverts': 'reverts that were made meanwhile',
    'collect.missing':
      'manifests and blobs that somebody needed and that could not be pulled afterwards (aim 0)',
    'collect.took_ms':
      'median time of a collection, in milliseconds; pushes wait for most of it, pulls do not',
  },
  async run({ images, say }) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
    const seed = randomInt(2 ** 31);
    say(`seed ${seed}`);
    const race = await startCollectRace(seededChance(seed));
    const took: number[] = [];
    let [removed, reverts, missing] = [0, 0, 0];
    try {
      for (let index = 1; index <= rounds; index += 1) {
        const round = await race.round();
        took.push(round.tookMs);
        removed += round.removedImages;
        reverts += round.reverts;
        missing += round.missing.length;
        for (const line of round.missing) say(`missing after round ${index}: ${line}`);
      }
    } finally {
      await race.close();
    }
    return {
      'collect.rounds': rounds,
      'collect.removed_images': removed,
      'collect.reverts': reverts,
      'collect.missing': missing,
      'collect.took_ms': median(took),
    };
  },
};
