import { html, nothing, type TemplateResult } from 'lit-html';
import { memoryWords } from '../../../src/protocol/cost.ts';
import { limitNames, limitWords } from '../../../src/protocol/limitWords.ts';
import type { LimitName } from '../../../src/protocol/shapes/trafficLimits.ts';
import type { Draft } from '../../shared/fields/draft.ts';
import { wholeForm } from '../../shared/fields/problems.ts';
import { costOf } from '../../shared/fields/scaling.ts';
import { choicesOf } from '../../shared/fields/view.ts';
import { scalesItself, wishOf } from '../../shared/fields/wish.ts';
import type { View } from '../view.ts';

export function reviewSection(view: View): TemplateResult {
  const { draft, submission } = view;
  const rows: readonly (readonly [string, string])[] = [
    ['Name', draft.name.trim()],
    ['Image', imageWords(view)],
    ['Region', choicesOf(view)?.regions.find(({ id }) => id === draft.region)?.name ?? ''],
    ['Ports', draft.ports.map(({ port, type }) => `${port.trim()} ${type.toUpperCase()}`).join(', ')],
    ['Traffic limits', limitsWords(draft)],
    ['Environment', environmentWords(draft)],
    ['Config mounts', draft.mounts.map(({ name }) => name).join(', ')],
    ['Volumes', draft.volumes.map(({ path }) => path).join(', ')],
    ['Probes', probeWords(draft)],
    ['Instances', scaleWords(draft)],
    ['Machine type', machineWords(view)],
    ['Starts', draft.deployOnCreate ? 'as soon as it is created' : 'when you start it'],
    ['Estimated cost', costOf(view)],
  ];
  return html`<dl class="review">
      ${rows.map(
        ([term, words]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${words === '' ? '–' : words}</dd>
          </div>`,
      )}
    </dl>
    ${refusal(view)}
    ${submission.kind === 'running' ? html`<p role="status">${submission.words}</p>` : nothing}`;
}

/** What the server said of the last request, and what is about no field that the form has. */
function refusal({ draft, problems }: View): TemplateResult | typeof nothing {
  const { message } = draft.refused;
  const other = problems.get(wholeForm);
  if (message === '' && other === undefined) return nothing;
  return html`<div class="note error" role="alert" id=${wholeForm} tabindex="-1">
    ${message === '' ? nothing : html`<p>${message}</p>`}
    ${other === undefined ? nothing : html`<p>Something in the request ${other}.</p>`}
  </div>`;
}

function imageWords(view: View): string {
  const { draft, subject } = view;
  const tag = draft.tag.trim();
  switch (draft.registry) {
    case 'build':
      return subject.kind === 'dockerfile' ? `built from ${subject.label}, tag ${tag}` : '';
    case 'copy':
      return subject.kind === 'copy' ? `copied from ${subject.name}, tag ${tag}` : '';
    case 'patr': {
      const repository = choicesOf(view)?.repositories?.find(({ id }) => id === draft.repositoryId);
      return repository === undefined ? '' : `${repository.name}:${tag}`;
    }
    case 'dockerHub':
      return draft.imageName.trim() === '' ? '' : `${draft.imageName.trim()}:${tag}`;
    case 'other':
      return `${draft.host.trim()}/${draft.imageName.trim()}:${tag}`;
  }
}

function environmentWords({ environment }: Draft): string {
  const secrets = environment.filter(({ secret }) => secret !== undefined).length;
  const raw = environment.length - secrets;
  const words = [
    ...(raw === 0 ? [] : [raw === 1 ? '1 raw value' : `${raw} raw values`]),
    ...(secrets === 0 ? [] : [secrets === 1 ? '1 secret' : `${secrets} secrets`]),
  ];
  return words.join(', ');
}

/** Those that are declared; a number that is none yet is said at its field. */
function limitsWords(draft: Draft): string {
  const declared = Object.entries(wishOf(draft).trafficLimits ?? {}) as [LimitName, number | null][];
  const known = declared.filter(([, value]) => !Number.isNaN(value));
  return known.map(([name, value]) => `${limitNames[name]} ${limitWords(name, value)}`).join(', ');
}

function probeWords({ startup, liveness }: Draft): string {
  const words = (name: string, { on, port, path }: Draft['startup']): string[] =>
    on ? [`${name} ${port}${path}`] : [];
  return [...words('startup', startup), ...words('liveness', liveness)].join(', ');
}

function scaleWords(draft: Draft): string {
  const { min, max } = draft;
  if (!scalesItself(draft) || min.trim() === max.trim()) return min.trim();
  return `${min.trim()} to ${max.trim()}`;
}

function machineWords(view: View): string {
  const type = choicesOf(view)?.machineTypes.find(({ id }) => id === view.draft.machine);
  return type === undefined ? '' : `${type.cpu_count} CPU, ${memoryWords(type.memory_count)}`;
}
