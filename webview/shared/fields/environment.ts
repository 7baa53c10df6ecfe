import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { button, choice, textArea, textField } from '../controls.ts';
import { looksLikeCredential } from '../../../src/protocol/credentials.ts';
import { looksLikeDotEnv } from './dotenv.ts';
import { changeRow, nextKey, type VariableRow } from './draft.ts';
import { choicesOf, optionsOf, typedAt, type FieldsView } from './view.ts';
import { removeButton, rowsOf, without } from './rows.ts';

export function environment(view: FieldsView): TemplateResult {
  const { draft, actions, asides } = view;
  const add = (): void => {
    const key = nextKey(draft.environment);
    actions.change({ environment: [...draft.environment, { key, name: '', value: '' }] });
    actions.goTo(`variable-${key}`);
  };
  const choices = choicesOf(view);
  return rowsOf({
    id: 'environment',
    title: 'Environment variables',
    lead:
      choices !== undefined && choices.secrets === undefined
        ? 'Raw values are stored in plain text. Secrets are not offered by this server.'
        : 'Raw values are stored in plain text. Use a secret for what nobody may read.',
    rows: draft.environment,
    row: (row, index) => guardedRow(view, row, index + 1),
    buttons: html`${button({ id: 'add-variable', label: 'Add variable', onClick: add })}
    ${button({ id: 'paste-env', label: 'Paste a .env file…', onClick: () => actions.aside('env-text', '') })}`,
    more: asides.get('env-text') === undefined ? nothing : pasted(view),
  });
}

function pasted({ actions, asides }: FieldsView): TemplateResult {
  const aside = asides.get('env-text');
  const text = aside?.text ?? '';
  return html`<div class="aside">
    ${textArea({
      id: 'env-text',
      label: 'Text of the .env file',
      value: text,
      rows: 6,
      placeholder: 'NAME=value',
      hint: 'Variables that are in the list already get the new value.',
      problem: aside?.kind === 'open' ? aside.problem : undefined,
      onInput: (value) => actions.aside('env-text', value),
    })}
    <div class="buttons">
      ${button({
        id: 'add-env-text',
        label: 'Add these variables',
        disabled: text.trim() === '',
        onClick: () => actions.addVariables(undefined, text),
      })}
      ${button({ label: 'Cancel', onClick: () => actions.aside('env-text', undefined) })}
    </div>
  </div>`;
}

/** Of hundreds of rows only those are drawn anew for which something has changed. */
function guardedRow(view: FieldsView, row: VariableRow, number: number): unknown {
  const { problems, asides } = view;
  const { key } = row;
  const depends = [
    row,
    number,
    problems.get(`variable-${key}`),
    problems.get(`value-${key}`),
    asides.get(`secret-${key}`),
    asides.get(typedAt(key)),
    choicesOf(view)?.secrets,
  ];
  return guard(depends, () => variableRow(view, row, number));
}

function variableRow(view: FieldsView, row: VariableRow, number: number): TemplateResult {
  const { problems, actions, asides } = view;
  const { key, name } = row;
  const secrets = choicesOf(view)?.secrets;
  const title = name === '' ? `variable ${number}` : name;
  const change = (changes: Partial<VariableRow>, field: string): void =>
    actions.edit((draft) => ({ environment: changeRow(draft.environment, key, changes) }), field);
  const paste = (event: ClipboardEvent): void => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!looksLikeDotEnv(text)) return;
    event.preventDefault();
    actions.addVariables(key, text);
  };
  return html`<div role="listitem" class="row variable" @paste=${paste}>
    ${textField({
      id: `variable-${key}`,
      label: `Name of variable ${number}`,
      compact: true,
      value: name,
      placeholder: 'NAME',
      problem: problems.get(`variable-${key}`),
      onInput: (value) => change({ name: value }, `variable-${key}`),
    })}
    ${
      row.secret === undefined
        ? textField({
            id: `value-${key}`,
            label: `Value of variable ${number}`,
            compact: true,
            value: row.value,
            placeholder: 'value',
            problem: problems.get(`value-${key}`),
            onInput: (value) => change({ value }, `value-${key}`),
          })
        : choice({
            id: `value-${key}`,
            label: `Secret of variable ${number}`,
            compact: true,
            value: row.secret,
            options: optionsOf(secrets ?? [], row.secret, 'Choose a secret'),
            problem: problems.get(`value-${key}`),
            onChange: (secret) => change({ secret }, `value-${key}`),
          })
    }
    <div class="actions">
      ${secrets === undefined ? nothing : sourceButton(view, row, title)}
      ${secrets !== undefined && row.secret === '' ? newSecretButton(view, row, title) : nothing}
      ${removeButton(title, () =>
        actions.edit(({ environment }) => ({ environment: without(environment, key) })),
      )}
    </div>
    ${asides.get(`secret-${key}`) === undefined ? warning(view, row, title) : makeSecret(view, row, title)}
  </div>`;
}

