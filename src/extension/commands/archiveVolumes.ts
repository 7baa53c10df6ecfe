import { Uri, workspace } from 'vscode';
import { formatBytes } from '../../base/formatBytes.ts';
import { JourneyError } from '../../deploy/errors.ts';
import type { Target } from '../../deploy/target.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { VolumeData } from '../../protocol/shapes/volume.ts';
import type { DeploymentNode, VolumeNode } from '../tree/nodes.ts';
import { readVolumeData, volumeDataWords } from '../volumes/volumeData.ts';
import { writeWhole } from '../volumes/writeWhole.ts';
import { chooseDeployment, offering, type CommandContext } from './context.ts';

/** Which data of a deployment's volumes: of instances from this one on, in all volumes or in one. */
export interface DataChosen {
  readonly from?: number;
  readonly volumeId?: string;
}

/** Saves what instances have in their volumes as an archive. */
export async function archiveVolumesCommand(
  context: CommandContext,
  node: DeploymentNode | VolumeNode | undefined,
): Promise<void> {
  if (node?.kind === 'volume') {
    const deployment = context.model.get(node.deploymentId);
    if (deployment === undefined) return;
    const chosen = { volumeId: node.volume.id };
    await archiveVolumes(context, deployment, chosen, node.volume.name);
    return;
  }
  const chosen = await chooseDeployment(context, node, () => true, 'Save the data of volumes');
  if (chosen !== undefined) await archiveVolumes(context, chosen, {});
}

/** Asks for a file, and saves the archive into it. Whether it was saved: it may have been given up. */
export async function archiveVolumes(
  context: CommandContext,
  { id, name }: Pick<Deployment, 'id' | 'name'>,
  { from = 0, volumeId }: DataChosen,
  what = 'volumes',
): Promise<boolean> {
  const target = await offering(context, 'volumeData');
  const all = await measureVolumeData(context, target, { id, name });
  const data = all.filter(
    (one) => one.instance >= from && (volumeId === undefined || one.volumeId === volumeId),
  );
  if (data.length === 0)
    throw new JourneyError(`${name} has no data in volumes: none of its instances has made any yet.`, []);
  const file = await context.prompts.saveAs(`Save ${volumeDataWords(data)}`, placeFor(`${name} ${what}`));
  if (file === undefined) return false;
  if (file.scheme !== 'file')
    throw new JourneyError('The archive can only be saved on the machine that the extension runs on.', []);
  const query = { from, ...(volumeId === undefined ? {} : { volumeId }) };
  const params = { workspaceId: target.workspaceId, deploymentId: id };
  const title = `Saving the data of ${name}`;
  const bytes = await context.prompts.progress(title, async (report, signal) => {
    const archive = await target.api.archiveVolumeData({ params, query }, { signal });
    const tell = (done: number): void => report({ message: formatBytes(done) });
    return await writeWhole(archive, file.fsPath, { signal, tell, now: Date.now });
  });
  void context.notify.done(`The data of ${name} is saved: ${formatBytes(bytes)} in ${file.fsPath}.`);
  return true;
}

/** Takes the engine a while where there is much, so it can be cancelled. @throws the client's errors. */
export function measureVolumeData(
  { prompts }: Pick<CommandContext, 'prompts'>,
  target: Target,
  { id, name }: Pick<Deployment, 'id' | 'name'>,
): Promise<readonly VolumeData[]> {
  return prompts.progress(`Measuring the data of ${name}`, (_report, signal) =>
    readVolumeData(target, id, { signal }),
  );
}

/** In the folder of the workspace, under a name that every file system takes. */
function placeFor(words: string): Uri {
  const name = `${words.replaceAll(/[^a-zA-Z0-9._-]+/g, '-')}.tar`;
  const [folder] = workspace.workspaceFolders ?? [];
  return folder === undefined ? Uri.file(name) : Uri.joinPath(folder.uri, name);
}
