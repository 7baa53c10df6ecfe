import assert from 'node:assert/strict';
import {
  agoWords,
  digestWords,
  durationWords,
  proofWords,
  shortWords,
} from '../../../../webview/manage/words.ts';

describe('words of the panel of a deployment', () => {
  it('tell a length of time by its largest unit', () => {
    const words = [0, 999, 1000, 59_999, 60_000, 3_600_000, 86_400_000 * 3].map(durationWords);
    assert.deepEqual(words, [
      '0 seconds',
      '0 seconds',
      '1 second',
      '59 seconds',
      '1 minute',
      '1 hour',
      '3 days',
    ]);
  });

  it('tell how long ago something was, and nothing where its time cannot be read', () => {
    assert.equal(agoWords('2026-01-01 00:00:00.000 +00:00:00', Date.UTC(2026, 0, 1, 2)), '2 hours ago');
    assert.equal(agoWords(5000, 1000), '0 seconds ago');
    assert.equal(agoWords('yesterday', 0), '');
  });

  it('tell short times in the unit that fits', () => {
    assert.deepEqual([0, 17.6, 999.4, 1000, 12_345].map(shortWords), [
      '0 ms',
      '18 ms',
      '999 ms',
      '1.0 s',
      '12.3 s',
    ]);
  });

  it('tell what a rollout did to the traffic', () => {
    const proof = { requests: 12_345, failures: 0, cutOverMs: 18, drainMs: 1200 };
    assert.equal(
      proofWords(proof),
      '12,345 requests while it rolled out, none failed; cut over in 18 ms, drained in 1.2 s',
    );
    assert.match(proofWords({ ...proof, requests: 1, failures: 2 }), /^1 request while .*, 2 failed;/);
  });

  it('show enough of a digest to tell it from others', () => {
    assert.equal(digestWords(`sha256:${'0123456789ab'.padEnd(64, 'f')}`), '0123456789ab');
  });
});
