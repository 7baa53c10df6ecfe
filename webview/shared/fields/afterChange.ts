import { html, nothing, type TemplateResult } from 'lit-html';
import { configSignals } from '../../../src/protocol/shapes/configMount.ts';
import { choice, textField } from '../controls.ts';
import { httpPorts, type AfterChangeDraft } from './draft.ts';
import type { FieldsView } from './view.ts';

const kinds = [
  { value: 'nothing', label: 'Nothing' },
  { value: 'signal', label: 'Send a signal' },
  { value: 'restart', label: 'Restart without downtime' },
  { value: 'post', label: 'POST to the application' },
] as const;

/** What happens in instances after their config mounts have changed. */
export function afterChange(view: FieldsView): TemplateResult {
  const { draft, actions } = view;
  const { kind } = draft.after;
  const change = (changes: Partial<AfterChangeDraft>, ...fields: string[]): void =>
    actions.edit((now) => ({ after: { ...now.after, ...changes } }), ...fields);
  return html`<div role="group" aria-label="After a change of config mounts">
    ${choice({
      id: 'after',
      label: 'After a change of config mounts',
      value: kind,
      options: kinds,
      hint: 'An application that watches its files needs nothing.',
      // With one port there is nothing to choose.
      onChange: (value) => change({ kind: value, port: draft.after.port || (httpPorts(draft)[0] ?? '') }),
    })}
    ${kind === 'signal' ? signal(view, change) : nothing} ${kind === 'post' ? post(view, change) : nothing}
  </div>`;
}

type Change = (changes: Partial<AfterChangeDraft>, ...fields: string[]) => void;

function signal({ draft }: FieldsView, change: Change): TemplateResult {
  return choice({
    id: 'after-signal',
    label: 'Signal',
    value: draft.after.signal,
    options: configSignals.map((value) => ({ value, label: value })),
    hint: 'It goes to the first process of each instance.',
    onChange: (value) => change({ signal: value }),
  });
}

function post({ draft, problems }: FieldsView, change: Change): TemplateResult {
  const { port, path } = draft.after;
  const known = httpPorts(draft);
  const missing = port === '' ? 'Choose a port' : `${port} (not in the list of ports)`;
  const options = [
    ...(known.includes(port) ? [] : [{ value: port, label: missing }]),
    ...known.map((value) => ({ value, label: value })),
  ];
  return html`<div class="row probe">
    ${choice({
      id: 'after-port',
      label: 'Port',
      value: port,
      options,
      problem: problems.get('after-port'),
      onChange: (value) => change({ port: value }, 'after-port'),
    })}
    ${textField({
      id: 'after-path',
      label: 'Path',
      value: path,
      placeholder: '/reload',
      problem: problems.get('after-path'),
      onInput: (value) => change({ path: value }, 'after-path'),
    })}
  </div>`;
}
