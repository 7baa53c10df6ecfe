import assert from 'node:assert/strict';
import { countedRuns, type CountedRun } from '../support/countedRuns.ts';

/** `npm run bench -- --only logkill` does 60 of them, by chance. */
const runs: readonly CountedRun[] = [
  { happening: 'rollout', killAfterMs: 700 },
  { happening: 'scale', killAfterMs: 200 },
  { happening: 'restart' },
];

describe('the lines of several instances', function () {
  this.timeout(600_000);

  it('come once each and in order to whoever follows, whatever happens in mid-stream', async () => {
    const said: string[] = [];
    const { faults, losses } = await countedRuns(runs, (line) => said.push(line));
    assert.deepEqual(faults, [], said.join('\n'));
    assert.ok(losses >= 2, 'Nobody followed when the control plane was killed.');
  });
});
