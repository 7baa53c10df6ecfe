import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { addressesIn, placeIn } from '../../../src/protocol/lineLinks.ts';
import type { Managed } from '../../../src/protocol/panelManage.ts';
import type { LogLine } from '../../../src/protocol/shapes/log.ts';
import { parseTimestamp } from '../../../src/protocol/wire.ts';
import { button, check, choice, textField } from '../../shared/controls.ts';
import { piecesOf, plainText, type Piece } from '../logs/ansi.ts';
import { keyOf } from '../logs/held.ts';
import { listId, type LogsView } from '../logs/logs.ts';
import { structuredOf, type Structured } from '../logs/structured.ts';
import { rowHeight, windowOf } from '../logs/window.ts';

/** What the instances print, as one. */
export function logs(view: LogsView, managed: Managed): TemplateResult {
  return html`<h2 class="unseen">Logs</h2>
    ${filters(view, managed)} ${toolbar(view)} ${notes(view)} ${list(view, managed)} ${details(view, managed)}`;
}

function filters({ filter, filters: own, held, actions }: LogsView, managed: Managed): TemplateResult {
  return html`<div class="log-filters" role="search" aria-label="Filter lines">
    ${textField({
      id: 'log-search',
      label: 'Search',
      value: filter.search,
      placeholder: 'all lines',
      onInput: (search) => actions.change({ search }),
    })}
    ${
      own
        ? html`<div class="log-checks">
              ${check({
                id: 'log-expression',
                label: 'Regular expression',
                checked: filter.expression,
                onChange: (expression) => actions.change({ expression }),
              })}
              ${check({
                id: 'log-case',
                label: 'Match case',
                checked: filter.matchCase,
                onChange: (matchCase) => actions.change({ matchCase }),
              })}
            </div>
            ${choice({
              id: 'log-instance',
              label: 'Instance',
              value: filter.instance,
              options: [
                { value: '', label: 'all instances' },
                ...instancesOf(managed, held.lines, filter.instance),
              ],
              onChange: (instance) => actions.change({ instance }),
            })}
            ${timeField('log-from', 'From', filter.from, (from) => actions.change({ from }))}`
        : nothing
    }
    ${timeField('log-until', 'Jump to', filter.until, (until) => actions.change({ until }))}
  </div>`;
}

/** The editor's toolkit has no field for a time. */
function timeField(
  id: string,
  label: string,
  value: string,
  onChange: (value: string) => void,
): TemplateResult {
  return html`<div class="field" data-field=${id}>
    <label class="name" for=${id}>${label}</label>
    <input
      id=${id}
      type="datetime-local"
      step="1"
      .value=${value}
      @change=${(event: Event) => onChange((event.currentTarget as HTMLInputElement).value)}
    />
  </div>`;
}

/** Those that are there, and those that are gone and have printed something that is shown. */
function instancesOf(
  { instances = [] }: Managed,
  lines: readonly LogLine[],
  chosen: string,
): { value: string; label: string }[] {
  const known = new Map(instances.map(({ id, name }) => [id, name]));
  const gone = new Set([...lines.map(({ instance }) => instance ?? ''), chosen]);
  return [
    ...Array.from(known, ([value, label]) => ({ value, label })),
    ...Array.from(gone).flatMap((value) =>
      value === '' || known.has(value) ? [] : [{ value, label: `${value.slice(0, 6)} (gone)` }],
    ),
  ];
}

function toolbar(view: LogsView): TemplateResult {
  const { filter, held, following, unseen, readable, actions } = view;
  const isNow = filter.until === '';
  const filtered = Object.values(filter).some((value) => value !== '' && value !== false);
  return html`<div class="buttons log-buttons">
    ${
      isNow
        ? button({
            id: 'log-follow',
            label: following ? 'Pause' : unseen === 0 ? 'Follow' : `Follow (${unseen} new)`,
            look: following ? 'secondary' : 'primary',
            onClick: () => actions.follow(!following),
          })
        : button({
            id: 'log-now',
            label: 'Follow',
            says: 'Follow from now on',
            look: 'primary',
            onClick: () => actions.change({ until: '' }),
          })
    }
    ${filtered ? button({ id: 'log-clear', label: 'Clear filter', onClick: () => actions.clear() }) : nothing}
    ${button({
      label: 'Copy',
      says: 'Copy what is shown',
      disabled: held.lines.length === 0,
      onClick: () => actions.copy(held.lines),
    })}
    ${button({ label: 'Open as document', onClick: () => actions.open() })}
    ${button({ label: 'Save…', onClick: () => actions.save() })}
    ${check({
      id: 'log-readable',
      label: 'Readable JSON',
      checked: readable,
      onChange: (checked) => actions.read(checked),
    })}
  </div>`;
}

