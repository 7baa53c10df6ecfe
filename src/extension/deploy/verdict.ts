import { env, Uri } from 'vscode';
import type { Reason } from '../../protocol/shapes/deployment.ts';
import type { Action, Notify } from '../notify.ts';
import type { Output } from '../output.ts';

/** What a verdict is told with. */
export interface VerdictParts {
  readonly notify: Notify;
  readonly output: Output;
  /** Opens the panel of a deployment. */
  readonly manage: (deployment: Named) => void;
  readonly showLogs: (deploymentId: string) => Promise<void>;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** What every verdict about a rollout offers, whatever began it. `url`: where it answers, if a person can open it. */
export function actionsFor(
  { manage, showLogs }: Pick<VerdictParts, 'manage' | 'showLogs'>,
  { id, name }: Named,
  url?: string,
): readonly Action[] {
  const open = url === undefined ? [] : [{ label: 'Open', run: () => env.openExternal(Uri.parse(url)) }];
  return [
    ...open,
    { label: 'Logs', run: () => showLogs(id) },
    { label: 'Manage', run: () => manage({ id, name }) },
  ];
}

/** That a deployment is not healthy and why; the lines that show it go to the output. */
export async function tellUnhealthy(
  parts: VerdictParts,
  deployment: Named,
  { message, lines = [] }: Reason,
  more: readonly Action[] = [],
): Promise<void> {
  const text = `${deployment.name} is not healthy`;
  parts.output.append([`${text}: ${message}`, ...lines].join('\n'));
  await parts.notify.unhealthy(`${text}. ${message}`, [...actionsFor(parts, deployment), ...more]);
}
