import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decideScale,
  defaultScaleRules,
  type LoadSample,
  type ScaleQuestion,
} from '../../../../src/control-plane/autoscaler/decideScale.ts';

const now = 10_000_000;
const perWindow = defaultScaleRules.windowMs / defaultScaleRules.samplePeriodMs;

/** One sample per period up to now, oldest first; `cpu` may depend on how many periods ago it was. */
function load(cpu: number | ((ago: number) => number), count = perWindow): LoadSample[] {
  return Array.from({ length: count }, (_, index) => {
    const ago = count - 1 - index;
    const share = typeof cpu === 'number' ? cpu : cpu(ago);
    return { at: now - ago * defaultScaleRules.samplePeriodMs, cpu: share };
  });
}

function aQuestion(over: Partial<ScaleQuestion> = {}): ScaleQuestion {
  return {
    current: 2,
    min: 1,
    max: 10,
    room: undefined,
    hasVolumes: false,
    rolling: false,
    steadySince: 0,
    samples: load(0.5),
    now,
    ...over,
  };
}

const decide = (over: Partial<ScaleQuestion>) => decideScale(aQuestion(over), defaultScaleRules);

describe('decideScale', () => {
  it('adds instances by the formula when every sample of five minutes is above 80 %', () => {
    const decision = decide({ samples: load(0.95), current: 4 });
    assert.equal(decision.kind === 'scale' && decision.to, 5);
    assert.match(decision.kind === 'scale' ? decision.because : '', /95 % to 95 %.*over 20 samples/);
  });

  it('keeps when one sample of the window is not above the line', () => {
    assert.equal(decide({ samples: load((ago) => (ago === 7 ? 0.79 : 0.99)) }).kind, 'keep');
  });

  it('at most doubles', () => {
    const decision = decide({ samples: load(9), current: 2 });
    assert.equal(decision.kind === 'scale' && decision.to, 4);
  });

  it('adds no more than there is memory for, and says when there is none for any', () => {
    const some = decide({ samples: load(9), current: 2, room: 3 });
    assert.equal(some.kind === 'scale' && some.to, 3);
    const none = decide({ samples: load(9), current: 3, room: 3 });
    assert.deepEqual(none.kind === 'noRoom' && none.wanted, 6);
    assert.equal(decide({ samples: load(9), current: 4, room: 3 }).kind, 'noRoom');
    assert.equal(decide({ samples: load(0.1), current: 4, room: 3 }).kind, 'scale');
  });

  it('keeps when fewer than nine in ten samples are there', () => {
    assert.equal(decide({ samples: load(0.99).slice(3) }).kind, 'keep');
    assert.equal(decide({ samples: load(0.99).slice(2) }).kind, 'scale');
  });

  it('starts a new window after every change', () => {
    const steadySince = now - defaultScaleRules.windowMs + 1;
    assert.equal(decide({ samples: load(0.99), steadySince }).kind, 'keep');
  });

  it('never scales during a rollout or with volumes', () => {
    assert.equal(decide({ samples: load(0.99), rolling: true }).kind, 'keep');
    assert.equal(decide({ samples: load(0.99), hasVolumes: true }).kind, 'keep');
  });

  it('removes one at a time when the rest would stay under 60 %', () => {
    const decision = decide({ samples: load(0.2), current: 4 });
    assert.equal(decision.kind === 'scale' && decision.to, 3);
  });

  it('keeps when the projection touches the lower line', () => {
    assert.equal(decide({ samples: load(0.3), current: 2 }).kind, 'keep');
    assert.equal(decide({ samples: load(0.29), current: 2 }).kind, 'scale');
  });

  it('goes to the bounds at once', () => {
    const up = decide({ current: 1, min: 3, samples: [] });
    const down = decide({ current: 9, max: 4, samples: [] });
    assert.deepEqual([up.kind === 'scale' && up.to, down.kind === 'scale' && down.to], [3, 4]);
  });

  it('never leaves the bounds and never moves both ways on the same load', () => {
    const shares = fc.double({ min: 0, max: 4, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 20 }),
        fc.nat({ max: 30 }),
        fc.array(shares, { minLength: 20, maxLength: 20 }),
        (min, more, extra, cpus) => {
          const max = min + more;
          const current = min + Math.min(extra, more);
          const samples = load((ago) => cpus[ago] ?? 0);
          const decision = decide({ current, min, max, samples });
          if (decision.kind !== 'scale') return;
          assert.ok(decision.to >= min && decision.to <= max);
          assert.ok(decision.to <= current * 2 && decision.to >= current - 1);
        },
      ),
    );
  });
});
