import assert from 'node:assert/strict';
import { LogMessages } from '../../../src/docker/logMessages.ts';
import { logFrame } from '../../support/logFrames.ts';

describe('messages of an output', () => {
  it('are told apart by stream, with their time to the nanosecond', () => {
    const bytes = Buffer.concat([
      logFrame('stdout', '2026-01-01T00:00:00.123456789Z grün\n'),
      logFrame('stderr', '2026-01-01T00:00:01.000000001Z part'),
    ]);
    const found = new LogMessages().push(bytes);
    assert.deepEqual(
      found.map(({ stream, at, bytes: text, ends }) => [stream, at, text.toString(), ends]),
      [
        ['stdout', '2026-01-01T00:00:00.123456789Z', 'grün', true],
        ['stderr', '2026-01-01T00:00:01.000000001Z', 'part', false],
      ],
    );
  });

  it('come together again, wherever the stream was cut', () => {
    const bytes = Buffer.concat([
      logFrame('stdout', '2026-01-01T00:00:00.000000001Z one\n'),
      logFrame('stdout', '2026-01-01T00:00:00.000000002Z \n'),
    ]);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const messages = new LogMessages();
      const found = [...messages.push(bytes.subarray(0, cut)), ...messages.push(bytes.subarray(cut))];
      assert.deepEqual(
        found.map(({ bytes: text }) => text.toString()),
        ['one', ''],
      );
    }
  });

  it('have the usual time, whatever other engines write', () => {
    const bytes = logFrame('stdout', '2026-01-01T01:30:00.5+01:30 text\n');
    assert.equal(new LogMessages().push(bytes)[0]?.at, '2026-01-01T00:00:00.500000000Z');
    assert.deepEqual(new LogMessages().push(logFrame('stdout', 'no time\n')), []);
  });

  it('are no messages when there are no frames', () => {
    assert.throws(() => new LogMessages().push(Buffer.from('text without frames')), /form that is not known/);
  });
});
