import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';

/** Opens the panel of a deployment. */
export async function manageCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(context, node, () => true, 'Manage a deployment');
  if (chosen !== undefined) context.manage(chosen);
}