function sourceButton({ actions }: FieldsView, { key, secret }: VariableRow, title: string): TemplateResult {
  const raw = secret === undefined;
  const changes = raw ? { secret: '' } : { secret: undefined };
  return button({
    label: raw ? 'Use a secret' : 'Use a raw value',
    says: raw ? `Use a secret for ${title}` : `Use a raw value for ${title}`,
    onClick: () => actions.edit(({ environment }) => ({ environment: changeRow(environment, key, changes) })),
  });
}

/** Its value is typed where nobody sees it, and is in nothing that is kept. */
function newSecretButton({ actions }: FieldsView, { key, name }: VariableRow, title: string): TemplateResult {
  return button({
    label: 'Make a secret…',
    says: `Make a secret for ${title}`,
    onClick: () => {
      actions.aside(`secret-${key}`, name);
      actions.goTo(`secret-${key}`);
    },
  });
}

function warning(view: FieldsView, { key, name, value, secret }: VariableRow, title: string) {
  if (secret !== undefined || !looksLikeCredential(name, value)) return nothing;
  const possible = choicesOf(view)?.secrets !== undefined;
  const { actions } = view;
  return html`<div class="note warning" id=${`credential-${key}`}>
    <p>This looks like a credential, and a raw value is stored in plain text.</p>
    ${
      possible
        ? button({
            label: 'Make it a secret',
            says: `Make it a secret: ${title}`,
            onClick: () => actions.aside(`secret-${key}`, name),
          })
        : nothing
    }
  </div>`;
}

function makeSecret(
  { actions, asides }: FieldsView,
  { key, secret }: VariableRow,
  title: string,
): TemplateResult {
  const aside = asides.get(`secret-${key}`);
  const typed = asides.get(typedAt(key))?.text ?? '';
  const busy = aside?.kind === 'busy';
  const text = aside?.text ?? '';
  return html`<div class="aside">
    ${textField({
      id: `secret-${key}`,
      label: 'Name of the secret',
      value: text,
      disabled: busy,
      hint: 'The value is kept sealed and is never shown again.',
      problem: aside?.kind === 'open' ? aside.problem : undefined,
      onInput: (value) => actions.aside(`secret-${key}`, value),
    })}
    ${
      secret === undefined
        ? nothing
        : textField({
            id: typedAt(key),
            kind: 'password',
            label: 'Value of the secret',
            value: typed,
            disabled: busy,
            onInput: (value) => actions.aside(typedAt(key), value),
          })
    }
    <div class="buttons">
      ${button({
        label: busy ? 'Creating…' : 'Create secret',
        says: busy ? 'Creating…' : `Create secret for ${title}`,
        disabled: busy || text.trim() === '' || (secret !== undefined && typed === ''),
        onClick: () => actions.createSecret(key, text.trim()),
      })}
      ${button({
        label: 'Cancel',
        disabled: busy,
        onClick: () => {
          actions.aside(`secret-${key}`, undefined);
          actions.aside(typedAt(key), undefined);
        },
      })}
    </div>
  </div>`;
}
