import assert from 'node:assert/strict';
import { limitChangeWords, limitWords } from '../../../src/protocol/limitWords.ts';
import { decode } from '../../../src/protocol/decode.ts';
import {
  declaresLimits,
  limitsInForce,
  mostOfLimits,
  trafficLimits,
  usualLimits,
  type LimitName,
} from '../../../src/protocol/shapes/trafficLimits.ts';

const names = Object.keys(mostOfLimits) as LimitName[];

describe('traffic limits', () => {
  it('take whole numbers from 1 to the most there is of each', () => {
    for (const name of names) {
      for (const value of [1, mostOfLimits[name]]) assert.ok(decode(trafficLimits, { [name]: value }).ok);
      for (const value of [0, -1, 1.5, mostOfLimits[name] + 1, '1']) {
        const decoded = decode(trafficLimits, { [name]: value });
        assert.ok(!decoded.ok && decoded.fields[0]?.field === name, `${name}: ${value}`);
      }
    }
  });

  it('can be lifted, but for the time, which is the longest that the edge waits', () => {
    const liftable = names.filter((name) => decode(trafficLimits, { [name]: null }).ok);
    assert.deepEqual(liftable, ['maxBodyBytes', 'maxRequestsPerInstance', 'maxRequestsPerSecond']);
    assert.equal(usualLimits.answerTimeoutSeconds, mostOfLimits.answerTimeoutSeconds);
  });

  it('are the usual ones where nothing is declared', () => {
    assert.deepEqual(limitsInForce({}), usualLimits);
    assert.deepEqual(limitsInForce({ maxBodyBytes: null, answerTimeoutSeconds: 5 }), {
      ...usualLimits,
      maxBodyBytes: null,
      answerTimeoutSeconds: 5,
    });
    assert.deepEqual([declaresLimits({}), declaresLimits({ maxBodyBytes: null })], [false, true]);
  });

  it('are told in words, with what they were', () => {
    assert.equal(limitWords('maxBodyBytes', 1_500_000), '1.5 MB');
    assert.equal(limitChangeWords({ answerTimeoutSeconds: 3600 }, {}), undefined);
    assert.equal(
      limitChangeWords({}, { maxBodyBytes: null, answerTimeoutSeconds: 30 }),
      'Traffic limits changed: largest request body no limit (was 100 MB), longest silence of an answer 30 s (was 3600 s).',
    );
  });
});