function notes({ trouble }: LogsView): TemplateResult | typeof nothing {
  if (trouble === '') return nothing;
  return html`<div class="note warning" role="status" id="log-trouble"><p>${trouble}</p></div>`;
}

function list(view: LogsView, managed: Managed): TemplateResult {
  const { held, top, height, loading, filter, actions } = view;
  const { lines } = held;
  const { from, to, above, below } = windowOf(lines.length, top, height);
  const names = new Map(managed.instances?.map(({ id, name }) => [id, name]));
  const empty =
    loading !== undefined
      ? 'Looking…'
      : filter.search === ''
        ? 'Nothing was printed (yet).'
        : 'No line is like that (yet).';
  return html`<div
    class="log-list ${view.selected === undefined ? '' : 'short'}"
    id=${listId}
    role="log"
    aria-live="off"
    aria-label="Output"
    @scroll=${(event: Event) => actions.scrolled(event.currentTarget as HTMLElement)}
  >
    ${olderNote(view)}
    ${
      lines.length === 0
        ? html`<p class="lead log-empty" tabindex="0">${empty}</p>`
        : html`<div
            role="listbox"
            tabindex="0"
            id="log-lines"
            aria-label="Lines"
            aria-activedescendant=${activeId(view, from, to) ?? nothing}
            .style=${`padding-block: ${above}px ${below}px`}
            @keydown=${(event: KeyboardEvent) => press(event, view)}
          >
            ${repeat(
              lines.slice(from, to),
              (line) => keyOf(line),
              (line, at) => row(view, line, { at: from + at, count: lines.length, names }),
            )}
          </div>`
    }
    ${endNote(view)}
  </div>`;
}

function olderNote({ held, loading }: LogsView): TemplateResult | typeof nothing {
  if (held.lines.length === 0 || held.older) return nothing;
  const words =
    loading === 'older' ? 'Looking for older lines…' : 'Nothing older is shown here. All of it can be saved.';
  return html`<p class="lead log-begin">${words}</p>`;
}

function endNote({ held }: LogsView): TemplateResult | typeof nothing {
  if (held.lines.length === 0 || held.newer === 'followed') return nothing;
  const words =
    held.newer === 'more'
      ? 'Looking for newer lines…'
      : 'Nothing newer was there when this was read. Follow shows what comes.';
  return html`<p class="lead log-begin">${words}</p>`;
}

function activeId({ held, selected }: LogsView, from: number, to: number): string | undefined {
  const at = held.lines.findIndex((line) => keyOf(line) === selected);
  return at >= from && at < to ? `log-row-${at}` : undefined;
}

function press(event: KeyboardEvent, { height, held, selected, actions }: LogsView): void {
  const page = Math.max(1, Math.floor(height / rowHeight) - 1);
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -Infinity,
    End: Infinity,
  };
  const step = steps[event.key];
  const chosen = held.lines.find((line) => keyOf(line) === selected);
  if (step !== undefined) actions.move(step);
  else if (event.key === 'Escape') actions.select(undefined);
  else if (event.key === 'c' && (event.ctrlKey || event.metaKey) && chosen !== undefined && !hasMarkedText())
    actions.copy([chosen]);
  else return;
  event.preventDefault();
}

/** Who marks a part of a line with the pointer means that part, and not the line. */
function hasMarkedText(): boolean {
  return getSelection()?.isCollapsed === false;
}

interface RowFacts {
  readonly at: number;
  readonly count: number;
  readonly names: ReadonlyMap<string, string>;
}

