import { html, type TemplateResult } from 'lit-html';
import { environment } from '../../shared/fields/environment.ts';
import { limits } from '../../shared/fields/limits.ts';
import { mounts } from '../../shared/fields/mounts.ts';
import { ports } from '../../shared/fields/ports.ts';
import { probes } from '../../shared/fields/probes.ts';
import { volumes } from '../../shared/fields/volumes.ts';
import type { View } from '../view.ts';

export function runningSection(view: View): TemplateResult {
  return html`${ports(view)} ${limits(view)} ${environment(view)} ${mounts(view)} ${volumes(view)}
  ${probes(view)}`;
}
