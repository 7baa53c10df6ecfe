import { env } from 'vscode';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { abilitiesOf } from '../tree/contextValue.ts';
import type { AddressNode, DeploymentNode, InstanceNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';
import { instanceMeant } from './meant.ts';

/** The address of a deployment that a person would open first. */
export function firstUrl(deployment: Deployment): string | undefined {
  return deployment.addresses?.find(({ url }) => url !== undefined)?.url;
}

async function urlOf(
  context: CommandContext,
  node: DeploymentNode | undefined,
  question: string,
): Promise<string | undefined> {
  const chosen = await chooseDeployment(
    context,
    node,
    (one) => abilitiesOf(one).includes('canOpen'),
    question,
  );
  if (chosen === undefined) return undefined;
  const url = firstUrl(chosen);
  if (url === undefined) throw new Error(`${chosen.name} has no address that a browser can open.`);
  return url;
}

export async function openCommand(context: CommandContext, node: DeploymentNode | undefined): Promise<void> {
  const url = await urlOf(context, node, 'Open a deployment');
  if (url !== undefined) await context.prompts.open(url);
}

export async function copyAddressCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const url = await urlOf(context, node, 'Copy an address');
  if (url !== undefined) await env.clipboard.writeText(url);
}

export async function copyIdCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(context, node, () => true, 'Copy an id');
  if (chosen !== undefined) await env.clipboard.writeText(chosen.id);
}

/** The digest of the image that takes traffic. */
export async function copyDigestCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(
    context,
    node,
    (one) => abilitiesOf(one).includes('canCopyDigest'),
    'Copy a digest',
  );
  const digest = chosen?.currentLiveDigest;
  if (typeof digest === 'string') await env.clipboard.writeText(digest);
}

export async function copyInstanceIdCommand(
  context: CommandContext,
  node: InstanceNode | undefined,
): Promise<void> {
  const meant = await instanceMeant(context, node, { question: 'Copy an id', fits: () => true });
  if (meant !== undefined) await env.clipboard.writeText(meant.id);
}

export async function openAddressCommand(
  { prompts }: Pick<CommandContext, 'prompts'>,
  node: AddressNode | undefined,
): Promise<void> {
  const url = node?.address.url;
  if (url !== undefined) await prompts.open(url);
}

export async function copyThisAddressCommand(node: AddressNode | undefined): Promise<void> {
  if (node === undefined) return;
  const { url, host, publicPort } = node.address;
  await env.clipboard.writeText(url ?? `${host ?? ''}:${publicPort ?? ''}`);
}
