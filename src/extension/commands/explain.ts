import type { Deployment, Reason } from '../../protocol/shapes/deployment.ts';
import { abilitiesOf } from '../tree/contextValue.ts';
import type { DeploymentNode, InstanceNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';
import { fixesFor } from './fixes.ts';

/** What is not well, under the name that it has for people, and what it belongs to. */
interface Ill {
  readonly name: string;
  readonly reason: Reason;
  readonly deployment: Deployment;
}

/** Why a deployment or an instance is not well, with the lines that show it and, where there is one, the fix as a button. */
export async function explainCommand(
  context: CommandContext,
  node: DeploymentNode | InstanceNode | undefined,
): Promise<void> {
  const ill = node?.kind === 'instance' ? illInstance(context, node) : await illDeployment(context, node);
  if (ill === undefined) return;
  const { name, reason, deployment } = ill;
  const { notify, output, showLogs, manage } = context;
  const lines = reason.lines ?? [];
  output.append([`${name}: ${reason.message}`, ...lines].join('\n'));
  const fixes = await fixesFor(context, deployment, reason);
  const shown = lines.length === 0 ? [] : [{ label: 'Show the lines', run: () => output.show() }];
  const logs = { label: 'Logs', run: () => showLogs(deployment.id) };
  const more = { label: 'Manage', run: () => manage(deployment) };
  await notify.unhealthy(`${name}: ${reason.message}`, [...fixes, ...shown, logs, more]);
}

async function illDeployment(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<Ill | undefined> {
  const fits = (one: Deployment): boolean => abilitiesOf(one).includes('canExplain');
  const deployment = await chooseDeployment(context, node, fits, 'Explain');
  const reason = deployment?.reason;
  return deployment === undefined || reason === undefined
    ? undefined
    : { name: deployment.name, reason, deployment };
}

function illInstance({ model }: CommandContext, { deploymentId, instance }: InstanceNode): Ill | undefined {
  const deployment = model.get(deploymentId);
  const { name, reason } = instance;
  return deployment === undefined || reason === undefined ? undefined : { name, reason, deployment };
}
