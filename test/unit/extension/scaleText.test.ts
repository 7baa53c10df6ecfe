import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseScale, scaleText } from '../../../src/extension/scaleText.ts';

describe('a scale as a person types it', () => {
  it('is a number or a range, in every usual way to write one', () => {
    assert.deepEqual(parseScale(' 3 '), { minimum: 3, maximum: 3 });
    for (const range of ['2-5', '2 – 5', '2..5', '2 to 5'])
      assert.deepEqual(parseScale(range), { minimum: 2, maximum: 5 }, range);
  });

  it('is refused with what to do', () => {
    const problem = (typed: string): string => {
      const parsed = parseScale(typed);
      return 'problem' in parsed ? parsed.problem : '';
    };
    for (const typed of ['', 'many', '-1', '1.5', '2-', '99999'])
      assert.match(problem(typed), /a number such as/);
    assert.match(problem('0'), /stop the deployment/);
    assert.match(problem('257'), /at most 256/);
    assert.match(problem('5-2'), /smaller number/);
  });

  it('is read as it was shown', () => {
    const bound = fc.integer({ min: 1, max: 256 });
    fc.assert(
      fc.property(bound, bound, (one, other) => {
        const [minimum, maximum] = [Math.min(one, other), Math.max(one, other)];
        const text = scaleText({ minHorizontalScale: minimum, maxHorizontalScale: maximum });
        assert.deepEqual(parseScale(text), { minimum, maximum });
      }),
    );
  });
});
