import { html, nothing, type TemplateResult } from 'lit-html';
import { formatBytes } from '../../../src/base/formatBytes.ts';
import type {
  ImageHistory,
  Managed,
  ReleaseVerb,
  ShownImage,
  ShownRelease,
  Verb,
} from '../../../src/protocol/panelManage.ts';
import { button } from '../../shared/controls.ts';
import type { View } from '../view.ts';
import { agoWords, digestWords, proofWords, shortWords, timeWords } from '../words.ts';

export function history(view: View, managed: Managed): TemplateResult {
  const { releases, imageHistory } = managed;
  if (imageHistory !== undefined) return images(view, managed, imageHistory);
  if (releases === undefined)
    return html`<p class="lead">The image history is not offered by this server.</p>`;
  return html`<h2 id="history-heading">Image history</h2>
    <p class="lead">Every release of an image and its configuration, newest first.</p>
    ${pushNotes(view, managed)}
    ${releases.length === 0 ? html`<p>Nothing was released yet. Push an image, or start the deployment.</p>` : nothing}
    <ol class="plain" aria-labelledby="history-heading">
      ${releases.map((release) => releaseCard(view, release))}
    </ol>`;
}

/** What a server of Patr's own keeps: the images, and nothing of what became of them. */
function images(view: View, { deployment }: Managed, history: ImageHistory): TemplateResult {
  const { images: all, noneWords, reverts } = history;
  const lacks = [
    ...(deployment.currentLiveDigest === null ? ['This server does not tell which one is live.'] : []),
    ...(reverts ? [] : ['Going back to one of them is not offered by this server.']),
  ];
  return html`<h2 id="history-heading">Image history</h2>
    <p class="lead">
      The images that were deployed, newest first. This server keeps no configuration with them.
    </p>
    ${all.length === 0 ? html`<p>${noneWords}.</p>` : nothing}
    ${all.length === 0 || lacks.length === 0 ? nothing : html`<p class="lead" id="history-lacks">${lacks.join(' ')}</p>`}
    <ol class="plain" aria-labelledby="history-heading">
      ${all.map((image) => imageCard(view, image))}
    </ol>`;
}

function imageCard({ busy, actions, now }: View, image: ShownImage): TemplateResult {
  const { digest, created, tagWords, live, canRevert } = image;
  const short = digestWords(digest);
  const ago = agoWords(created, now);
  return html`<li class="release" data-image=${digest}>
    <p class="release-head">
      <strong><code>${short}</code></strong>
      ${live ? html`<span class="badge live">live</span>` : nothing}
      ${ago === '' ? nothing : html`<span class="lead" title=${timeWords(created)}>first deployed ${ago}</span>`}
    </p>
    ${tagWords === '' ? nothing : html`<p class="text">${tagWords}</p>`}
    <div class="buttons">
      ${
        canRevert
          ? button({
              label: 'Revert to this image…',
              says: `Revert to this image, ${short}`,
              disabled: busy.has(`revert ${digest}`),
              onClick: () => actions.revertToImage(digest),
            })
          : nothing
      }
      ${button({
        label: 'Copy digest',
        says: `Copy digest, ${short}`,
        onClick: () => actions.copy(digest),
      })}
    </div>
  </li>`;
}

/** Pushes that wait since a revert, and an image that was pushed and does not run. */
function pushNotes(view: View, { deployment, verbs }: Managed): TemplateResult {
  const { pushesPaused, newerImage } = deployment;
  const offered = (verb: Verb, label: string) =>
    verbs.includes(verb) ? verbButton(view, verb, label) : nothing;
  return html`${
    pushesPaused === true
      ? html`<div class="note warning" id="paused">
          <p>Pushes are paused since a revert: what is pushed is not rolled out until you resume.</p>
          <div class="buttons">${offered('resumePushes', 'Resume pushes')}</div>
        </div>`
      : nothing
  }
  ${
    newerImage === undefined
      ? nothing
      : html`<div class="note" id="newer">
          <p>
            A newer image is in the registry: <code>${digestWords(newerImage.digest)}</code>, pushed
            ${agoWords(newerImage.pushedAt, view.now)}.
          </p>
          <div class="buttons">${offered('rollOut', 'Roll out the newest image')}</div>
        </div>`
  }`;
}

function verbButton({ busy, actions }: View, verb: Verb, label: string): TemplateResult {
  return button({ id: verb, label, disabled: busy.has(verb), onClick: () => actions.run(verb) });
}

function releaseCard(view: View, release: ShownRelease): TemplateResult {
  const { number, state, words, causeWords, created, tookMs, reason, proof } = release;
  const took =
    tookMs === undefined ? '' : ` · ${state === 'failed' ? 'given up' : 'live'} after ${shortWords(tookMs)}`;
  return html`<li class="release" data-release=${number}>
    <p class="release-head">
      <strong>v${number}</strong>
      <span class="badge ${state}">${words}</span>
      <span>${causeWords}</span>
      <span class="lead" title=${timeWords(created)}>${agoWords(created, view.now)}${took}</span>
    </p>
    ${imageLine(release)} ${reason === undefined ? nothing : html`<p class="problem">${reason.message}</p>`}
    ${proof === undefined ? nothing : html`<p>${proofWords(proof)}.</p>`} ${releaseButtons(view, release)}
  </li>`;
}

function imageLine({ digest, imageTag, size, imageRemoved }: ShownRelease): TemplateResult {
  if (digest === null) return html`<p class="lead">tag ${imageTag}, not looked up yet</p>`;
  const kept = size === undefined ? '' : ` · ${formatBytes(size)}`;
  return html`<p class="text">
    tag ${imageTag} · <code>${digestWords(digest)}</code>${
      imageRemoved === true ? ' · image removed from the registry' : kept
    }
  </p>`;
}

function releaseButtons(
  { busy, actions }: View,
  { number, digest, canRevert, canCompare }: ShownRelease,
): TemplateResult {
  const says = (label: string): string => `${label}, v${number}`;
  const verb = (name: ReleaseVerb, label: string) =>
    button({
      label,
      says: says(label),
      disabled: busy.has(`${name} ${number}`),
      onClick: () => actions.runOnRelease(name, number),
    });
  return html`<div class="buttons">
    ${canRevert ? verb('revert', 'Revert to this version…') : nothing}
    ${canCompare ? verb('compare', 'Compare with what runs') : nothing}
    ${
      digest === null
        ? nothing
        : button({
            label: 'Copy digest',
            says: says('Copy digest'),
            onClick: () => actions.copy(digest),
          })
    }
  </div>`;
}
