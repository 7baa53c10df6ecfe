import { html, nothing, type TemplateResult } from 'lit-html';
import { button } from '../shared/controls.ts';
import { tabbed } from '../shared/tabs.ts';
import type { Managed, Verb } from '../../src/protocol/panelManage.ts';
import { tabs, type Tab } from './state.ts';
import { saving } from './saving.ts';
import { configuration } from './tabs/configuration.ts';
import { history } from './tabs/history.ts';
import { logs } from './tabs/logs.ts';
import { metrics } from './tabs/metrics.ts';
import { overview } from './tabs/overview.ts';
import { scaling } from './tabs/scaling.ts';
import { urls } from './tabs/urls.ts';
import type { EditView, View } from './view.ts';

const titles: Readonly<Record<Tab, string>> = {
  overview: 'Overview',
  logs: 'Logs',
  metrics: 'Metrics',
  configuration: 'Configuration',
  scaling: 'Scaling',
  urls: 'URLs',
  history: 'Image history',
};

const bodies: Readonly<Record<Tab, (view: View, managed: Managed, edit: EditView) => TemplateResult>> = {
  overview,
  logs: (view, managed) => logs(view.logs, managed),
  metrics,
  configuration,
  scaling: (_view, _managed, edit) => scaling(edit),
  urls,
  history,
};

/** The whole page. */
export function page(view: View, edit: EditView | undefined): TemplateResult {
  const { managed, facts } = view;
  if (managed === undefined || edit === undefined) {
    return html`<header><h1>${view.subject.name}</h1></header>
      ${facts === undefined ? html`<p class="lead" role="status">Looking at the deployment…</p>` : banner(view)}`;
  }
  return html`${header(view, managed)} ${banner(view)} ${refusal(view)} ${parts(view, managed, edit)}
  ${saving(view, edit)}`;
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
      ${facts.helps === undefined ? nothing : button({ id: 'help', label: facts.helps, onClick: () => actions.help() })}
      ${button({ label: 'Look again', onClick: () => actions.look() })}
    </div>
  </div>`;
}

function refusal({ refusal: words }: View): TemplateResult | typeof nothing {
  if (words === undefined) return nothing;
  return html`<div class="note error" role="alert" id="refusal"><p>${words}</p></div>`;
}

function parts(view: View, managed: Managed, edit: EditView): TemplateResult {
  const { state, actions } = view;
  return tabbed<Tab>({
    label: 'Parts of the deployment',
    tabs: tabs.map((id) => ({ id, label: titles[id] })),
    chosen: state.tab,
    body: bodies[state.tab](view, managed, edit),
    onChoose: (tab) => actions.show(tab),
  });
}
