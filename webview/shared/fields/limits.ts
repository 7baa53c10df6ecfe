import { html, nothing, type TemplateResult } from 'lit-html';
import { limitNames, limitWords } from '../../../src/protocol/limitWords.ts';
import { usualLimits, type LimitName } from '../../../src/protocol/shapes/trafficLimits.ts';
import { choice, textField } from '../controls.ts';
import type { LimitDraft } from './draft.ts';
import { limitField } from './limitField.ts';
import { choicesOf, type FieldsView } from './view.ts';

interface LimitField {
  readonly hint: string;
  /** What its number counts. */
  readonly counts: string;
  /** Whether it can be lifted where one is usual. */
  readonly canLift: boolean;
}

const fields: Readonly<Record<LimitName, LimitField>> = {
  maxBodyBytes: {
    hint: 'A larger one is refused with 413. With a limit of its own, a request has to say the length of its body.',
    counts: 'Megabytes',
    canLift: true,
  },
  answerTimeoutSeconds: {
    hint: 'An instance that says nothing for longer, before its answer or within it, is given up: 504.',
    counts: 'Seconds',
    canLift: false,
  },
  maxRequestsPerInstance: {
    hint: 'More of them wait up to 10 s for their turn, then it is 503.',
    counts: 'Requests at once',
    canLift: true,
  },
  maxRequestsPerSecond: {
    hint: 'For each client address, counted over ten seconds. What is more is refused with 429.',
    counts: 'Requests per second',
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
  const { hint, counts, canLift } = fields[name];
  const label = limitNames[name].replace(/^./, (first) => first.toUpperCase());
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
        ...(canLift || kind === 'none' ? [{ value: 'none' as const, label: 'No limit' }] : []),
      ],
      hint,
      onChange: (chosen) => change({ kind: chosen }),
    })}
    ${
      kind === 'own'
        ? textField({
            id,
            label: counts,
            value,
            problem: problems.get(id),
            onInput: (typed) => change({ value: typed }, id),
          })
        : nothing
    }
  </div>`;
}
