import { nameProblem, nameTaken } from '../../deploy/check.ts';
import { back } from '../prompts.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { change, detailsNow } from './change.ts';
import { chooseDeployment, targetOf, type CommandContext } from './context.ts';

/** Gives a deployment another name; its addresses follow. */
export async function renameCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(context, node, () => true, 'Rename a deployment', {
    alwaysAsk: true,
  });
  if (chosen === undefined) return;
  const target = await targetOf(context);
  const details = await detailsNow(context, chosen.id);
  const { name: before } = details.info;
  const typed = await context.prompts.input({
    title: `Rename ${before}`,
    placeholder: 'The name is part of the address: the address changes with it.',
    value: before,
    check: async (value) => {
      if (value.trim() === before) return undefined;
      const problem = nameProblem(value);
      if (problem !== undefined) return problem;
      return (await nameTaken(target, value))
        ? `There is already a deployment called ${value.trim()}.`
        : undefined;
    },
  });
  if (typed === undefined || typed === back || typed.trim() === before) return;
  await change(context, details, { name: typed.trim() });
  await context.memory.rename(chosen.id, typed.trim());
}
