import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { killRuns } from '../support/kill/killRuns.ts';

/** `npm run bench -- --only kill` does 200 of them. */
const [runs, saves] = [7, 2];

describe('a control plane that is killed', function () {
  this.timeout(600_000);
  const given = process.env['PATR_KILL_SEED'];
  const seed = given === undefined ? randomInt(2 ** 30) : Number(given);

  it(`finds what was wanted and makes it so, wherever it was killed (PATR_KILL_SEED=${seed})`, async () => {
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const { differences } = await killRuns(
      given === undefined ? { runs, saves, seed, say } : { runs: 1, saves: 0, seed, say },
    );
    assert.deepEqual(differences, [], lines.join('\n'));
  });
});
