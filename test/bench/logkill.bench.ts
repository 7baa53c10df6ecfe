import { randomInt } from 'node:crypto';
import type { Bench } from '../../scripts/bench/bench.ts';
import { seededChance } from '../support/chaos.ts';
import { countedRuns, runsByChance } from '../support/countedRuns.ts';

const runs = 60;

/** Restarts, rollouts and scalings in the middle of a stream of numbered lines, most of them with a SIGKILL. */
export const bench: Bench = {
  name: 'logkill',
  figures: {
    'logkill.runs': 'restarts, rollouts, scalings and moments without any of them while somebody follows',
    'logkill.kills': 'of them with a SIGKILL to the control plane somewhere in the middle',
    'logkill.lines':
      'numbered lines of two or three instances, on two streams each, that were printed until then',
    'logkill.faults': 'of them missing, twice or in another order within their instance and stream (aim 0)',
  },
  async run({ say, images }) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
    const given = process.env['PATR_KILL_SEED'];
    const seed = given === undefined ? randomInt(2 ** 30) : Number(given);
    say(`The seed is ${seed}; PATR_KILL_SEED repeats it.`);
    const all = runsByChance(runs, seededChance(seed));
    const { lines, faults } = await countedRuns(all, say);
    for (const fault of faults) say(fault);
    return {
      'logkill.runs': all.length,
      'logkill.kills': all.filter(({ killAfterMs }) => killAfterMs !== undefined).length,
      'logkill.lines': lines,
      'logkill.faults': faults.length,
    };
  },
};
