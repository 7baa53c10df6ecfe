import { html, nothing, type TemplateResult } from 'lit-html';
import { costWords, formatAmount, memoryWords, type Pricing } from '../../../src/protocol/cost.ts';
import type { MachineType } from '../../../src/protocol/shapes/deployment.ts';
import { check, textField } from '../controls.ts';
import { billedOf, pricingOf } from './cost.ts';
import { choicesOf, type FieldsView } from './view.ts';
import { pushes, scalesItself } from './wish.ts';

export function deployOnPush({ draft, actions }: FieldsView): TemplateResult {
  const canPush = pushes(draft);
  return check({
    id: 'deploy-on-push',
    label: 'Deploy on push',
    checked: canPush && draft.deployOnPush,
    disabled: !canPush,
    hint: canPush
      ? 'A push to the tag updates the deployment without an interruption.'
      : 'Only a push to the own registry can be noticed.',
    onChange: (deployOnPush) => actions.change({ deployOnPush }),
  });
}

export function instances({ draft, problems, actions }: FieldsView): TemplateResult {
  const scales = scalesItself(draft);
  return html`<section aria-labelledby="instances-heading">
    <h3 id="instances-heading" tabindex="-1">Instances</h3>
    <p class="lead">
      More instances are started while they use more than 80 % of their CPU, up to the maximum.
    </p>
    ${
      scales
        ? nothing
        : html`<div class="note warning" id="volume-rule">
            <p>
              With a volume there is no automatic scaling: the number of instances stays at the minimum, and
              each has files of its own. Scaling down later deletes the volumes of the instances that go.
            </p>
          </div>`
    }
    <div class="row scale">
      ${textField({
        id: 'min',
        label: 'Minimum',
        value: draft.min,
        problem: problems.get('min'),
        onInput: (min) => actions.change({ min }, 'min', 'max'),
      })}
      ${textField({
        id: 'max',
        label: 'Maximum',
        value: scales ? draft.max : draft.min,
        disabled: !scales,
        problem: problems.get('max'),
        onInput: (max) => actions.change({ max }, 'max'),
      })}
    </div>
  </section>`;
}

export function machines(view: FieldsView): TemplateResult {
  const { draft, problems } = view;
  const types = choicesOf(view)?.machineTypes ?? [];
  const problem = problems.get('machine');
  return html`<section>
    <fieldset id="machine" class="cards" tabindex="-1">
      <legend><h3>Machine type</h3></legend>
      <p class="lead">The most CPU and memory that each instance gets.</p>
      ${problem === undefined ? nothing : html`<p class="problem">Machine type ${problem}.</p>`}
      ${types.length === 0 ? html`<p class="hint">The server tells them when it is connected.</p>` : nothing}
      <div class="grid">${types.map((type) => card(view, type, draft.machine === type.id))}</div>
    </fieldset>
  </section>`;
}

function card(view: FieldsView, { id, cpu_count: cpus, memory_count: memory }: MachineType, chosen: boolean) {
  const price = priceOf(pricingOf(view), `${cpus}/${memory}`);
  return html`<label class="card">
    <input
      type="radio"
      name="machine"
      value=${id}
      .checked=${chosen}
      @change=${() => view.actions.change({ machine: id }, 'machine')}
    />
    <span class="card-text">
      <strong>${cpus} CPU</strong>
      <span>${memoryWords(memory)} memory</span>
      ${price === undefined ? nothing : html`<span class="price">${price}</span>`}
    </span>
  </label>`;
}

function priceOf(pricing: Pricing | undefined, machine: string): string | undefined {
  if (pricing?.kind !== 'priced') return undefined;
  const { machines: prices, currency } = pricing.table;
  const price = prices[machine];
  return price === undefined ? undefined : `${formatAmount(price, currency)} a month`;
}

const range = 'Between the minimum and the maximum of instances, for a month of 720 hours.';

export function cost(view: FieldsView): TemplateResult {
  return html`<section aria-labelledby="cost-heading">
    <h3 id="cost-heading" tabindex="-1">Estimated cost</h3>
    <p class="cost">${costOf(view)}</p>
    ${pricingOf(view)?.kind === 'priced' ? html`<p class="hint">${range}</p>` : nothing}
  </section>`;
}

export function costOf(view: FieldsView): string {
  const pricing = pricingOf(view);
  return pricing === undefined ? 'Known when a region is chosen.' : costWords(pricing, billedOf(view));
}
