import { back } from '../prompts.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { change, detailsNow } from './change.ts';
import { chooseDeployment, type CommandContext } from './context.ts';

/** Whether a pushed image is rolled out by itself: says how it is, and offers the other. */
export async function deployOnPushCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(context, node, ownsRepository, 'Deploy on push');
  if (chosen === undefined) return;
  const details = await detailsNow(context, chosen.id);
  const { deployOnPush: on, imageTag } = details.info;
  const items = [
    {
      label: `${on ? '$(check)' : '$(circle-outline)'} On`,
      description: `an image that is pushed as ${imageTag} is rolled out at once`,
      value: true,
    },
    {
      label: `${on ? '$(circle-outline)' : '$(check)'} Off`,
      description: 'what is pushed is offered as a newer image, to roll out by hand',
      value: false,
    },
  ];
  const placeholder = `Deploy on push is ${on ? 'on' : 'off'} for ${chosen.name}.`;
  const picked = await context.prompts.pick(items, { title: 'Deploy on push', placeholder });
  if (picked === undefined || picked === back || picked.value === on) return;
  await change(context, details, { deployOnPush: picked.value });
}

/** Only the own registry tells of pushes. */
function ownsRepository(deployment: object): boolean {
  return 'repositoryId' in deployment;
}
