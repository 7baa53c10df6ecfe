import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';

/** Opens the form with the values of a deployment that there is. */
export async function duplicateCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(context, node, () => true, 'Duplicate a deployment', {
    alwaysAsk: true,
  });
  if (chosen === undefined) return;
  const { id: deploymentId, name } = chosen;
  const connection = context.model.connection.id;
  context.openCreateForm({ kind: 'duplicate', deploymentId, name, connection });
}
