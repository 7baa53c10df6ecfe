import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, targetOf, type CommandContext } from './context.ts';
import { back } from '../prompts.ts';
import { offerArchive } from './offerArchive.ts';

/** Deletes a deployment, after its name has been typed. */
export async function deleteCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(context, node, () => true, 'Delete a deployment', {
    alwaysAsk: true,
  });
  if (chosen === undefined) return;
  const { id, name } = chosen;
  const loss = { title: `Delete ${name}`, without: 'Delete it without saving its data', from: 0 };
  if ((await offerArchive(context, chosen, loss)) === 'givenUp') return;
  const typed = await context.prompts.input({
    title: `Delete ${name}`,
    placeholder: `Type ${name} to delete the deployment, its instances, its volumes and its history. This cannot be undone.`,
    value: '',
    check: (value) => (value.trim() === name ? undefined : `Type the name exactly as it is: ${name}`),
  });
  if (typed === undefined || typed === back || typed.trim() !== name) return;
  const target = await targetOf(context);
  await context.prompts.busy(async () => {
    await target.api.deleteDeployment({ params: { workspaceId: target.workspaceId, deploymentId: id } });
    await context.memory.forget(id);
    await context.model.refresh();
  });
  await context.notify.done(`${name} is deleted.`);
}
