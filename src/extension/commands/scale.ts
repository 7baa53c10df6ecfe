import { isProblem } from '../../protocol/problems.ts';
import type { DeploymentDetails } from '../model/details.ts';
import { back } from '../prompts.ts';
import { parseScale, scaleText, type Scale } from '../scaleText.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { change, detailsNow } from './change.ts';
import { chooseDeployment, type CommandContext } from './context.ts';
import { offerArchive } from './offerArchive.ts';

/** Changes the number of instances. What would delete data is offered to be saved, and asked about by name. */
export async function scaleCommand(context: CommandContext, node: DeploymentNode | undefined): Promise<void> {
  const chosen = await chooseDeployment(context, node, () => true, 'Scale a deployment', { alwaysAsk: true });
  if (chosen === undefined) return;
  const details = await detailsNow(context, chosen.id);
  const typed = await context.prompts.input({
    title: `Scale ${chosen.name}`,
    placeholder: 'How many instances? A number, or a range such as 2-5, within which the load decides.',
    value: scaleText(details.info),
    check: (value) => {
      const parsed = parseScale(value);
      return 'problem' in parsed ? parsed.problem : undefined;
    },
  });
  const scale = typed === undefined || typed === back ? undefined : parseScale(typed);
  if (scale !== undefined && !('problem' in scale)) await scaleTo(context, details, scale);
}

async function scaleTo(context: CommandContext, details: DeploymentDetails, scale: Scale): Promise<void> {
  const body = { minHorizontalScale: scale.minimum, maxHorizontalScale: scale.maximum };
  try {
    await change(context, details, body);
  } catch (error) {
    if (!isProblem(error, 'dataLossNotConfirmed')) throw error;
    const title = `Scale ${details.info.name} down`;
    const loss = { title, without: 'Scale down without saving the data', from: scale.maximum };
    if ((await offerArchive(context, details.info, loss)) === 'givenUp') return;
    const question = `Scale ${details.info.name} down and delete data?`;
    if (!(await context.prompts.confirm(question, lossText(details, scale), 'Delete the data'))) return;
    await change(context, details, { ...body, allowDataLoss: true });
  }
}

/** What goes with the instances that are too many. */
function lossText({ info, volumes }: DeploymentDetails, { maximum }: Scale): string {
  const gone = (info.instances?.wanted ?? 0) - maximum;
  const whose = gone === 1 ? 'One instance goes' : gone > 1 ? `${gone} instances go` : 'Instances go';
  const lines = volumes.map(({ id, name, size, path }) => {
    const much = size === undefined ? '' : `, up to ${size} GB each`;
    return `${name ?? id} at ${path}${much}`;
  });
  return [`${whose}, with everything in their volumes. This cannot be undone.`, ...lines].join('\n\n');
}
