import assert from 'node:assert/strict';
import { anySignal, isAbort, withTimeout } from '../../../src/base/abort.ts';
import { rest, systemClock } from '../../../src/base/clock.ts';
import { describeError, lineLog } from '../../../src/base/log.ts';

describe('the system clock', () => {
  it('ends a sleep when the signal fires', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort();
    await assert.rejects(sleeping, isAbort);
  });

  it('refuses to begin a sleep that is already aborted', async () => {
    await assert.rejects(systemClock.sleep(60_000, AbortSignal.abort()), isAbort);
  });
});

describe('signals', () => {
  it('fires with whichever is first', () => {
    const controller = new AbortController();
    const both = anySignal(undefined, controller.signal);
    controller.abort();
    assert.equal(both.aborted, true);
  });

  it('counts a time-out as an abort', async () => {
    const signal = withTimeout(1);
    await assert.rejects(systemClock.sleep(60_000, signal), isAbort);
  });

  it('does not take other errors for aborts', () => {
    assert.equal(isAbort(new Error('other')), false);
  });
});

describe('log lines', () => {
  it('carry time, level, words and the facts that are there', () => {
    const lines: string[] = [];
    const log = lineLog(
      (line) => lines.push(line),
      () => new Date(0),
    );
    log.warn('slow', { ms: 12, reason: undefined });
    assert.deepEqual(lines, ['1970-01-01T00:00:00.000Z warn slow ms=12']);
  });

  it('describe an error with what caused it and without a stack', () => {
    assert.equal(describeError(new Error('outer', { cause: new Error('inner') })), 'outer (inner)');
    assert.equal(describeError('text'), 'text');
  });
});

describe('resting', () => {
  it('says whether the time was waited out', async () => {
    const controller = new AbortController();
    assert.equal(await rest(systemClock, 1, controller.signal), true);
    controller.abort();
    assert.equal(await rest(systemClock, 60_000, controller.signal), false);
  });

  it('hides no other failure', async () => {
    const clock = { now: () => 0, sleep: () => Promise.reject(new Error('broken')) };
    await assert.rejects(rest(clock, 1, new AbortController().signal), /broken/);
  });
});
