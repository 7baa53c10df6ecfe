import type { FigureLine, FigureName, ReadMetrics } from '../../../src/protocol/metricFigures.ts';
import type { Unit } from '../../../src/protocol/figureWords.ts';
import type { Chart, ChartColour, ChartLine, ChartMark } from '../../charts/chart.ts';

/** Whose figures are shown: the deployment's, a line for each instance, or those of one instance, by its name. */
export type Shown =
  | { readonly kind: 'whole' }
  | { readonly kind: 'each' }
  | { readonly kind: 'one'; readonly name: string };

interface Line {
  readonly figure: FigureName;
  readonly name: string;
  readonly colour?: ChartColour;
  readonly dashed?: boolean;
}

interface Kind {
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  readonly lines: readonly [Line, ...Line[]];
  /** What a line for each instance shows, all lines for each being too many; the first of them when absent. */
  readonly each?: { readonly figure: FigureName; readonly label: string };
}

const kinds: readonly Kind[] = [
  {
    id: 'cpu',
    label: 'CPU, of the allocated',
    unit: 'share',
    lines: [{ figure: 'cpu', name: 'CPU' }],
  },
  {
    id: 'memory',
    label: 'Memory',
    unit: 'bytes',
    lines: [
      { figure: 'memory', name: 'used' },
      { figure: 'memoryLimit', name: 'limit', dashed: true },
    ],
  },
  {
    id: 'requests',
    label: 'Requests',
    unit: 'perSecond',
    lines: [{ figure: 'requests', name: 'requests' }],
  },
  {
    id: 'status',
    label: 'Answers by status',
    unit: 'perSecond',
    lines: [
      { figure: 'status2xx', name: '2xx', colour: 'green' },
      { figure: 'status3xx', name: '3xx', colour: 'blue' },
      { figure: 'status4xx', name: '4xx', colour: 'yellow' },
      { figure: 'status5xx', name: '5xx', colour: 'red' },
    ],
    each: { figure: 'status5xx', label: 'Answers with 5xx' },
  },
  {
    id: 'times',
    label: 'Time to answer',
    unit: 'milliseconds',
    lines: [
      { figure: 'p50', name: 'p50' },
      { figure: 'p95', name: 'p95' },
      { figure: 'p99', name: 'p99' },
    ],
    each: { figure: 'p95', label: 'Time to answer, p95' },
  },
  {
    id: 'received',
    label: 'Network in',
    unit: 'bytesPerSecond',
    lines: [{ figure: 'received', name: 'in' }],
  },
  {
    id: 'sent',
    label: 'Network out',
    unit: 'bytesPerSecond',
    lines: [{ figure: 'sent', name: 'out' }],
  },
  {
    id: 'restarts',
    label: 'Restarts',
    unit: 'count',
    lines: [{ figure: 'restarts', name: 'restarts' }],
  },
];

/** Every chart of what was measured. One without any value is left out: this server does not measure it. */
export function chartsOf(read: ReadMetrics, shown: Shown): readonly (Chart & { readonly id: string })[] {
  const times = timesOf(read);
  const marks = marksOf(read, times);
  const one = shown.kind === 'one' ? read.instances.find(({ name }) => name === shown.name) : undefined;
  return kinds.flatMap(({ id, label, unit, lines, each = { figure: lines[0].figure, label } }) => {
    const drawn: readonly ChartLine[] =
      shown.kind === 'each'
        ? read.instances.map((line) => ({ name: line.name, values: valuesOf(line, each.figure, times) }))
        : lines.map(({ figure, ...line }) => {
            return { ...line, values: valuesOf(one ?? read.whole, figure, times) };
          });
    if (drawn.every(({ values }) => values.every((value) => value === null))) return [];
    return [{ id, label: shown.kind === 'each' ? each.label : label, unit, times, lines: drawn, marks }];
  });
}

/** Every step from the first to the last that was measured, whether it was or not: what is missing is a gap. */
function timesOf({ stepMs, whole, instances }: ReadMetrics): readonly number[] {
  const all = [whole, ...instances].flatMap(({ points }) => [points[0]?.at, points.at(-1)?.at]);
  const known = all.filter((at) => at !== undefined);
  const [first, last] = [Math.min(...known), Math.max(...known)];
  const count = Math.min(5000, Math.floor((last - first) / stepMs) + 1);
  return Array.from({ length: count }, (_, index) => (first + index * stepMs) / 1000);
}

function valuesOf(
  line: FigureLine,
  figure: FigureName,
  times: readonly number[],
): readonly (number | null)[] {
  const by = new Map(line.points.map(({ at, figures }) => [at / 1000, figures[figure]]));
  return times.map((time) => by.get(time) ?? null);
}

function marksOf({ marks }: ReadMetrics, times: readonly number[]): readonly ChartMark[] {
  const [first = 0] = times;
  return marks
    .filter(({ time }) => time / 1000 >= first)
    .map((mark) => {
      const words =
        mark.kind === 'rollout' ? `v${mark.release} rolled out` : `scaled from ${mark.from} to ${mark.to}`;
      return { at: mark.time / 1000, words };
    });
}
