import { html, nothing, type TemplateResult } from 'lit-html';
import { limitWords } from '../../../src/protocol/limitWords.ts';
import { usualLimits, type LimitName } from '../../../src/protocol/shapes/trafficLimits.ts';
import { choice, textField } from '../controls.ts';
import type { LimitDraft } from './draft.ts';
import { limitField } from './limitField.ts';
import { choicesOf, type FieldsView } from './view.ts';

interface LimitField {
  readonly label: string;
  readonly hint: string;
  /** What the number counts, after its name. */
  readonly unit: string;
  /** Whether it can be lifted where one is usual. */
  readonly canLift: boolean;
}

const fields: Readonly<Record<LimitName, LimitField>> = {
  maxBodyBytes: {
    label: 'Request body',
    hint: 'A larger one is refused with 413. With a limit of its own, a request has to say the length of its body.',
    unit: 'MB',
    canLift: true,
  },
  answerTimeoutSeconds: {
    label: 'Silence of an answer',
    hint: 'An instance that says nothing for longer, before its answer or within it, is given up: 504.',
    unit: 'seconds',
    canLift: false,
  },
  maxRequestsPerInstance: {
    label: 'Requests at once',
    hint: 'For each instance. More of them wait up to 10 s for their turn, then it is 503.',
    unit: 'per instance',
    canLift: true,
  },
  maxRequestsPerSecond: {
    label: 'Requests of a client',
    hint: 'For each client address, counted over ten seconds. What is more is refused with 429.',
    unit: 'per second',
    canLift: false,
  },
};

/** What the edge holds clients and instances to; nothing where the server has no such limits. */
export function limits(view: FieldsView): TemplateResult | typeof nothing {
  if (choicesOf(view)?.trafficLimits !== true) return nothing;
  return html`<section aria-labelledby="limits-heading">
    <h3 id="limits-heading" tabindex="-1">Traffic limits</h3>
    <p class="lead">
      They hold for the HTTP ports. A change needs no restart: it is in force within a second.
    </p>
    ${(Object.keys(fields) as LimitName[]).map((name) => limit(view, name))}
  </section>`;
}

function limit({ draft, problems, actions }: FieldsView, name: LimitName): TemplateResult {
  const { label, hint, unit, canLift } = fields[name];
  const { kind, value } = draft.limits[name];
  const id = limitField(name);
  const change = (changes: Partial<LimitDraft>, ...touched: string[]): void =>
    actions.edit(
      (now) => ({ limits: { ...now.limits, [name]: { ...now.limits[name], ...changes } } }),
      ...touched,
    );
  const usual = limitWords(name, usualLimits[name]);
  return html`<div class="row limit" role="group" aria-label=${label}>
    ${choice<LimitDraft['kind']>({
      id: `${id}-kind`,
      label,
      value: kind,
      options: [
        { value: 'usual', label: `As usual: ${usual}` },
        { value: 'own', label: 'Limit of its own' },
        ...(canLift ? [{ value: 'none' as const, label: 'No limit' }] : []),
      ],
      hint,
      onChange: (chosen) => change({ kind: chosen }),
    })}
    ${
      kind === 'own'
        ? textField({
            id,
            label: `${label}, ${unit}`,
            value,
            problem: problems.get(id),
            onInput: (typed) => change({ value: typed }, id),
          })
        : nothing
    }
  </div>`;
}
