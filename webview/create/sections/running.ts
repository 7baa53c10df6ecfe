import { html, type TemplateResult } from 'lit-html';
import { environment } from './environment.ts';
import { mounts } from './mounts.ts';
import { ports } from './ports.ts';
import { probes } from './probes.ts';
import { volumes } from './volumes.ts';
import type { View } from '../view.ts';

export function runningSection(view: View): TemplateResult {
  return html`${ports(view)} ${environment(view)} ${mounts(view)} ${volumes(view)} ${probes(view)}`;
}
