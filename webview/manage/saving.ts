import { html, nothing, type TemplateResult } from 'lit-html';
import { formatBytes } from '../../src/base/formatBytes.ts';
import { dataLossWords, type Consequence, type DataLoss } from '../../src/protocol/consequences.ts';
import { limitNames, limitWords } from '../../src/protocol/limitWords.ts';
import type { LimitName } from '../../src/protocol/shapes/trafficLimits.ts';
import type { VolumeData } from '../../src/protocol/shapes/volume.ts';
import { button, check } from '../shared/controls.ts';
import { draftOf } from './draftOf.ts';
import { settingsOf, type Settings } from './settings.ts';
import type { EditView, View } from './view.ts';

/** What is about to be saved and what comes of it; nothing while nothing was changed. */
export function saving(view: View, edit: EditView): TemplateResult | typeof nothing {
  const { changes, consequences, editing } = edit;
  if (changes.length === 0) return nothing;
  return html`<section class="saving" aria-label="Changes that are not saved">
    ${editing.collisions.map((path) => collision(view, edit, path))}
    <p>
      <strong>${changes.length === 1 ? '1 change' : `${changes.length} changes`}:</strong>
      <span class="text">${changes.map(pathWords).join(', ')}</span>
    </p>
    <ul class="consequences" id="consequences" aria-live="polite">
      ${(consequences ?? []).map(
        (one) => html`<li class=${one.kind}>${consequenceWords(one, view.volumeData)}</li>`,
      )}
      ${consequences?.length === 0 ? html`<li>Nothing restarts.</li>` : nothing}
    </ul>
    ${loss(view, edit)} ${buttons(view, edit)}
  </section>`;
}

/** `data`: what instances have in their volumes, where that is known. */
export function consequenceWords(consequence: Consequence, data: readonly VolumeData[] = []): string {
  switch (consequence.kind) {
    case 'rollOut':
      return consequence.slotBySlot
        ? 'Rolls out slot by slot: each instance is away for a moment, because its volume or its port of the machine has one user.'
        : 'Rolls out without downtime: new instances take over when they are ready.';
    case 'nextStart':
      return 'It does not run: the change is taken up when it is started.';
    case 'syncConfig': {
      const files = consequence.files === 1 ? '1 file' : `${consequence.files} files`;
      return `Changes ${files} under /etc/config in the instances that run, all at once and without a restart.`;
    }
    case 'scale': {
      const { from, to } = consequence;
      return to > from
        ? `Starts ${instancesWords(to - from)}.`
        : `Drains and ends ${instancesWords(from - to)}.`;
    }
    case 'limits':
      return 'Holds at the edge within a second, for connections that are open as well. No instance restarts for it.';
    case 'rename':
      return 'Addresses with the old name stop answering; those with the new one begin to.';
    case 'dataLoss':
      return `Deletes ${dataLossWords(consequence)}${lostWords(consequence, data)}, with everything in it.`;
  }
}

/** `, 1.3 GB`; nothing while it is not known of all that goes. */
function lostWords({ from }: DataLoss, data: readonly VolumeData[]): string {
  const lost = data.filter(({ instance }) => instance >= from);
  if (lost.length === 0 || lost.some(({ bytes }) => bytes === undefined)) return '';
  return `, ${formatBytes(lost.reduce((sum, { bytes = 0 }) => sum + bytes, 0))}`;
}

function instancesWords(count: number): string {
  return count === 1 ? '1 instance' : `${count} instances`;
}

const names: Readonly<Record<string, string>> = {
  name: 'name',
  machineType: 'machine type',
  deployOnPush: 'deploy on push',
  minHorizontalScale: 'minimum of instances',
  maxHorizontalScale: 'maximum of instances',
  startupProbe: 'startup probe',
  livenessProbe: 'liveness probe',
  afterConfigChange: 'action after a change of config mounts',
  ...Object.fromEntries(Object.entries(limitNames).map(([name, words]) => [`trafficLimits.${name}`, words])),
};
const kinds: Readonly<Record<string, string>> = {
  ports: 'port',
  environmentVariables: 'variable',
  configMounts: 'config mount',
  volumes: 'volume',
  newVolumes: 'new volume at',
};

