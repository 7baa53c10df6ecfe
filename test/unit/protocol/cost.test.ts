import assert from 'node:assert/strict';
import { costWords, monthlyCost, patrPrices, type Billed } from '../../../src/protocol/cost.ts';

const billed = (changes: Partial<Billed> = {}): Billed => ({
  machine: { cpu_count: 1, memory_count: 2 },
  minScale: 1,
  maxScale: 1,
  volumeSizes: [],
  ...changes,
});

describe('the cost of a deployment', () => {
  it('goes from the fewest to the most instances', () => {
    assert.deepEqual(monthlyCost(billed({ minScale: 2, maxScale: 5 }), patrPrices), { low: 10, high: 25 });
  });

  it('has a volume for every instance, rounded up each, and no automatic scaling with one', () => {
    const cost = monthlyCost(billed({ minScale: 2, maxScale: 5, volumeSizes: [5, 25] }), patrPrices);
    assert.deepEqual(cost, { low: 2 * (5 + 1 + 3), high: 2 * (5 + 1 + 3) });
  });

  it('is said in words for every way to pay', () => {
    const priced = { kind: 'priced', table: patrPrices } as const;
    assert.equal(costWords(priced, billed({ maxScale: 3 })), '$5 to $15 a month');
    assert.equal(costWords(priced, billed()), '$5 a month');
    assert.equal(costWords({ kind: 'free', words: 'your machine: free' }, billed()), 'your machine: free');
    assert.match(costWords({ kind: 'unknown' }, billed()), /no prices/);
    assert.match(costWords(priced, undefined), /filled in/);
  });

  it('is unknown where the table has no such machine, and never nothing', () => {
    const odd = billed({ machine: { cpu_count: 3, memory_count: 3 } });
    assert.equal(monthlyCost(odd, patrPrices), undefined);
    assert.match(costWords({ kind: 'priced', table: patrPrices }, odd), /no price for this machine type/);
  });

  it('keeps cents where there are some', () => {
    const table = { currency: '€', machines: { '1/2': 2.5 }, volumeGb: 0 };
    assert.equal(costWords({ kind: 'priced', table }, billed({ maxScale: 2 })), '€2.50 to €5 a month');
  });
});
