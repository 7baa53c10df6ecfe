import { basename } from 'node:path';
import { workspace, type Uri } from 'vscode';
import { decode } from '../../protocol/decode.ts';
import { configMountName } from '../../protocol/shapes/configMount.ts';
import { formatBytes } from '../../base/formatBytes.ts';
import { back } from '../prompts.ts';
import type { ConfigMountNode, DeploymentNode } from '../tree/nodes.ts';
import { change, detailsNow, type ChangeContext } from './change.ts';
import { chooseDeployment, type CommandContext } from './context.ts';
import { configMountMeant } from './meant.ts';

/** A file that shall become a config mount. */
export interface NewFile {
  readonly name: string;
  readonly read: () => Promise<Uint8Array>;
}

/** All config mounts of a deployment travel together, so one file is bounded. */
const mostBytes = 512 * 1024;

/** Chooses files of the machine and makes them config mounts. */
export async function addConfigMountCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const chosen = await chooseDeployment(context, node, () => true, 'Add a config mount');
  if (chosen === undefined) return;
  const files = await context.prompts.files(`Config mounts of ${chosen.name}`, 'Add');
  if (files !== undefined && files.length > 0) await addConfigMounts(context, chosen.id, files.map(fileAt));
}

export function fileAt(uri: Uri): NewFile {
  return { name: basename(uri.path), read: async () => workspace.fs.readFile(uri) };
}

/** Makes files config mounts of a deployment, in one update. One of the same name is replaced after asking. */
export async function addConfigMounts(
  context: ChangeContext & Pick<CommandContext, 'notify'>,
  deploymentId: string,
  files: readonly NewFile[],
): Promise<void> {
  const details = await detailsNow(context, deploymentId);
  const { configMounts: before, name: deployment } = details.info;
  const added: Record<string, string> = {};
  for (const file of files) {
    const content = await contentOf(file);
    const there = before[file.name];
    if (there === content) continue;
    if (there !== undefined && !(await mayReplace(context, file.name, deployment))) continue;
    added[file.name] = content;
  }
  const names = Object.keys(added);
  if (names.length === 0) return;
  await change(context, details, { configMounts: { ...before, ...added } });
  await context.notify.done(`${names.join(', ')}: under /etc/config in every instance of ${deployment}.`);
}

/** Base64. @throws with what to do when it cannot be a config mount. */
async function contentOf({ name, read }: NewFile): Promise<string> {
  const checked = decode(configMountName, name);
  if (!checked.ok)
    throw new Error(
      `${name} cannot be a config mount: its name ${checked.fields[0]?.message ?? 'is none for a file'}. Rename it, and try again.`,
    );
  const bytes = await read();
  if (bytes.length > mostBytes)
    throw new Error(
      `${name} has ${formatBytes(bytes.length)}. A config mount may have ${formatBytes(mostBytes)}; put larger files into the image or a volume.`,
    );
  return Buffer.from(bytes).toString('base64');
}

async function mayReplace(
  { prompts }: Pick<CommandContext, 'prompts'>,
  name: string,
  deployment: string,
): Promise<boolean> {
  const items = [
    { label: `$(replace) Replace ${name}`, value: true },
    { label: '$(close) Leave it as it is', value: false },
  ];
  const placeholder = `${deployment} has a config mount ${name} already.`;
  const picked = await prompts.pick(items, { title: 'Add a config mount', placeholder });
  return picked !== undefined && picked !== back && picked.value;
}

export async function deleteConfigMountCommand(
  context: CommandContext,
  node: ConfigMountNode | undefined,
): Promise<void> {
  const meant = await configMountMeant(context, node, 'Delete a config mount');
  if (meant === undefined) return;
  const { deploymentId, name } = meant;
  const details = await detailsNow(context, deploymentId);
  const { [name]: there, ...others } = details.info.configMounts;
  if (there === undefined) return;
  const detail = `Instances of ${details.info.name} will not see /etc/config/${name} any more. Its content is deleted.`;
  if (!(await context.prompts.confirm(`Delete the config mount ${name}?`, detail, 'Delete'))) return;
  await change(context, details, { configMounts: others });
}
