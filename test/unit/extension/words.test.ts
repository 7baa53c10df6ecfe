import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JourneyEvent, JourneyStep } from '../../../src/deploy/contract.ts';
import { ProgressWords } from '../../../src/extension/deploy/progressWords.ts';
import { suggestedName } from '../../../src/extension/deploy/suggestedName.ts';
import { BoundedLines } from '../../../src/extension/logs/bounded.ts';
import { problemPattern } from '../../../src/extension/logs/problemPattern.ts';
import { logText } from '../../../src/extension/logs/logText.ts';
import { redact } from '../../../src/extension/redact.ts';
import { filterMessage, viewStateOf, type Listing } from '../../../src/extension/viewState.ts';
import { nameProblem } from '../../../src/deploy/check.ts';
import { fakeToken } from '../../support/fakePatr.ts';

const started = (step: JourneyStep): JourneyEvent => ({ kind: 'started', step, at: 0 });
const finished = (step: JourneyStep, ms: number): JourneyEvent => ({ kind: 'finished', step, at: 0, ms });

describe('the words of a progress', () => {
  it('say what was done last, what is done now, and sum the times up', () => {
    const words = new ProgressWords();
    assert.equal(words.next(started('preflight'))?.message, 'Checking…');
    words.next(finished('preflight', 140));
    words.next(started('build'));
    const line = words.next({ kind: 'progress', step: 'build', message: 'step 3/7 RUN npm ci', share: 0.5 });
    assert.equal(line?.message, 'checked 0.1 s · Building: step 3/7 RUN npm ci');
    words.next(finished('build', 3210));
    assert.equal(words.summary(), 'checked 0.1 s, built 3.2 s');
  });

  it('leave out what the builder does for itself, and what is only for the output', () => {
    const words = new ProgressWords();
    words.next(started('build'));
    const internal = words.next({ kind: 'progress', step: 'build', message: '[internal] load metadata' });
    assert.equal(internal?.message, 'Building…');
    assert.equal(words.next({ kind: 'output', step: 'build', text: 'npm warn' }), undefined);
  });

  it('move the bar to its end exactly, whatever the shares were', () => {
    const steps: readonly JourneyStep[] = ['preflight', 'context', 'build', 'push', 'create', 'rollout'];
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(shares, { minLength: 6, maxLength: 6 }), (all) => {
        const words = new ProgressWords();
        let sum = 0;
        const tell = (event: JourneyEvent): void => {
          const increment = words.next(event)?.increment ?? 0;
          assert.ok(increment >= 0);
          sum += increment;
        };
        for (const [index, step] of steps.entries()) {
          tell(started(step));
          for (const share of all[index] ?? []) tell({ kind: 'progress', step, message: 'x', share });
          tell(finished(step, 1));
        }
        assert.ok(Math.abs(sum - 100) < 1e-6, String(sum));
      }),
    );
  });
});

describe('a suggested name', () => {
  it('is the name of the folder', () => {
    assert.equal(suggestedName('/home/me/web shop', []), 'web shop');
  });

  it('is made longer where it is too short', () => {
    assert.equal(suggestedName('/srv/api', []), 'api-app');
    assert.equal(suggestedName('/', []), 'my-app');
  });

  it('has a number where it is taken, whatever the case', () => {
    assert.equal(suggestedName('/srv/shop', ['Shop', 'shop-2']), 'shop-3');
  });

  it('is always allowed and never taken', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.string()), (folder, taken) => {
        const name = suggestedName(`/x/${folder}`, [...taken, folder]);
        assert.equal(nameProblem(name), undefined, name);
        assert.ok(!taken.some((one) => one.toLowerCase() === name.toLowerCase()));
      }),
    );
  });
});

describe('lines of an output', () => {
  it('are plain text: when, whose, where to, and nothing that a terminal would act on', () => {
    const line = {
      timestamp: '2026-01-01 00:00:00.123456789 +00:00:00',
      instance: 'abcdef0123',
      stream: 'stderr',
    } as const;
    const log = `\u001b[31mred\u001b[0m\tand\u0000 ${fakeToken}`;
    assert.equal(logText({ ...line, log }), '2026-01-01T00:00:00.123Z abcdef ! red\tand patrv1.…');
    assert.equal(logText({ timestamp: 'soon', log: 'x' }), 'soon x');
  });

  it('are problems where they fit the pattern, and one that is none tells none', () => {
    const isProblem = problemPattern('^(WARN|ERROR)\\b');
    assert.deepEqual(
      ['ERROR x', 'INFO ERROR', `WARN ${'x'.repeat(1000)}`].map((line) => isProblem?.(line)),
      [true, false, false],
    );
    assert.equal(problemPattern(''), undefined);
    assert.equal(problemPattern('('), undefined);
  });

  it('are the newest ones where there are too many, and the others are counted', () => {
    const lines = new BoundedLines({ lines: 3, text: 1000, textOf: String });
    lines.push([1, 2]);
    lines.push([3, 4]);
    assert.deepEqual(lines.take(), { leftOut: 1, lines: [2, 3, 4] });
    assert.equal(lines.take(), undefined);
    lines.push([1, 2, 3, 4, 5]);
    assert.deepEqual(lines.take(), { leftOut: 2, lines: [3, 4, 5] });
  });

  it('are as many as there is room for their text, and one in any case', () => {
    const lines = new BoundedLines({ lines: 100, text: 10, textOf: (line: string) => line });
    lines.push(['four', 'five', 'six', 'seven']);
    assert.deepEqual(lines.take(), { leftOut: 2, lines: ['six', 'seven'] });
    lines.push(['much longer than that']);
    assert.deepEqual(lines.take(), { leftOut: 0, lines: ['much longer than that'] });
    lines.push(['one', 'two']);
    assert.deepEqual(lines.take(), { leftOut: 0, lines: ['one', 'two'] });
  });
});

describe('what is written to an output', () => {
  it('never holds a token', () => {
    assert.equal(redact(`authorization: Bearer ${fakeToken}!`), 'authorization: Bearer patrv1.…!');
    assert.equal(redact(fakeToken.toUpperCase()), 'patrv1.…');
  });
});

describe('the state of the view', () => {
  const target = undefined as never;
  const connected = { kind: 'connected', target, regions: [] } as const;
  const list = (changes: Partial<Listing> = {}): Listing => {
    return { loaded: true, failed: false, count: 2, matching: 2, ...changes };
  };

  it('is empty only when the list was read', () => {
    assert.equal(viewStateOf(connected, list({ loaded: false, count: 0, matching: 0 })), 'looking');
    assert.equal(viewStateOf(connected, list({ count: 0, matching: 0 })), 'empty');
    assert.equal(viewStateOf(connected, list()), 'ready');
  });

  it('tells a list that could not be read from one that is being read', () => {
    const unread = list({ loaded: false, failed: true, count: 0, matching: 0 });
    assert.equal(viewStateOf(connected, unread), 'failed');
    assert.equal(viewStateOf(connected, list({ failed: true })), 'ready');
  });

  it('tells a filter that nothing fits from a list with nothing in it, and counts what fits', () => {
    const none = list({ matching: 0 });
    assert.equal(viewStateOf(connected, none), 'nothingMatches');
    assert.equal(filterMessage('web', none), undefined);
    assert.equal(filterMessage('web', list({ matching: 1 })), '1 of 2 match “web”');
    assert.equal(filterMessage('', list()), undefined);
  });

  it('is what hinders the connection, whatever was read before', () => {
    const stopped = { kind: 'engineStopped', message: '' } as const;
    assert.equal(viewStateOf(stopped, list()), 'engineStopped');
  });
});