/** What a person calls the setting of a path. */
export function pathWords(path: string): string {
  const own = names[path];
  if (own !== undefined) return own;
  const [, map = '', name = ''] = /^(\w+)\.(.*)$/s.exec(path) ?? [];
  return `${kinds[map] ?? map} ${name}`;
}

/** One setting that was changed here and elsewhere. */
function collision({ actions }: View, { editing }: EditView, path: string): TemplateResult {
  const words = pathWords(path);
  const mine = valueWords(settingsOf(editing.draft), path);
  const theirs = valueWords(settingsOf(draftOf(editing.base)), path);
  return html`<div class="note warning collision" role="group" aria-label=${`Collision: ${words}`}>
    <p>The ${words} was changed elsewhere as well.</p>
    <dl>
      <div>
        <dt>Yours</dt>
        <dd>${mine}</dd>
      </div>
      <div>
        <dt>Theirs</dt>
        <dd>${theirs}</dd>
      </div>
    </dl>
    <div class="buttons">
      ${button({ label: 'Keep yours', says: `Keep yours: ${words}`, onClick: () => actions.decide(path, 'mine') })}
      ${button({ label: 'Take theirs', says: `Take theirs: ${words}`, onClick: () => actions.decide(path, 'theirs') })}
    </div>
  </div>`;
}

/** Longest value that is shown, in characters. */
const mostShown = 200;

function valueWords(settings: Settings, path: string): string {
  const text = settings.get(path);
  if (text === undefined) return 'not set';
  const value: unknown = JSON.parse(text);
  if (path.startsWith('configMounts.')) return 'another content';
  if (path.startsWith('trafficLimits.') && (typeof value === 'number' || value === null))
    return limitWords(path.slice('trafficLimits.'.length) as LimitName, value);
  const words = typeof value === 'string' ? value : text;
  return words.length > mostShown ? `${words.slice(0, mostShown)}…` : words;
}

/** Deleting data takes a word of its own. */
function loss(
  { actions, busy, volumeData }: View,
  { consequences = [], lossKnown }: EditView,
): TemplateResult | typeof nothing {
  const lost = consequences.find((one) => one.kind === 'dataLoss');
  if (lost === undefined) return nothing;
  const there = volumeData?.some(({ instance }) => instance >= lost.from) === true;
  return html`${
    there
      ? button({
          id: 'archive-volumes',
          label: busy.has('archiveVolumes') ? 'Saving the data…' : 'Save the data first…',
          disabled: busy.has('archiveVolumes'),
          onClick: () => actions.archiveVolumes(lost.from),
        })
      : nothing
  }
  ${check({
    id: 'know-loss',
    label: `Delete ${dataLossWords(lost)}`,
    checked: lossKnown,
    hint: 'This cannot be undone.',
    onChange: (known) => actions.knowLoss(known),
  })}`;
}

function buttons({ busy, facts, actions }: View, edit: EditView): TemplateResult {
  const { consequences = [], lossKnown, editing, fields } = edit;
  const unsaid = consequences.some(({ kind }) => kind === 'dataLoss') && !lossKnown;
  const undecided = editing.collisions.length > 0;
  const disabled = busy.has('save') || facts?.kind !== 'there' || unsaid || undecided;
  const problems = fields.problems.size;
  const count = problems === 1 ? '1 problem' : `${problems} problems`;
  return html`<div class="buttons">
    ${button({
      id: 'save',
      label: busy.has('save') ? 'Saving…' : 'Save',
      look: 'primary',
      disabled,
      onClick: () => actions.save(),
    })}
    ${button({ id: 'discard', label: 'Discard', disabled: busy.has('save'), onClick: () => actions.discard() })}
    ${problems === 0 ? nothing : html`<span class="problem">${count}</span>`}
  </div>`;
}
