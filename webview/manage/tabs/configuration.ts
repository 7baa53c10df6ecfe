import { html, type TemplateResult } from 'lit-html';
import { textField } from '../../shared/controls.ts';
import { environment } from '../../shared/fields/environment.ts';
import { mounts } from '../../shared/fields/mounts.ts';
import { ports } from '../../shared/fields/ports.ts';
import { probes } from '../../shared/fields/probes.ts';
import { deployOnPush } from '../../shared/fields/scaling.ts';
import { volumes } from '../../shared/fields/volumes.ts';
import type { EditView } from '../view.ts';

/** Everything that may change about what runs. */
export function configuration({ fields }: EditView): TemplateResult {
  const { draft, problems, actions } = fields;
  return html`<h2 class="unseen">Configuration</h2>
    ${textField({
      id: 'name',
      label: 'Name',
      value: draft.name,
      hint: 'It is part of the address: another name makes another address.',
      problem: problems.get('name'),
      onInput: (name) => actions.change({ name }, 'name'),
    })}
    ${deployOnPush(fields)} ${ports(fields)} ${environment(fields)} ${mounts(fields)} ${volumes(fields)}
    ${probes(fields)}`;
}
