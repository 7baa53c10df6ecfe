import { html, type TemplateResult } from 'lit-html';
import { cost, instances, machines } from '../../shared/fields/scaling.ts';
import type { EditView } from '../view.ts';

/** How many instances there are, how large each is, and what that costs. */
export function scaling({ fields }: EditView): TemplateResult {
  return html`<h2 class="unseen">Scaling</h2>
    ${instances(fields)} ${machines(fields)} ${cost(fields)}`;
}
