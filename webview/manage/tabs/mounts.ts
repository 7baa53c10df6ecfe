import { html, nothing, type TemplateResult } from 'lit-html';
import type { Managed, MountVerb, ShownMount, Verb } from '../../../src/protocol/panelManage.ts';
import { button } from '../../shared/controls.ts';
import type { View } from '../view.ts';

/** Files under /etc/config. Each is a document of its own: nothing here waits for Save. */
export function mounts(view: View, { mounts: all, liveMounts }: Managed): TemplateResult {
  const becomes = liveMounts
    ? 'A save is in every running instance at once.'
    : 'On this server a save rolls out new instances.';
  return html`<section aria-labelledby="mounts-heading">
    <h3 id="mounts-heading" tabindex="-1">Config mounts</h3>
    <p class="lead">
      Files that instances see read-only under /etc/config, stored in plain text. They open as documents of
      the editor. ${becomes}
    </p>
    ${
      all.length === 0
        ? html`<p>There are none yet.</p>`
        : html`<ol class="plain" aria-labelledby="mounts-heading">
            ${all.map((mount) => mountCard(view, mount))}
          </ol>`
    }
    <div class="buttons">
      ${addButton(view, 'uploadMounts', 'upload-mounts', 'Upload files…')}
      ${addButton(view, 'writeMount', 'write-mount', 'Write new file…')}
    </div>
  </section>`;
}

function addButton({ busy, actions, facts }: View, verb: Verb, id: string, label: string): TemplateResult {
  const disabled = busy.has(verb) || facts?.kind !== 'there';
  return button({ id, label, disabled, onClick: () => actions.run(verb) });
}

function mountCard(view: View, mount: ShownMount): TemplateResult {
  const { name, words, follows, kept } = mount;
  return html`<li class="release" data-mount=${name}>
    <p class="release-head">
      <strong class="text">${name}</strong>
      <span class="lead">${words}</span>
    </p>
    ${follows === undefined ? nothing : html`<p class="text">Follows ${follows}: each save of it is sent.</p>`}
    ${kept === undefined ? nothing : html`<p class="problem">A save of it waits for the server.</p>`}
    ${mountButtons(view, mount)}
  </li>`;
}

const labels: Readonly<Record<MountVerb, string>> = {
  open: 'Open',
  history: 'History…',
  rename: 'Rename…',
  stopFollowing: 'Stop following',
  delete: 'Delete…',
};

function mountButtons({ busy, actions, facts }: View, { name, verbs }: ShownMount): TemplateResult {
  return html`<div class="buttons">
    ${verbs.map((verb) =>
      button({
        label: labels[verb],
        says: `${labels[verb]}, ${name}`,
        disabled: busy.has(`${verb} ${name}`) || facts?.kind !== 'there',
        onClick: () => actions.runOnMount(verb, name),
      }),
    )}
  </div>`;
}
