import UPlot from 'uplot';
import { valueWords } from '../../src/protocol/figureWords.ts';
import { chartColours, type Chart, type ChartElement } from './chart.ts';
import { stepWords, tickWords } from './times.ts';

const height = 160;
const narrowest = 120;
/** Between two marks of an axis that counts things. */
const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;

/** A chart in the editor's colours, which the pointer and the arrow keys move along; what is there is told in words. */
export class PatrChart extends HTMLElement implements ChartElement {
  #chart: Chart | undefined;
  #plot: UPlot | undefined;
  #shape = '';
  #at: number | undefined;
  readonly #canvas = document.createElement('div');
  readonly #readout = document.createElement('p');
  readonly #resized = new ResizeObserver(() => this.#fit());
  /** The editor changes its theme by the style of the document and the class of its body. */
  readonly #themed = new MutationObserver(() => {
    this.#plot?.redraw(false);
    this.#tell();
  });

  constructor() {
    super();
    this.#canvas.tabIndex = 0;
    this.#canvas.className = 'canvas';
    this.#canvas.setAttribute('role', 'group');
    this.#canvas.addEventListener('keydown', (event) => this.#press(event));
    this.#readout.className = 'readout';
    // One that nobody moves along has nothing to say while it follows.
    this.#canvas.addEventListener('focus', () => this.#readout.setAttribute('aria-live', 'polite'));
    this.#canvas.addEventListener('blur', () => this.#readout.removeAttribute('aria-live'));
  }

  get chart(): Chart | undefined {
    return this.#chart;
  }

  set chart(chart: Chart | undefined) {
    this.#chart = chart;
    this.#show();
  }

  connectedCallback(): void {
    this.append(this.#canvas, this.#readout);
    // What was given before this script was there is a property of the element itself.
    if (Object.hasOwn(this, 'chart')) {
      const given = this.chart;
      Reflect.deleteProperty(this, 'chart');
      this.#chart = given;
    }
    this.#resized.observe(this);
    this.#themed.observe(document.documentElement, { attributes: true });
    this.#themed.observe(document.body, { attributes: true });
    this.#show();
  }

  disconnectedCallback(): void {
    this.#resized.disconnect();
    this.#themed.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#shape = '';
  }

  /** Other values go into the plot that is there; other lines want another. */
  #show(): void {
    const chart = this.#chart;
    if (chart === undefined || !this.isConnected) return;
    this.#canvas.setAttribute('aria-label', `${chart.label}: chart. Arrow keys move along it.`);
    const shape = JSON.stringify([
      chart.unit,
      chart.lines.map(({ name, colour, dashed }) => [name, colour, dashed]),
    ]);
    const data = [Array.from(chart.times), ...chart.lines.map(({ values }) => Array.from(values))];
    if (this.#plot === undefined || shape !== this.#shape) {
      this.#plot?.destroy();
      this.#shape = shape;
      this.#plot = new UPlot(this.#options(chart), data as UPlot.AlignedData, this.#canvas);
    } else this.#plot.setData(data as UPlot.AlignedData);
    this.#tell();
  }

  #fit(): void {
    const width = this.#width();
    if (this.#plot !== undefined && this.#plot.width !== width) this.#plot.setSize({ width, height });
  }

  #width(): number {
    return Math.max(narrowest, Math.floor(this.clientWidth));
  }

  #options(chart: Chart): UPlot.Options {
    const axis: UPlot.Axis = {
      stroke: () => this.#colour('descriptionForeground'),
      font: '11px sans-serif',
      // Fainter than any line, also in high contrast, where borders are as strong as lines.
      grid: { stroke: () => `color-mix(in srgb, ${this.#colour('foreground')} 18%, transparent)`, width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.#width(),
      height,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        {
          ...axis,
          size: 28,
          values: (_plot, splits) => splits.map((at) => tickWords(at, spanOf(this.#chart))),
          space: 90,
        },
        {
          ...axis,
          values: (_plot, splits) => splits.map((value) => valueWords(chart.unit, value)),
          size: 74,
          space: 36,
          ...(chart.unit === 'count' ? { incrs: [...wholeSteps] } : {}),
        },
      ],
      series: [
        {},
        ...chart.lines.map(({ name, dashed }, index): UPlot.Series => {
          // Where there are more lines than colours these begin again, dashed.
          const dash = dashed === true || index >= chartColours.length ? { dash: [5, 4] } : {};
          return {
            label: name,
            stroke: () => this.#lineColour(index),
            width: 1.5,
            ...dash,
            points: { show: alone },
          };
        }),
      ],
      hooks: {
        setCursor: [
          ({ cursor }) => {
            this.#at = cursor.idx ?? undefined;
            this.#tell();
          },
        ],
        draw: [(plot) => this.#drawMarks(plot)],
      },
    };
  }

  /** A line from top to bottom where something happened; its words are with the values. */
  #drawMarks(plot: UPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = this.#colour('foreground');
    ctx.fillStyle = ctx.strokeStyle;
    ctx.setLineDash([2, 3]);
    for (const { at } of this.#chart?.marks ?? []) {
      const x = Math.round(plot.valToPos(at, 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(x - 5, bbox.top);
      ctx.lineTo(x + 5, bbox.top);
      ctx.lineTo(x, bbox.top + 8);
      ctx.fill();
    }
    ctx.restore();
  }

  #press(event: KeyboardEvent): void {
    const last = (this.#chart?.times.length ?? 0) - 1;
    const target = keyTarget(event.key, this.#at ?? last + 1, last);
    const plot = this.#plot;
    const time = target === undefined ? undefined : this.#chart?.times[target];
    if (plot === undefined || target === undefined || time === undefined) return;
    event.preventDefault();
    plot.setCursor({ left: plot.valToPos(time, 'x'), top: 8 });
    this.#at = target;
    this.#tell();
  }

  /** The values where the pointer is; the newest ones while it is nowhere. */
  #tell(): void {
    const chart = this.#chart;
    if (chart === undefined) return;
    const at = this.#at ?? chart.times.length - 1;
    const time = chart.times[at];
    if (time === undefined) return;
    const step = (chart.times[1] ?? 0) - (chart.times[0] ?? 0);
    const marks = chart.marks
      .filter((mark) => mark.at >= time && mark.at < time + step)
      .map(({ words }) => words);
    const values = chart.lines.map(({ name, values: all }) => `${name} ${valueWords(chart.unit, all[at])}`);
    const [when, ...rest] = [stepWords(time, spanOf(chart)), ...values, ...marks];
    this.#readout.replaceChildren(
      when,
      ...rest.map((words, index) => this.#said(words, index < values.length ? index : undefined)),
    );
  }

  /** Words of a line have its colour before them, so that nobody has to guess which is which. */
  #said(words: string, line: number | undefined): HTMLElement {
    const said = document.createElement('span');
    if (line !== undefined) {
      const swatch = document.createElement('i');
      // Styles that a script sets are no inline styles to the page's policy.
      swatch.style.background = this.#lineColour(line);
      said.append(swatch);
    }
    said.append(words);
    return said;
  }

  #lineColour(index: number): string {
    const inTurn = chartColours[index % chartColours.length];
    return this.#colour(`charts-${this.#chart?.lines[index]?.colour ?? inTurn}`);
  }

  #colour(name: string): string {
    const style = getComputedStyle(document.documentElement);
    return style.getPropertyValue(`--vscode-${name}`).trim() || getComputedStyle(this).color;
  }
}

/** A value between two gaps has no line that would show it. */
function alone(plot: UPlot, series: number): boolean {
  const values = plot.data[series] ?? [];
  return values.some(
    (value, index) =>
      value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null,
  );
}

function spanOf(chart: Chart | undefined): number {
  const { times = [] } = chart ?? {};
  return (times.at(-1) ?? 0) - (times[0] ?? 0);
}

function keyTarget(key: string, at: number, last: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return Math.min(last, at + 1);
    case 'ArrowLeft':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
