import { html, nothing, type TemplateResult } from 'lit-html';
import { button, choice, textField } from '../controls.ts';
import { changeRow, nextKey, type VolumeRow } from './draft.ts';
import { choicesOf, optionsOf, type FieldsView } from './view.ts';
import { removeButton, rowsOf, without } from './rows.ts';

export function volumes(view: FieldsView): TemplateResult {
  const { draft, actions } = view;
  const add = (): void => {
    const key = nextKey(draft.volumes);
    const name = `${draft.name.trim() === '' ? 'volume' : draft.name.trim()}-data${key === 0 ? '' : `-${key + 1}`}`;
    actions.change({ volumes: [...draft.volumes, { key, id: '', name, size: '1', path: '' }] });
    actions.goTo(`volume-path-${key}`);
  };
  const choices = choicesOf(view);
  const lacks = choices !== undefined && choices.volumes === undefined;
  return rowsOf({
    id: 'volumes',
    title: 'Volumes',
    lead: lacks
      ? 'Not offered by this server.'
      : 'Folders whose files outlive restarts and updates. Every instance has a volume of its own, empty at first.',
    rows: draft.volumes,
    row: (row, index) => volumeRow(view, row, index + 1),
    buttons: lacks ? html`` : button({ id: 'add-volume', label: 'Add volume', onClick: add }),
  });
}

function volumeRow(
  view: FieldsView,
  { key, id, name, size, path }: VolumeRow,
  number: number,
): TemplateResult {
  const { draft, problems, actions } = view;
  const free = choicesOf(view)?.volumes ?? [];
  const change = (changes: Partial<VolumeRow>, ...fields: string[]): void =>
    actions.change({ volumes: changeRow(draft.volumes, key, changes) }, ...fields);
  const known = free.map((one) => ({ id: one.id, name: `${one.name}, ${one.size} GB` }));
  const source = choice({
    id: `volume-id-${key}`,
    label: `Volume ${number}`,
    value: id,
    options: [
      { value: '', label: 'A new volume' },
      ...optionsOf(known, id, '').filter(({ value }) => value !== ''),
    ],
    problem: problems.get(`volume-id-${key}`),
    onChange: (value) => change({ id: value }, `volume-id-${key}`),
  });
  const fresh = html`${textField({
    id: `volume-name-${key}`,
    label: `Name of volume ${number}`,
    value: name,
    problem: problems.get(`volume-name-${key}`),
    onInput: (value) => change({ name: value }, `volume-name-${key}`),
  })}
  ${textField({
    id: `volume-size-${key}`,
    label: 'Size in GB',
    value: size,
    problem: problems.get(`volume-size-${key}`),
    onInput: (value) => change({ size: value }, `volume-size-${key}`),
  })}`;
  return html`<div role="listitem" class="row volume">
    ${free.length === 0 && id === '' ? nothing : source}
    ${textField({
      id: `volume-path-${key}`,
      label: 'Folder in the container',
      value: path,
      placeholder: '/data',
      problem: problems.get(`volume-path-${key}`),
      onInput: (value) => change({ path: value }, `volume-path-${key}`),
    })}
    ${id === '' ? fresh : nothing}
    <div class="actions">
      ${removeButton(`volume ${number}`, () => actions.change({ volumes: without(draft.volumes, key) }))}
    </div>
  </div>`;
}
