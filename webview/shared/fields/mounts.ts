import { html, nothing, type TemplateResult } from 'lit-html';
import { button, textArea, textField } from '../controls.ts';
import { bytesWords, encodeText, textOf } from './content.ts';
import { changeRow, nextKey, type MountRow } from './draft.ts';
import type { FieldsView } from './view.ts';
import { removeButton, rowsOf, without } from './rows.ts';

export function mounts(view: FieldsView): TemplateResult {
  const { draft, actions, asides } = view;
  const write = (): void => {
    const key = nextKey(draft.mounts);
    actions.change({ mounts: [...draft.mounts, { key, name: '', content: '' }] });
    actions.goTo(`mount-${key}`);
  };
  const upload = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    actions.addFiles(Array.from(input.files ?? []));
    // The same file may be chosen again after it was changed.
    input.value = '';
  };
  const drop = (event: DragEvent): void => {
    const files = Array.from(event.dataTransfer?.files ?? []);
    if (files.length === 0) return;
    event.preventDefault();
    actions.addFiles(files);
  };
  const refused = asides.get('files');
  return html`<div class="drop" @dragover=${(event: DragEvent) => event.preventDefault()} @drop=${drop}>
    ${rowsOf({
      id: 'mounts',
      title: 'Config mounts',
      lead: 'Files that appear in /etc/config, read-only. They are stored in plain text. Drop files here, holding Shift.',
      rows: draft.mounts,
      row: (row, index) => mountRow(view, row, index + 1),
      buttons: html`${button({
          id: 'upload-mount',
          label: 'Upload files…',
          onClick: () => document.getElementById('mount-files')?.click(),
        })}
        <input
          class="unseen"
          id="mount-files"
          type="file"
          multiple
          tabindex="-1"
          aria-label="Files to upload"
          @change=${upload}
        />
        ${button({ id: 'write-mount', label: 'Write new file', onClick: write })}`,
      more:
        refused?.kind === 'open' && refused.problem !== undefined
          ? html`<p class="problem" role="alert">${refused.problem}</p>`
          : nothing,
    })}
  </div>`;
}

function mountRow(view: FieldsView, { key, name, content }: MountRow, number: number): TemplateResult {
  const { draft, problems, actions } = view;
  const text = textOf(content);
  const change = (changes: Partial<MountRow>, ...fields: string[]): void =>
    actions.change({ mounts: changeRow(draft.mounts, key, changes) }, ...fields);
  return html`<div role="listitem" class="row mount">
    ${textField({
      id: `mount-${key}`,
      label: `Name of file ${number}`,
      value: name,
      placeholder: 'app.toml',
      problem: problems.get(`mount-${key}`),
      onInput: (value) => change({ name: value }, `mount-${key}`),
    })}
    <div class="actions">
      ${removeButton(name === '' ? `file ${number}` : name, () =>
        actions.change({ mounts: without(draft.mounts, key) }),
      )}
    </div>
    ${
      text === undefined
        ? html`<p class="hint">Not a text: ${bytesWords(content)}, kept as it is.</p>`
        : textArea({
            id: `mount-text-${key}`,
            label: `Content of file ${number}`,
            value: text,
            rows: Math.min(12, Math.max(3, text.split('\n').length)),
            onInput: (value) => change({ content: encodeText(value) }),
          })
    }
  </div>`;
}
