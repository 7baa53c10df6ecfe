import { html, nothing, type TemplateResult } from 'lit-html';
import type { CopyNote } from '../../../src/protocol/panelCreate.ts';
import { button } from '../../shared/controls.ts';
import type { View } from '../view.ts';

const titles: Readonly<Record<CopyNote['kind'], string>> = {
  toDo: 'See to this first',
  leftOut: 'What does not come along',
  changed: 'What is different',
};

/** What a copy is not: what has to be seen to first, what does not come along, and what is different. */
export function copyNotes({ draft: { notes }, actions }: View): TemplateResult | typeof nothing {
  const kinds = (Object.keys(titles) as CopyNote['kind'][]).filter((kind) =>
    notes.some((note) => note.kind === kind),
  );
  if (kinds.length === 0) return nothing;
  const hasData = notes.some(({ kind, about }) => kind === 'leftOut' && about === 'volumes');
  return html`<div
    class="copy-notes"
    id="copy-notes"
    role="group"
    aria-label="What the copy is not"
    tabindex="-1"
  >
    ${kinds.map(
      (kind) =>
        html`<section class=${kind === 'toDo' ? 'note warning' : 'note'} aria-labelledby=${`notes-${kind}`}>
          <h2 id=${`notes-${kind}`}>${titles[kind]}</h2>
          <ul>
            ${notes.filter((note) => note.kind === kind).map(({ words }) => html`<li>${words}</li>`)}
          </ul>
          ${
            kind === 'leftOut' && hasData
              ? button({
                  id: 'save-volume-data',
                  label: 'Save the data of its volumes…',
                  onClick: () => actions.saveVolumeData(),
                })
              : nothing
          }
        </section>`,
    )}
  </div>`;
}
