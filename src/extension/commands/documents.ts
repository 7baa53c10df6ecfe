import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';

/** What was decided about a deployment and why, as a document. */
export async function eventsCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(context, node, () => true, 'Show events');
  if (chosen === undefined) return;
  await context.documents.show({
    kind: 'events',
    id: chosen.id,
    connection: context.model.connection.id,
    name: `${chosen.name}.events.txt`,
  });
}
