import { html, nothing, type TemplateResult } from 'lit-html';
import { glances } from '../../../src/protocol/figureWords.ts';
import type { Managed, ShownInstance } from '../../../src/protocol/panelManage.ts';
import type { Address, Reason } from '../../../src/protocol/shapes/deployment.ts';
import type { EventInfo } from '../../../src/protocol/shapes/release.ts';
import { parseTimestamp } from '../../../src/protocol/wire.ts';
import { button } from '../../shared/controls.ts';
import type { View } from '../view.ts';
import {
  agoWords,
  certificateWords,
  cpuWords,
  digestWords,
  durationWords,
  memoryWords,
  proofWords,
  timeWords,
} from '../words.ts';

export function overview(view: View, managed: Managed): TemplateResult {
  return html`${reasonNote(view, managed)} ${addresses(view, managed)} ${instances(view, managed)}
  ${lastHour(view)} ${about(view, managed)} ${events(view, managed)}`;
}

/** Why it is not well, the lines that show it, and what would mend it. */
function reasonNote({ actions, busy }: View, { deployment, fix }: Managed): TemplateResult | typeof nothing {
  const { reason, status } = deployment;
  if (reason === undefined) return nothing;
  const serious = status === 'errored' || status === 'unreachable';
  return html`<div class="note ${serious ? 'error' : 'warning'}" id="reason">
    <p>${reason.message}</p>
    ${linesOf(reason)}
    ${
      fix === undefined
        ? nothing
        : html`<div class="buttons">
            ${button({ id: 'fix', label: fix, disabled: busy.has('fix'), onClick: () => actions.fix() })}
          </div>`
    }
  </div>`;
}

function linesOf({ lines = [] }: Reason): TemplateResult | typeof nothing {
  if (lines.length === 0) return nothing;
  return html`<pre tabindex="0" role="group" aria-label="The lines that show it">${lines.join('\n')}</pre>`;
}

function addresses({ actions }: View, { deployment }: Managed): TemplateResult {
  const { addresses: all = [], certificate } = deployment;
  return html`<section aria-labelledby="addresses-heading">
    <h2 id="addresses-heading">Addresses</h2>
    ${all.length === 0 ? html`<p class="lead">It has none yet. Addresses come with the first release.</p>` : nothing}
    <ul class="plain" ?hidden=${all.length === 0}>
      ${all.map((address) => {
        const text = addressText(address);
        const { url } = address;
        return html`<li class="line">
          <span class="text">${text}</span>
          <span class="lead">port ${address.port}</span>
          ${
            url === undefined
              ? nothing
              : button({ label: 'Open', says: `Open ${text}`, onClick: () => actions.openAddress(url) })
          }
          ${button({ label: 'Copy', says: `Copy ${text}`, onClick: () => actions.copy(text) })}
        </li>`;
      })}
    </ul>
    ${certificate === undefined ? nothing : html`<p class="lead" id="certificate">${certificateWords(certificate)}</p>`}
  </section>`;
}

function addressText({ url, host, publicPort, port }: Address): string {
  return url ?? `${host ?? ''}:${publicPort ?? port}`;
}

/** The last hour at a glance; nothing where there are no metrics. */
function lastHour({ metrics, actions }: View): TemplateResult | typeof nothing {
  const all = metrics.kind === 'there' ? glances(metrics.read) : [];
  if (all.length === 0) return nothing;
  return html`<section aria-labelledby="glance-heading">
    <h2 id="glance-heading">Last hour</h2>
    <dl class="facts">
      ${all.map(
        ({ label, value, line }) =>
          html`<div>
            <dt>${label}</dt>
            <dd>${value} <span class="sparkline" aria-hidden="true">${line}</span></dd>
          </div>`,
      )}
    </dl>
    <div class="buttons">
      ${button({ id: 'all-metrics', label: 'All metrics', onClick: () => actions.show('metrics') })}
    </div>
  </section>`;
}

