import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, targetOf, type CommandContext } from './context.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { back } from '../prompts.ts';
import { readVolumeData, volumeDataWords } from '../volumes/volumeData.ts';
import { archiveVolumes } from './archiveVolumes.ts';

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
  if ((await offerArchive(context, chosen)) === 'givenUp') return;
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

/** Where volumes would go with it, they can be saved first. */
async function offerArchive(
  context: CommandContext,
  deployment: Pick<Deployment, 'id' | 'name'>,
): Promise<'goOn' | 'givenUp'> {
  const { id, name } = deployment;
  const target = await targetOf(context);
  const data = await context.prompts.busy(() => readVolumeData(target, id));
  if (data.length === 0) return 'goOn';
  const save = { label: '$(save) Save the data first…', description: volumeDataWords(data) };
  const items = [save, { label: '$(trash) Delete it without saving its data' }];
  const placeholder = `With ${name} the data in its volumes is deleted.`;
  const chosen = await context.prompts.pick(items, { title: `Delete ${name}`, placeholder });
  if (chosen === undefined || chosen === back) return 'givenUp';
  if (chosen !== save) return 'goOn';
  return (await archiveVolumes(context, deployment, {})) ? 'goOn' : 'givenUp';
}
