import { html, type TemplateResult } from 'lit-html';
import { check } from '../../shared/controls.ts';
import { cost, deployOnPush, instances, machines } from '../../shared/fields/scaling.ts';
import type { View } from '../view.ts';

export function scalingSection(view: View): TemplateResult {
  return html`${deployOnPush(view)} ${deployOnCreate(view)} ${instances(view)} ${machines(view)} ${cost(view)}`;
}

function deployOnCreate({ draft, actions }: View): TemplateResult {
  return check({
    id: 'deploy-on-create',
    label: 'Deploy on create',
    checked: draft.deployOnCreate,
    hint: draft.deployOnCreate
      ? 'It starts as soon as it is created.'
      : 'It is created and waits until you start it, or until a push.',
    onChange: (deployOnCreate) => actions.change({ deployOnCreate }),
  });
}
