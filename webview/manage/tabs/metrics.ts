import { html, nothing, type TemplateResult } from 'lit-html';
import type { ReadMetrics } from '../../../src/protocol/metricFigures.ts';
import type { Chart } from '../../charts/chart.ts';
import { valueWords } from '../../../src/protocol/figureWords.ts';
import { stepWords } from '../../charts/times.ts';
import { choice } from '../../shared/controls.ts';
import { chartsOf, type Shown } from '../metrics/charts.ts';
import { usualChoice } from '../metrics/follow.ts';
import type { View } from '../view.ts';
import { timeWords } from '../words.ts';

const spans = [
  { value: '3600', label: 'the last hour' },
  { value: '21600', label: 'the last 6 hours' },
  { value: '86400', label: 'the last day' },
  { value: '259200', label: 'the last 3 days' },
  { value: '604800', label: 'the last 7 days' },
  { value: '1209600', label: 'the last 14 days' },
] as const;
type Span = (typeof spans)[number]['value'];

/** What was measured, as charts, with a table behind each. */
export function metrics(view: View): TemplateResult {
  return html`<section aria-labelledby="metrics-heading" class="metrics">
    <h2 id="metrics-heading">Metrics</h2>
    ${body(view)}
  </section>`;
}

function body(view: View): TemplateResult {
  const { metrics: measured } = view;
  switch (measured.kind) {
    case 'none':
      return html`<p class="lead" id="no-metrics">
        This server has no metrics for this deployment: Patr measures them in its own regions only, not in
        regions that you bring yourself.
      </p>`;
    case 'failed':
      return html`<p class="problem" role="alert">What was measured cannot be read: ${measured.message}</p>`;
    case 'asking':
      return html`${choices(view, undefined)}
        <p class="lead" role="status">Reading what was measured…</p>`;
    case 'empty':
      return html`${choices(view, undefined)}
        <p class="lead" id="nothing-measured">
          Nothing was measured in this time. The first figures come some 20 seconds after an instance has
          started.
        </p>`;
    case 'there':
      return html`${choices(view, measured.read)} ${old(measured.problem)} ${charts(view, measured.read)}
      ${marks(measured.read)}`;
  }
}

function old(problem: string | undefined): TemplateResult | typeof nothing {
  if (problem === undefined) return nothing;
  return html`<p class="problem" role="status">What is shown is how it was before: ${problem}</p>`;
}

function choices({ state, actions }: View, read: ReadMetrics | undefined): TemplateResult {
  const chosen = state.metrics ?? usualChoice;
  const names = (read?.instances ?? []).map(({ name }) => name);
  const leftOut = read?.instancesLeftOut ?? 0;
  return html`<div class="choices">
    ${choice<Span>({
      id: 'span',
      label: 'Time',
      value: spans.find(({ value }) => Number(value) === chosen.seconds)?.value ?? '3600',
      options: spans,
      onChange: (value) => actions.showMetrics({ ...chosen, seconds: Number(value) }),
    })}
    ${choice<string>({
      id: 'shown',
      label: 'Instances',
      value: chosen.shown.kind === 'one' ? `one ${chosen.shown.name}` : chosen.shown.kind,
      options: [
        { value: 'whole', label: 'all together' },
        { value: 'each', label: 'a line for each' },
        ...names.map((name) => ({ value: `one ${name}`, label: name })),
      ],
      hint: leftOut === 0 ? undefined : `${leftOut} that are gone for longest are not among them.`,
      onChange: (value) => actions.showMetrics({ ...chosen, shown: shownOf(value) }),
    })}
  </div>`;
}

function shownOf(value: string): Shown {
  if (value === 'whole' || value === 'each') return { kind: value };
  return { kind: 'one', name: value.replace(/^one /, '') };
}

function charts({ state, actions }: View, read: ReadMetrics): TemplateResult {
  const chosen = state.metrics ?? usualChoice;
  const { shown, tables } = chosen;
  const toggled = (id: string, open: boolean): void => {
    if (tables.includes(id) === open) return;
    const others = tables.filter((one) => one !== id);
    actions.showMetrics({ ...chosen, tables: open ? [...others, id] : others });
  };
  return html`<div class="charts">
    ${chartsOf(read, shown).map(
      (chart) =>
        html`<section aria-labelledby=${`chart-${chart.id}`} data-chart=${chart.id}>
          <h3 id=${`chart-${chart.id}`}>${chart.label}</h3>
          <patr-chart .chart=${chart}></patr-chart>
          <details
            ?open=${tables.includes(chart.id)}
            @toggle=${(event: Event) => toggled(chart.id, (event.currentTarget as HTMLDetailsElement).open)}
          >
            <summary>Show as table</summary>
            ${tables.includes(chart.id) ? table(chart) : nothing}
          </details>
        </section>`,
    )}
  </div>`;
}

/** The same figures as rows, newest first; steps without any are left out. */
function table({ label, times, lines, unit, marks: all }: Chart): TemplateResult {
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  const rows = times
    .map((time, index) => ({ time, values: lines.map(({ values }) => values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null))
    .toReversed();
  const happened = (time: number): string =>
    all
      .filter(({ at }) => at >= time && at < time + step)
      .map(({ words }) => words)
      .join(', ');
  return html`<div class="rows" tabindex="0" role="group" aria-label=${`${label}, as a table`}>
    <table>
      <thead>
        <tr>
          <th scope="col">Time</th>
          ${lines.map(({ name }) => html`<th scope="col">${name}</th>`)}
          <th scope="col">What happened</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ time, values }) =>
            html`<tr>
              <th scope="row" data-label="Time">${stepWords(time, span)}</th>
              ${values.map((value, at) => html`<td data-label=${lines[at]?.name ?? ''}>${valueWords(unit, value)}</td>`)}
              <td data-label="What happened">${happened(time)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function marks({ marks: all }: ReadMetrics): TemplateResult | typeof nothing {
  if (all.length === 0) return nothing;
  return html`<h3 id="marks-heading">Rollouts and scalings</h3>
    <p class="lead">Marked on the charts by a dotted line.</p>
    <ol class="plain events" aria-labelledby="marks-heading" reversed>
      ${all.toReversed().map(
        (mark) =>
          html`<li>
            <span class="when">${timeWords(mark.at)}</span>
            <span class="text"
              >${mark.kind === 'rollout' ? `v${mark.release} rolled out (${mark.cause})` : `Scaled from ${mark.from} to ${mark.to} instances`}</span
            >
          </li>`,
      )}
    </ol>`;
}
