import type { UpdateDeployment } from '../../protocol/shapes/deployment.ts';
import type { DeploymentDetails } from '../model/details.ts';
import { targetOf, type CommandContext } from './context.ts';

/** What a change needs: the server, and somebody who follows what comes of it. */
export type ChangeContext = Pick<CommandContext, 'model' | 'prompts'>;

/** A deployment as it is now, before it is changed. Read anew, so that nothing is built upon an old look. */
export async function detailsNow(
  { model, prompts }: ChangeContext,
  deploymentId: string,
): Promise<DeploymentDetails> {
  return prompts.busy(async () => {
    await model.reload(deploymentId);
    return model.details(deploymentId);
  });
}

/** Changes a deployment, unless it has changed since `details` was read. @throws `revisionConflict` then. */
export async function change(
  context: ChangeContext,
  { info }: DeploymentDetails,
  body: UpdateDeployment,
): Promise<void> {
  const target = await targetOf(context);
  const params = { workspaceId: target.workspaceId, deploymentId: info.id };
  const since = info.revision === undefined ? {} : { ifRevision: info.revision };
  await context.prompts.busy(async () => {
    await target.api.updateDeployment({ params, body: { ...body, ...since } });
    await context.model.reload(info.id);
  });
}
