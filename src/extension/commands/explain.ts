import { abilitiesOf } from '../tree/contextValue.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, targetOf, type CommandContext } from './context.ts';
import { fixOf, type Fix } from './fix.ts';

/** Why a deployment is not well, with the lines that show it and, where there is one, the fix as a button. */
export async function explainCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(
    context,
    node,
    (one) => abilitiesOf(one).includes('canExplain'),
    'Explain',
  );
  const reason = chosen?.reason;
  if (chosen === undefined || reason === undefined) return;
  const { notify, output, showLogs, manage } = context;
  output.append([`${chosen.name}: ${reason.message}`, ...(reason.lines ?? [])].join('\n'));
  const fix = fixOf(reason);
  const fixes = fix === undefined ? [] : [{ label: fix.label, run: () => applyFix(context, fix, chosen.id) }];
  const logs = { label: 'Logs', run: () => showLogs(chosen.id) };
  const more = { label: 'Manage', run: () => manage(chosen) };
  await notify.unhealthy(`${chosen.name}: ${reason.message}`, [...fixes, logs, more]);
}

async function applyFix(
  context: Pick<CommandContext, 'connection' | 'model'>,
  fix: Fix,
  deploymentId: string,
): Promise<void> {
  await fix.apply(await targetOf(context), deploymentId);
  await context.model.reload(deploymentId);
}
