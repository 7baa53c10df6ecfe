import { html, nothing, type TemplateResult } from 'lit-html';
import { button } from '../shared/controls.ts';
import type { Managed, Verb } from '../../src/protocol/panelManage.ts';
import { tabs, type Tab } from './state.ts';
import { history } from './tabs/history.ts';
import { overview } from './tabs/overview.ts';
import type { View } from './view.ts';

const titles: Readonly<Record<Tab, string>> = {
  overview: 'Overview',
  history: 'Image history',
};

const bodies: Readonly<Record<Tab, (view: View, managed: Managed) => TemplateResult>> = {
  overview,
  history,
};

/** The whole page. */
export function page(view: View): TemplateResult {
  const { managed, facts } = view;
  if (managed === undefined) {
    return html`<header><h1>${view.subject.name}</h1></header>
      ${facts === undefined ? html`<p class="lead" role="status">Looking at the deployment…</p>` : banner(view)}`;
  }
  return html`${header(view, managed)} ${banner(view)} ${refusal(view)} ${tabbed(view, managed)}`;
}

function header(view: View, { deployment, words, description, verbs }: Managed): TemplateResult {
  const offered = (verb: Verb, label: string) =>
    verbs.includes(verb) ? verbButton(view, verb, label) : nothing;
  const ailing = deployment.status === 'running' && deployment.reason !== undefined;
  return html`<header>
    <div class="title">
      <h1>${deployment.name}</h1>
      <p class="status">
        <span class="badge ${ailing ? 'ailing' : deployment.status}" id="status">${words}</span>
        <span class="lead">${description}</span>
      </p>
    </div>
    <div class="delete">${verbButton(view, 'delete', 'Delete…')}</div>
    <div class="buttons" role="group" aria-label="Actions">
      ${offered('start', 'Start')} ${offered('open', 'Open')} ${offered('push', 'Build and push')}
      ${offered('restart', 'Restart')} ${offered('stop', 'Stop')} ${offered('logs', 'Logs')}
    </div>
  </header>`;
}

function verbButton({ busy, actions, facts }: View, verb: Verb, label: string): TemplateResult {
  return button({
    id: verb,
    label,
    look: verb === 'start' ? 'primary' : 'secondary',
    disabled: busy.has(verb) || facts?.kind !== 'there',
    onClick: () => actions.run(verb),
  });
}

/** Nobody to ask, or nothing to ask about: what is shown is how it was, and what is typed stays. */
function banner({ facts, actions, managed }: View): TemplateResult | typeof nothing {
  if (facts === undefined || facts.kind === 'there') return nothing;
  if (facts.kind === 'gone') {
    return html`<div class="note warning" role="status" id="gone">
      <p>The deployment was deleted. Its instances, its volumes and its history are gone.</p>
      <div class="buttons">${button({ label: 'Close', onClick: () => actions.close() })}</div>
    </div>`;
  }
  const old = managed === undefined ? '' : 'What is shown is how it was before; what you type stays here.';
  return html`<div class="note warning" role="status" id="away">
    <p>${facts.message} ${old}</p>
    <div class="buttons">
      ${facts.canStart ? button({ label: 'Start the local region', onClick: () => actions.startRegion() }) : nothing}
      ${button({ label: 'Look again', onClick: () => actions.look() })}
    </div>
  </div>`;
}

function refusal({ refusal: words }: View): TemplateResult | typeof nothing {
  if (words === undefined) return nothing;
  return html`<div class="note error" role="alert" id="refusal"><p>${words}</p></div>`;
}

function tabbed(view: View, managed: Managed): TemplateResult {
  const { state, actions } = view;
  const chosen = (event: Event): void => {
    const { activeid } = event.currentTarget as HTMLElement & { readonly activeid: string };
    const tab = tabs.find((one) => `tab-${one}` === activeid);
    if (tab !== undefined && tab !== state.tab) actions.show(tab);
  };
  return html`<vscode-panels
    aria-label="Parts of the deployment"
    activeid=${`tab-${state.tab}`}
    @change=${chosen}
  >
    ${tabs.map((tab) => html`<vscode-panel-tab id=${`tab-${tab}`}>${titles[tab]}</vscode-panel-tab>`)}
    ${tabs.map(
      (tab) =>
        html`<vscode-panel-view id=${`view-${tab}`}>
          ${tab === state.tab ? html`<div class="tab">${bodies[tab](view, managed)}</div>` : nothing}
        </vscode-panel-view>`,
    )}
  </vscode-panels>`;
}
