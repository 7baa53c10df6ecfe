import { html, type TemplateResult } from 'lit-html';
import type { PortType } from '../../../src/protocol/shapes/deployment.ts';
import { button, choice, textField } from '../controls.ts';
import { changeRow, nextKey, type PortRow } from './draft.ts';
import type { FieldsView } from './view.ts';
import { removeButton, rowsOf, without } from './rows.ts';

const types: readonly { readonly value: PortType; readonly label: string }[] = [
  { value: 'http', label: 'HTTP' },
  { value: 'tcp', label: 'TCP' },
  { value: 'udp', label: 'UDP' },
];

export function ports(view: FieldsView): TemplateResult {
  const { draft, problems, actions } = view;
  const add = (): void => {
    const key = nextKey(draft.ports);
    actions.change({ ports: [...draft.ports, { key, port: '', type: 'http' }] }, 'ports');
    actions.goTo(`port-${key}`);
  };
  return rowsOf({
    id: 'ports',
    title: 'Ports',
    lead: 'Ports that the application listens on. Each HTTP port gets an address of its own.',
    rows: draft.ports,
    problem: problems.get('ports'),
    row: (row, index) => portRow(view, row, index + 1),
    buttons: button({ id: 'add-port', label: 'Add port', onClick: add }),
  });
}

function portRow({ draft, problems, actions }: FieldsView, { key, port, type }: PortRow, number: number) {
  const change = (changes: Partial<PortRow>, ...fields: string[]): void =>
    actions.change({ ports: changeRow(draft.ports, key, changes) }, 'ports', ...fields);
  return html`<div role="listitem" class="row">
    ${textField({
      id: `port-${key}`,
      label: `Port ${number}`,
      value: port,
      placeholder: '8080',
      problem: problems.get(`port-${key}`),
      onInput: (value) => change({ port: value }, `port-${key}`),
    })}
    ${choice<PortType>({
      id: `port-type-${key}`,
      label: `Type of port ${number}`,
      value: type,
      options: types,
      onChange: (value) => change({ type: value }),
    })}
    ${removeButton(port === '' ? `port ${number}` : `port ${port}`, () =>
      actions.change({ ports: without(draft.ports, key) }, 'ports'),
    )}
  </div>`;
}
