import { html, nothing, type TemplateResult } from 'lit-html';
import { textField } from '../../shared/controls.ts';
import { environment } from '../../shared/fields/environment.ts';
import { afterChange } from '../../shared/fields/afterChange.ts';
import { limits } from '../../shared/fields/limits.ts';
import { ports } from '../../shared/fields/ports.ts';
import { probes } from '../../shared/fields/probes.ts';
import { deployOnPush } from '../../shared/fields/scaling.ts';
import { volumes } from '../../shared/fields/volumes.ts';
import type { Managed } from '../../../src/protocol/panelManage.ts';
import type { EditView, View } from '../view.ts';
import { mounts } from './mounts.ts';

/** Everything that may change about what runs. */
export function configuration(view: View, managed: Managed, { fields }: EditView): TemplateResult {
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
    ${deployOnPush(fields)} ${ports(fields)} ${limits(fields)} ${environment(fields)} ${mounts(view, managed)}
    ${managed.liveMounts ? afterChange(fields) : nothing} ${volumes(fields)} ${probes(fields)}`;
}
