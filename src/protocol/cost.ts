import * as v from 'valibot';

/** What a region asks for a month of 720 hours. */
export const priceTable = v.object({
  /** Sign or code that goes before an amount, such as `$`. */
  currency: v.pipe(v.string(), v.minLength(1), v.maxLength(8)),
  /** Price of one instance by `<cpu_count>/<memory_count>`, such as `1/2` for one CPU and 0.5 GB. */
  machines: v.record(v.string(), v.pipe(v.number(), v.minValue(0))),
  /** Price of a gigabyte of a volume; each volume is rounded up to whole units of the currency. */
  volumeGb: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
});
export type PriceTable = v.InferOutput<typeof priceTable>;

/** How a region is paid for: nothing to anybody, by a table, or in a way that nobody has told us. */
export const pricing = v.variant('kind', [
  v.object({ kind: v.literal('free'), words: v.string() }),
  v.object({ kind: v.literal('priced'), table: priceTable }),
  v.object({ kind: v.literal('unknown') }),
]);
export type Pricing = v.InferOutput<typeof pricing>;

/** Patr's own regions, in US dollars, as its documentation and its billing have them. */
export const patrPrices: PriceTable = {
  currency: '$',
  machines: { '1/2': 5, '1/4': 10, '1/8': 20, '2/8': 40, '4/32': 80 },
  volumeGb: 0.1,
};

/** What a deployment is made of, as far as it costs something. */
export interface Billed {
  readonly machine: { readonly cpu_count: number; readonly memory_count: number };
  readonly minScale: number;
  readonly maxScale: number;
  /** Size of each volume in gigabytes; every instance has one of each. */
  readonly volumeSizes: readonly number[];
}

/** A month's cost between the fewest and the most instances; undefined where the table has no such machine. */
export function monthlyCost(
  { machine, minScale, maxScale, volumeSizes }: Billed,
  { machines, volumeGb }: PriceTable,
): { readonly low: number; readonly high: number } | undefined {
  const unit = machines[`${machine.cpu_count}/${machine.memory_count}`];
  if (unit === undefined) return undefined;
  const disk = volumeSizes.reduce((sum, size) => sum + Math.ceil(size * volumeGb), 0);
  // With volumes there is no automatic scaling.
  const most = volumeSizes.length > 0 ? minScale : maxScale;
  return { low: minScale * (unit + disk), high: most * (unit + disk) };
}

/** `$5`, `$2.50`: an amount of a table's currency. */
export function formatAmount(amount: number, currency: string): string {
  return `${currency}${Number.isInteger(amount) ? amount : amount.toFixed(2)}`;
}

/** What a deployment costs in a region, in words: `$5 to $15 a month`. */
export function costWords(pricing: Pricing, billed: Billed | undefined): string {
  if (pricing.kind === 'free') return pricing.words;
  if (pricing.kind === 'unknown') return 'This region has told no prices.';
  if (billed === undefined) return 'Known when the fields above are filled in.';
  const cost = monthlyCost(billed, pricing.table);
  if (cost === undefined) return 'This region has told no price for this machine type.';
  const { currency } = pricing.table;
  const [low, high] = [formatAmount(cost.low, currency), formatAmount(cost.high, currency)];
  return low === high ? `${low} a month` : `${low} to ${high} a month`;
}

/** `0.5 GB`: memory of a machine type, whose count is of quarters of 10⁹ bytes. */
export function memoryWords(memoryCount: number): string {
  return `${memoryCount / 4} GB`;
}
