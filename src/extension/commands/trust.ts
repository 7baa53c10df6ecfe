import { commands } from 'vscode';
import type { CommandContext } from './context.ts';

/** Whether the workspace is trusted; where it is not, says that nothing is done, and how to change that. */
export async function isTrusted({
  trusted,
  notify,
}: Pick<CommandContext, 'trusted' | 'notify'>): Promise<boolean> {
  if (trusted()) return true;
  const manage = {
    label: 'Manage workspace trust',
    run: () => commands.executeCommand('workbench.trust.manage'),
  };
  await notify.warn(
    'Nothing is built or started in a workspace that is not trusted. Trust it, and try again.',
    [manage],
  );
  return false;
}
