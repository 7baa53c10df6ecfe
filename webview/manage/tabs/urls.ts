import { html, nothing, type TemplateResult } from 'lit-html';
import type { Managed, ShownUrl, UrlVerb } from '../../../src/protocol/panelManage.ts';
import type { DnsRecord } from '../../../src/protocol/shapes/domain.ts';
import { button } from '../../shared/controls.ts';
import type { View } from '../view.ts';
import { certificateWords } from '../words.ts';

/** Addresses of one's own that lead to the deployment, and what keeps them from answering. */
export function urls(view: View, managed: Managed): TemplateResult {
  if (managed.urls === undefined)
    return html`<p class="lead">Managed URLs are not offered by this server.</p>`;
  const { busy, actions, facts } = view;
  return html`<h2 id="urls-heading">Managed URLs</h2>
    <p class="lead">
      Addresses under domains of your own that lead to this deployment. The longest path wins, and changes are
      in force at once. Its own addresses, on the overview, go on answering.
    </p>
    ${
      managed.verbs.includes('addUrl')
        ? html`<div class="buttons">
            ${button({
              id: 'add-url',
              label: 'Add a managed URL…',
              disabled: busy.has('addUrl') || facts?.kind !== 'there',
              onClick: () => actions.run('addUrl'),
            })}
          </div>`
        : html`<p class="lead">This server shows them, and does not offer to add any.</p>`
    }
    ${managed.urls.length === 0 ? html`<p>None leads here yet.</p>` : nothing}
    <ol class="plain" aria-labelledby="urls-heading">
      ${managed.urls.map((url) => urlCard(view, url))}
    </ol>`;
}

function urlCard(view: View, url: ShownUrl): TemplateResult {
  const { id, label, leadsTo, state = 'unknown', words, message, certificate } = url;
  const missing = (url.records ?? []).filter(({ present }) => !present);
  return html`<li class="release" data-url=${id}>
    <p class="release-head">
      <strong class="text">${label}</strong>
      <span class="badge ${badges[state]}">${words}</span>
      <span class="lead">${leadsTo}</span>
    </p>
    ${message === undefined ? nothing : html`<p class="problem">${message}</p>`}
    ${certificate === undefined ? nothing : html`<p class="lead">${certificateWords(certificate)}</p>`}
    ${waits.has(state) && missing.length > 0 ? records(missing) : nothing} ${urlButtons(view, url)}
  </li>`;
}

const waits: ReadonlySet<string> = new Set(['waitingForDomain', 'waitingForDns']);

/** The colours are those of the states of deployments. */
const badges = {
  active: 'running',
  waitingForDomain: 'deploying',
  waitingForDns: 'deploying',
  noTarget: 'errored',
  unknown: '',
} as const;

/** What has to be made where the domain's records are kept. */
function records(missing: readonly DnsRecord[]): TemplateResult {
  return html`<table class="records">
    <caption class="lead">
      DNS records that are missing
    </caption>
    <thead>
      <tr>
        <th scope="col">Type</th>
        <th scope="col">Name</th>
        <th scope="col">Value</th>
        <th scope="col">Found</th>
      </tr>
    </thead>
    <tbody>
      ${missing.map(
        ({ type, name, value, found }) =>
          html`<tr>
            <td>${type}</td>
            <td class="text">${name}</td>
            <td class="text"><code>${value}</code></td>
            <td class="text">${found.length === 0 ? 'nothing' : found.join(', ')}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

const labels: Readonly<Record<UrlVerb, string>> = {
  open: 'Open',
  copy: 'Copy',
  edit: 'Edit…',
  verify: 'Check DNS',
  copyRecord: 'Copy DNS record',
  delete: 'Delete…',
};

function urlButtons({ busy, actions, facts }: View, { id, label, verbs }: ShownUrl): TemplateResult {
  return html`<div class="buttons">
    ${verbs.map((verb) =>
      button({
        label: labels[verb],
        says: `${labels[verb]}, ${label}`,
        disabled: busy.has(`${verb} ${id}`) || facts?.kind !== 'there',
        onClick: () => actions.runOnUrl(verb, id),
      }),
    )}
  </div>`;
}
