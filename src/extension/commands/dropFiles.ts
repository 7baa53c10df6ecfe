import { Uri, type DataTransfer, type TreeDragAndDropController } from 'vscode';
import type { Notify } from '../notify.ts';
import { deploymentOf, type Node } from '../tree/nodes.ts';
import { fileAt, type NewFile } from './configMounts.ts';

const uriList = 'text/uri-list';
/** What comes from outside of the editor. */
const outside = 'files';

/** Files that are dropped on a deployment, or on what belongs to it, become its config mounts. */
export function dropFiles(
  add: (deploymentId: string, files: readonly NewFile[]) => Promise<unknown>,
  notify: Notify,
): TreeDragAndDropController<Node> {
  return {
    dropMimeTypes: [uriList, outside],
    dragMimeTypes: [],
    async handleDrop(target, data) {
      const deploymentId = deploymentOf(target);
      try {
        const files = await filesOf(data);
        if (files.length === 0) return;
        if (deploymentId !== undefined) return void (await add(deploymentId, files));
        await notify.warn('Drop files on a deployment: they become its config mounts.');
      } catch (error) {
        await notify.problem(error);
      }
    },
  };
}

async function filesOf(data: DataTransfer): Promise<readonly NewFile[]> {
  const listed = await data.get(uriList)?.asString();
  const uris = (listed ?? '').split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  if (uris.length > 0) return uris.map((uri) => fileAt(Uri.parse(uri, true)));
  const found: NewFile[] = [];
  for (const [, item] of data) {
    const file = item.asFile();
    if (file !== undefined) found.push({ name: file.name, read: async () => file.data() });
  }
  return found;
}
