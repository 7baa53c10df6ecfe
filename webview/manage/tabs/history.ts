import { html, nothing, type TemplateResult } from 'lit-html';
import { formatBytes } from '../../../src/base/formatBytes.ts';
import type { Managed } from '../../../src/protocol/panelManage.ts';
import type { ReleaseInfo } from '../../../src/protocol/shapes/release.ts';
import { button } from '../../shared/controls.ts';
import type { View } from '../view.ts';
import {
  agoWords,
  causeWords,
  digestWords,
  proofWords,
  shortWords,
  stateWords,
  timeWords,
} from '../words.ts';

export function history(view: View, { releases }: Managed): TemplateResult {
  if (releases === undefined) {
    return html`<p class="lead">This server keeps no releases.</p>`;
  }
  return html`<h2 id="history-heading">Image history</h2>
    <p class="lead">Every release of an image and its configuration, newest first.</p>
    ${releases.length === 0 ? html`<p>Nothing was released yet. Push an image, or start the deployment.</p>` : nothing}
    <ol class="plain releases" aria-labelledby="history-heading">
      ${releases.map((release) => releaseCard(view, release))}
    </ol>`;
}

function releaseCard({ now, actions }: View, release: ReleaseInfo): TemplateResult {
  const { number, state, created, digest, imageTag, size, tookMs, reason, proof } = release;
  const took =
    tookMs === undefined ? '' : ` · ${state === 'failed' ? 'given up' : 'live'} after ${shortWords(tookMs)}`;
  const weight = size === undefined ? '' : ` · ${formatBytes(size)}`;
  return html`<li class="card release" data-release=${number}>
    <p class="release-head">
      <strong>v${number}</strong>
      <span class="badge ${state}">${stateWords(release)}</span>
      <span>${causeWords(release)}</span>
      <span class="lead" title=${timeWords(created)}>${agoWords(created, now)}${took}</span>
    </p>
    ${
      digest === null
        ? html`<p class="lead">tag ${imageTag}, not looked up yet</p>`
        : html`<p class="line">
            <span class="text">tag ${imageTag} · <code>${digestWords(digest)}</code>${weight}</span>
            ${button({
              label: 'Copy digest',
              says: `Copy the digest of v${number}`,
              onClick: () => actions.copy(digest),
            })}
          </p>`
    }
    ${reason === undefined ? nothing : html`<p class="problem">${reason.message}</p>`}
    ${proof === undefined ? nothing : html`<p>${proofWords(proof)}.</p>`}
  </li>`;
}
