import { randomInt } from 'node:crypto';
import type { Bench } from '../../scripts/bench/bench.ts';
import { startStorm } from '../support/stormRegion.ts';
import { seededChance } from '../support/chaos.ts';

/** Many pushes to many deployments, whose notifications get lost, come twice, late and out of order. */
export const bench: Bench = {
  name: 'storm',
  figures: {
    'storm.deployments': 'deployments that were pushed to',
    'storm.pushes': 'pushes to them, in an order of chance',
    'storm.notifications_lost': 'notifications that were lost',
    'storm.notifications_doubled': 'notifications that came twice',
    'storm.right': 'deployments whose address answered with what was pushed last (aim all)',
    'storm.settled_ms':
      'from the last push until the last of them did, in milliseconds; a lost notification is made up for within a minute',
  },
  async run({ images, say }) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
    const seed = randomInt(2 ** 31);
    say(`seed ${seed}`);
    const storm = await startStorm(seededChance(seed), { deployments: 10, pushes: 50, say });
    try {
      return await storm.run();
    } finally {
      await storm.close();
    }
  },
};
