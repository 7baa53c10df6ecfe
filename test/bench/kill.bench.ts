import { randomInt } from 'node:crypto';
import type { Bench } from '../../scripts/bench/bench.ts';
import { killRuns } from '../support/kill/killRuns.ts';

/** SIGKILL to the control plane somewhere in an operation, again and again. `PATR_KILL_SEED` repeats one run. */
export const bench: Bench = {
  name: 'kill',
  figures: {
    'kill.runs': 'operations during which the control plane was killed with SIGKILL',
    'kill.differences':
      'differences between what is wanted and what is there after it was started again and had settled (aim 0)',
  },
  async run({ say, images }) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
    const given = process.env['PATR_KILL_SEED'];
    const seed = given === undefined ? randomInt(2 ** 30) : Number(given);
    say(`The first seed is ${seed}; PATR_KILL_SEED repeats a run.`);
    const { runs, differences } = await killRuns(
      given === undefined ? { runs: 200, saves: 40, seed, say } : { runs: 1, saves: 0, seed, say },
    );
    for (const difference of differences) say(difference);
    return { 'kill.runs': runs, 'kill.differences': differences.length };
  },
};