function row(view: LogsView, line: LogLine, { at, count, names }: RowFacts): TemplateResult {
  const { instance = '', stream, dropped, timestamp } = line;
  const key = keyOf(line);
  const kind = dropped !== undefined ? 'dropped' : stream === 'stderr' ? 'stderr' : '';
  return html`<div
    role="option"
    class="log-row ${kind}"
    id=${`log-row-${at}`}
    aria-selected=${String(key === view.selected)}
    aria-setsize=${count}
    aria-posinset=${at + 1}
    @click=${() => {
      if (!hasMarkedText()) view.actions.select(key === view.selected ? undefined : key);
    }}
  >
    <span class="log-time">${clock(timestamp)}</span>
    <span class="log-instance">${shortName(instance, names)}</span>
    <span class="log-stream">${stream === 'stderr' ? 'err' : ''}</span>
    <span class="log-text">${view.readable ? readable(line.log) : pieces(line.log)}</span>
  </div>`;
}

function readable(log: string): readonly TemplateResult[] {
  const found = structuredOf(plainText(log));
  return found === undefined ? pieces(log) : summary(found);
}

/** The row keeps every blank, so there is none between its pieces but those that are meant. */
function summary({ level, message, fields: all }: Structured): readonly TemplateResult[] {
  return [
    ...(level === undefined ? [] : [html`<span class="log-level ${level}">${level} </span>`]),
    html`<span>${message}</span>`,
    ...all.map(([name, value]) => html`<span class="log-field">${` ${name}=${value}`}</span>`),
  ];
}

function pieces(log: string): readonly TemplateResult[] {
  return piecesOf(log).map((piece) => html`<span class=${classOf(piece)}>${piece.text}</span>`);
}

function classOf({ tone, bold, dim, italic, underline }: Piece): string {
  return [
    ...(tone === undefined ? [] : [`tone-${tone}`]),
    ...(bold ? ['bold'] : []),
    ...(dim ? ['dim'] : []),
    ...(italic ? ['italic'] : []),
    ...(underline ? ['underline'] : []),
  ].join(' ');
}

/** The line that was chosen: all of it, its fields, and where it leads. */
function details({ held, selected, actions }: LogsView, managed: Managed): TemplateResult | typeof nothing {
  const line = held.lines.find((one) => keyOf(one) === selected);
  if (line === undefined) return nothing;
  const text = plainText(line.log);
  const found = structuredOf(text);
  const place = placeIn(text);
  const name = managed.instances?.find(({ id }) => id === line.instance)?.name ?? line.instance;
  return html`<section class="log-details" aria-label="The chosen line">
    <p class="lead">
      ${fullTime(line.timestamp)} · ${name ?? 'unknown instance'} · ${line.stream ?? 'output'}
    </p>
    ${found === undefined ? html`<pre tabindex="0">${text}</pre>` : fields(found)}
    <div class="buttons">
      ${button({ label: 'Copy line', onClick: () => actions.copy([line]) })}
      ${
        place === undefined
          ? nothing
          : button({ label: `Open ${place.path}:${place.line}`, onClick: () => actions.openPlace(text) })
      }
      ${addressesIn(text).map((url) => button({ label: `Open ${url}`, onClick: () => actions.openUrl(url) }))}
      ${button({ label: 'Close', says: 'Close the line', onClick: () => actions.select(undefined) })}
    </div>
  </section>`;
}

function fields({ level, message, fields: all }: Structured): TemplateResult {
  const rows = [['level', level ?? ''], ['message', message], ...all].filter(([, value]) => value !== '');
  return html`<dl class="log-fields">
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

function shortName(instance: string, names: ReadonlyMap<string, string>): string {
  const name = names.get(instance);
  // The end tells instances of one deployment apart.
  return name === undefined ? instance.slice(0, 6) : name.slice(-6);
}

function clock(timestamp: string | number): string {
  const at = parseTimestamp(timestamp);
  if (at === undefined) return '';
  const time = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

function fullTime(timestamp: string | number): string {
  const at = parseTimestamp(timestamp);
  return at === undefined ? String(timestamp) : new Date(at).toLocaleString();
}
