import type { Unit } from '../../src/protocol/figureWords.ts';

/** Name of the element that draws a chart; it is defined by a script of its own, which is loaded when one is shown. */
export const chartElement = 'patr-chart';

/** What a chart shows. */
export interface Chart {
  readonly label: string;
  /** Seconds since the epoch, in even steps, oldest first. */
  readonly times: readonly number[];
  /** A value for each time; null is a gap. */
  readonly lines: readonly ChartLine[];
  readonly marks: readonly ChartMark[];
  readonly unit: Unit;
}

/** Colours of the editor for lines. Its orange is none: usual themes let the ground through it. */
export const chartColours = ['blue', 'yellow', 'green', 'purple', 'red'] as const;
export type ChartColour = (typeof chartColours)[number];

export interface ChartLine {
  readonly name: string;
  /** Where it means something; the next one in turn when absent. */
  readonly colour?: ChartColour;
  readonly values: readonly (number | null)[];
  /** Says the same as another line, in another way. */
  readonly dashed?: boolean;
}

export interface ChartMark {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly words: string;
}

/** The element as the page uses it. */
export interface ChartElement extends HTMLElement {
  chart: Chart | undefined;
}
