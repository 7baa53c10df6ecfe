import type { InstanceInfo } from '../../protocol/shapes/release.ts';
import { back } from '../prompts.ts';
import { describeInstance, instanceLooks } from '../tree/look.ts';
import type { ConfigMountNode, InstanceNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';

/** A part of a deployment that a command is about. */
export interface MeantPart {
  readonly deploymentId: string;
  /** Of an instance. */
  readonly id: string;
  /** For people; of a config mount, the name of its file. */
  readonly name: string;
}

interface Wanted {
  readonly question: string;
  readonly fits: (instance: InstanceInfo) => boolean;
}

/** The instance that is meant: the node's, the only fitting one, or the chosen one. Undefined: given up. */
export async function instanceMeant(
  context: CommandContext,
  node: InstanceNode | undefined,
  { question, fits }: Wanted,
): Promise<MeantPart | undefined> {
  if (node !== undefined) {
    const { deploymentId, instance } = node;
    return { deploymentId, id: instance.id, name: instance.name };
  }
  const chosen = await chooseDeployment(
    context,
    undefined,
    ({ instances }) => instances === undefined || instances.wanted > 0,
    question,
  );
  if (chosen === undefined) return undefined;
  const found = (await context.model.instances(chosen.id)).filter(fits);
  if (found.length === 0)
    throw new Error(`No instance of ${chosen.name} runs right now. Start it, and try again.`);
  const items = found.map((instance) => ({
    label: `$(${instanceLooks[instance.state].icon}) ${instance.name}`,
    description: describeInstance(instance),
    part: { deploymentId: chosen.id, id: instance.id, name: instance.name },
  }));
  return onlyOrPicked(context, items, { title: question, placeholder: 'Which instance?' });
}

/** The config mount that is meant, in the same way. */
export async function configMountMeant(
  context: CommandContext,
  node: ConfigMountNode | undefined,
  question: string,
): Promise<MeantPart | undefined> {
  if (node !== undefined) return { deploymentId: node.deploymentId, id: node.name, name: node.name };
  const chosen = await chooseDeployment(context, undefined, () => true, question);
  if (chosen === undefined) return undefined;
  const { info } = await context.model.details(chosen.id);
  const names = Object.keys(info.configMounts).toSorted((a, b) => a.localeCompare(b));
  if (names.length === 0)
    throw new Error(`${chosen.name} has no config mounts. Drop a file on it in the Patr view to add one.`);
  const items = names.map((name) => ({
    label: `$(file) ${name}`,
    part: { deploymentId: chosen.id, id: name, name },
  }));
  return onlyOrPicked(context, items, { title: question, placeholder: 'Which config mount?' });
}

type Item = { readonly label: string; readonly description?: string; readonly part: MeantPart };

async function onlyOrPicked(
  { prompts }: CommandContext,
  items: readonly Item[],
  question: { readonly title: string; readonly placeholder: string },
): Promise<MeantPart | undefined> {
  const [only] = items;
  if (items.length === 1) return only?.part;
  const picked = await prompts.pick(items, question);
  return picked === undefined || picked === back ? undefined : picked.part;
}
