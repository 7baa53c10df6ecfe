import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { button } from '../controls.ts';

export interface Rows<R extends { readonly key: number }> {
  /** Id of the heading, and class of the rows. */
  readonly id: string;
  readonly title: string;
  readonly lead: string;
  readonly rows: readonly R[];
  /** What is wrong with the list as a whole. */
  readonly problem?: string | undefined;
  readonly row: (row: R, index: number) => unknown;
  readonly buttons: TemplateResult;
  readonly more?: unknown;
}

/** A list of things of one kind, with what adds to it below. */
export function rowsOf<R extends { readonly key: number }>(given: Rows<R>): TemplateResult {
  const { id, title, lead, rows, problem, row, buttons, more } = given;
  return html`<section aria-labelledby=${`${id}-heading`}>
    <h3 id=${`${id}-heading`} tabindex="-1">${title}</h3>
    <p class="lead">${lead}</p>
    ${problem === undefined ? nothing : html`<p class="problem" id=${`${id}-problem`}>${title} ${problem}.</p>`}
    ${more ?? nothing}
    <div role="list" class="rows ${id}" ?hidden=${rows.length === 0}>
      ${repeat(rows, (one) => one.key, row)}
    </div>
    <div class="buttons">${buttons}</div>
  </section>`;
}

/** The button at the end of a row. */
export function removeButton(what: string, onClick: () => void): TemplateResult {
  return button({ label: 'Remove', says: `Remove ${what}`, onClick });
}

export function without<R extends { readonly key: number }>(rows: readonly R[], key: number): R[] {
  return rows.filter((row) => row.key !== key);
}