const columns = ['Instance', 'State', 'Version', 'Node', 'Up', 'Restarts', 'CPU', 'Memory'] as const;

/** A section of which the server tells nothing. */
function lacking(id: string, title: string): TemplateResult {
  return html`<section aria-labelledby="${id}-heading">
    <h2 id="${id}-heading">${title}</h2>
    <p class="lead">Not offered by this server.</p>
  </section>`;
}

function instances(view: View, { instances: all, deployment }: Managed): TemplateResult {
  if (all === undefined) return lacking('instances', 'Instances');
  const wanted = deployment.instances?.wanted ?? 0;
  const none = wanted === 0 ? 'None runs: the deployment is not started.' : 'None runs yet.';
  return html`<section aria-labelledby="instances-heading">
    <h2 id="instances-heading">Instances</h2>
    ${
      all.length === 0
        ? html`<p class="lead">${none}</p>`
        : html`<table>
            <thead>
              <tr>
                ${columns.map((name) => html`<th scope="col">${name}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${all.map((one) => instanceRow(view, one))}
            </tbody>
          </table>`
    }
  </section>`;
}

function instanceRow({ now, usage }: View, instance: ShownInstance): TemplateResult {
  const { id, name, words, release, node, startedAt, restarts, reason, state } = instance;
  const started = startedAt === undefined ? undefined : parseTimestamp(startedAt);
  const up = started === undefined || state === 'stopped' ? '–' : durationWords(now - started);
  const used = usage[id] ?? {};
  const cells = [words, `v${release}`, node, up, String(restarts), cpuWords(used), memoryWords(used)];
  return html`<tr>
      <th scope="row" data-label=${columns[0]}>${name}</th>
      ${cells.map((text, index) => html`<td data-label=${columns[index + 1] ?? ''}>${text}</td>`)}
    </tr>
    ${
      reason === undefined
        ? nothing
        : html`<tr class="why">
            <td colspan=${columns.length}><p class="problem">${reason.message}</p></td>
          </tr>`
    }`;
}

function about({ actions }: View, { deployment, image, region, releases }: Managed): TemplateResult {
  const { currentLiveDigest: digest, id, imageTag } = deployment;
  const proof = releases?.find(({ state }) => state === 'live')?.proof;
  const copy = (what: string, text: string) =>
    button({ label: 'Copy', says: `Copy the ${what}`, onClick: () => actions.copy(text) });
  const rows: readonly (readonly [string, unknown])[] = [
    ['Image', `${image}:${imageTag}`],
    [
      'Digest',
      digest === null
        ? '–'
        : html`<span class="line"><code>${digestWords(digest)}</code> ${copy('digest', digest)}</span>`,
    ],
    ['Region', region ?? '–'],
    ['Id', html`<span class="line"><code class="text">${id}</code> ${copy('id', id)}</span>`],
    ...(proof === undefined ? [] : [['Last rollout', `${proofWords(proof)}.`] as const]),
  ];
  return html`<section aria-labelledby="about-heading">
    <h2 id="about-heading">About</h2>
    <dl class="facts">
      ${rows.map(
        ([term, value]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

function events(view: View, { events: all }: Managed): TemplateResult {
  if (all === undefined) return lacking('events', 'Events');
  return html`<section aria-labelledby="events-heading">
    <h2 id="events-heading">Events</h2>
    <p class="lead">What was decided, and why.</p>
    ${all.length === 0 ? html`<p>Nothing has happened yet.</p>` : nothing}
    <ol class="plain events" reversed>
      ${all.map((event) => eventLine(view, event))}
    </ol>
  </section>`;
}

function eventLine({ now }: View, { at, message, release }: EventInfo): TemplateResult {
  return html`<li>
    <span class="when" title=${timeWords(at)}>${agoWords(at, now)}</span>
    <span class="text">${message}${release === undefined ? '' : ` (v${release})`}</span>
  </li>`;
}
