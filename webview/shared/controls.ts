import { html, nothing, type TemplateResult } from 'lit-html';
import { keyed } from 'lit-html/directives/keyed.js';
import { live } from 'lit-html/directives/live.js';
import { describedBy } from './describe.ts';

/** What every field has. `id` is unique in the page; problems are told at their field by it. */
export interface Field {
  readonly id: string;
  readonly label: string;
  /** Said below the field while there is no problem. */
  readonly hint?: string | undefined;
  /** What is wrong with it, as words that go on from its label: "must be a port from 1 to 65535". */
  readonly problem?: string | undefined;
  readonly disabled?: boolean;
  /** In a table, where a heading shows it: the label is read out, and not shown. */
  readonly compact?: boolean;
}

export interface TextField extends Field {
  readonly value: string;
  readonly placeholder?: string;
  readonly kind?: 'text' | 'password';
  readonly onInput: (value: string) => void;
}

export interface Choice<T extends string> extends Field {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

export interface Check extends Field {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

interface WithValue extends HTMLElement {
  readonly value: string;
}

export function textField(field: TextField): TemplateResult {
  const { id, label, value, disabled = false } = field;
  return wrapped(
    field,
    html`<vscode-text-field
      id=${id}
      class=${field.compact === true ? 'compact' : ''}
      type=${field.kind ?? 'text'}
      placeholder=${field.placeholder ?? ''}
      spellcheck="false"
      aria-invalid=${String(field.problem !== undefined)}
      ?disabled=${disabled}
      .value=${live(value)}
      ${describedBy(...notesOf(field))}
      @input=${(event: Event) => field.onInput((event.currentTarget as WithValue).value)}
      >${label}</vscode-text-field
    >`,
  );
}

export function textArea(field: TextField & { readonly rows: number }): TemplateResult {
  const { id, label, value, disabled = false, rows } = field;
  return wrapped(
    field,
    html`<vscode-text-area
      id=${id}
      class=${field.compact === true ? 'compact' : ''}
      rows=${rows}
      resize="vertical"
      placeholder=${field.placeholder ?? ''}
      spellcheck="false"
      aria-invalid=${String(field.problem !== undefined)}
      ?disabled=${disabled}
      .value=${live(value)}
      ${describedBy(...notesOf(field))}
      @input=${(event: Event) => field.onInput((event.currentTarget as WithValue).value)}
      >${label}</vscode-text-area
    >`,
  );
}

/** One of a few. Options are known by their value, so they may be renamed and sorted anew at any time. */
export function choice<T extends string>(field: Choice<T>): TemplateResult {
  const { id, label, options, disabled = false } = field;
  const index = options.findIndex(({ value }) => value === field.value);
  const chosen = (event: Event): void => {
    const { selectedIndex } = event.currentTarget as HTMLElement & { readonly selectedIndex: number };
    const option = options[selectedIndex];
    if (option !== undefined && option.value !== field.value) field.onChange(option.value);
  };
  const dropdown = html`<vscode-dropdown
    id=${id}
    aria-labelledby=${`${id}-label`}
    aria-invalid=${String(field.problem !== undefined)}
    ?disabled=${disabled}
    ${describedBy(...notesOf(field))}
    .selectedIndex=${live(index)}
    @change=${chosen}
  >
    ${options.map(
      (one, at) =>
        html`<vscode-option value=${`option-${at}`} ?selected=${at === index}>${one.label}</vscode-option>`,
    )}
  </vscode-dropdown>`;
  // The element reads its options once: other options want another element.
  const known = JSON.stringify(options);
  return wrapped(
    field,
    html`<label class=${field.compact === true ? 'unseen' : 'name'} id=${`${id}-label`} for=${id}
        >${label}</label
      >
      ${keyed(known, dropdown)}`,
  );
}

export function check(field: Check): TemplateResult {
  const { id, label, checked, disabled = false } = field;
  const changed = (event: Event): void => {
    const now = (event.currentTarget as HTMLElement & { readonly checked: boolean }).checked;
    if (now !== checked) field.onChange(now);
  };
  // The element tells of changes that are made for it as well: it has to know the new listener before they are.
  return wrapped(
    field,
    html`<vscode-checkbox
      id=${id}
      ?disabled=${disabled}
      @change=${changed}
      .checked=${live(checked)}
      ${describedBy(...notesOf(field))}
      >${label}</vscode-checkbox
    >`,
  );
}

export interface Button {
  readonly label: string;
  /** Where the label alone does not say which one: "Remove port 8080". The label is in it, for those who speak it. */
  readonly says?: string;
  readonly look?: 'primary' | 'secondary';
  readonly disabled?: boolean;
  readonly id?: string;
  readonly onClick: () => void;
}

export function button({ label, says, look, disabled = false, id, onClick }: Button): TemplateResult {
  return html`<vscode-button
    id=${id ?? nothing}
    appearance=${look ?? 'secondary'}
    aria-label=${says ?? nothing}
    ?disabled=${disabled}
    @click=${onClick}
    >${label}</vscode-button
  >`;
}

function wrapped(field: Field, control: TemplateResult): TemplateResult {
  const { id, hint, problem } = field;
  return html`<div class="field" data-field=${id}>
    ${control}
    ${problem === undefined ? nothing : html`<p class="problem" id=${`${id}-problem`}>${sentence(field)}</p>`}
    ${hint === undefined ? nothing : html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

function notesOf({ id, hint, problem }: Field): readonly string[] {
  return [...(problem === undefined ? [] : [`${id}-problem`]), ...(hint === undefined ? [] : [`${id}-hint`])];
}

/** The words of a problem go on from the name of its field. */
function sentence({ label, problem = '' }: Field): string {
  return `${label} ${problem}.`;
}
