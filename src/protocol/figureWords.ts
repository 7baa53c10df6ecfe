import { formatBytes } from '../base/formatBytes.ts';
import type { FigureName, ReadMetrics } from './metricFigures.ts';

/** How values are written. */
export type Unit = 'share' | 'bytes' | 'bytesPerSecond' | 'perSecond' | 'milliseconds' | 'count';

const words: Readonly<Record<Unit, (value: number) => string>> = {
  share: (value) => `${number(value * 100)} %`,
  bytes: (value) => formatBytes(Math.round(value)),
  bytesPerSecond: (value) => `${formatBytes(Math.round(value))}/s`,
  perSecond: (value) => `${number(value)}/s`,
  milliseconds: (value) => (value < 1000 ? `${number(value)} ms` : `${number(value / 1000)} s`),
  count: number,
};

/** A value as a person reads it; a dash where nothing was measured. */
export function valueWords(unit: Unit, value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : words[unit](value);
}

/** Three digits that count are enough. */
function number(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** One figure of the last hour at a glance: what it was last, and a line of characters. */
export interface Glance {
  readonly label: string;
  readonly value: string;
  readonly line: string;
}

const atAGlance: readonly { readonly figure: FigureName; readonly label: string; readonly unit: Unit }[] = [
  { figure: 'cpu', label: 'CPU', unit: 'share' },
  { figure: 'memory', label: 'Memory', unit: 'bytes' },
  { figure: 'requests', label: 'Requests', unit: 'perSecond' },
  { figure: 'p95', label: 'Time to answer, p95', unit: 'milliseconds' },
];

/** The figures that say most, those that were measured. */
export function glances({ whole, stepMs }: ReadMetrics): readonly Glance[] {
  const [first, last] = [whole.points[0]?.at, whole.points.at(-1)?.at];
  if (first === undefined || last === undefined) return [];
  return atAGlance.flatMap(({ figure, label, unit }) => {
    const by = new Map(whole.points.map(({ at, figures }) => [at, figures[figure]]));
    const newest = whole.points.findLast(({ figures }) => figures[figure] !== undefined)?.figures[figure];
    if (newest === undefined) return [];
    const steps = Array.from({ length: Math.round((last - first) / stepMs) + 1 }, (_, index) => {
      return by.get(first + index * stepMs);
    });
    return [{ label, value: valueWords(unit, newest), line: sparkline(steps) }];
  });
}

const bars = '▁▂▃▄▅▆▇█';
const mostBars = 24;

/** Values from 0 to the greatest as bars, the mean of as many as fall together; a space where there are none. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const count = Math.min(mostBars, values.length);
  const means = Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * values.length) / count);
    const to = Math.floor(((index + 1) * values.length) / count);
    const known = values.slice(from, to).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
  const most = Math.max(0, ...means.filter((mean) => mean !== undefined));
  const bar = (mean: number): string =>
    bars[most === 0 ? 0 : Math.min(bars.length - 1, Math.floor((mean / most) * bars.length))] ?? '';
  return means.map((mean) => (mean === undefined ? ' ' : bar(mean))).join('');
}
