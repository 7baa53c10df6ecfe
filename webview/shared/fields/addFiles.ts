import { encodeBytes, mostContentBytes, sizeOf } from './content.ts';
import { nextKey, type MountRow } from './draft.ts';

export interface AddedFiles {
  /** The list with the files in it: of the same name the content is replaced. */
  readonly added: (mounts: readonly MountRow[]) => MountRow[];
  /** Which files were left out, and why; a whole sentence. */
  readonly problem: string | undefined;
}

/** Reads files for config mounts, as long as all of them together are small enough to travel in one request. */
export async function addFiles(files: Iterable<File>, before: readonly MountRow[]): Promise<AddedFiles> {
  let room = mostContentBytes - before.reduce((sum, { content }) => sum + sizeOf(content), 0);
  const read = new Map<string, string>();
  const tooMuch: string[] = [];
  for (const file of files) {
    if (file.size > room) {
      tooMuch.push(file.name);
      continue;
    }
    room -= file.size;
    read.set(file.name, encodeBytes(new Uint8Array(await file.arrayBuffer())));
  }
  const added = (mounts: readonly MountRow[]): MountRow[] => {
    const kept = mounts.map((row) => ({ ...row, content: read.get(row.name) ?? row.content }));
    const fresh = Array.from(read).filter(([name]) => mounts.every((row) => row.name !== name));
    const first = nextKey(mounts);
    return [...kept, ...fresh.map(([name, content], index) => ({ key: first + index, name, content }))];
  };
  const most = `${mostContentBytes / 1024} KB`;
  const problem =
    tooMuch.length === 0
      ? undefined
      : `${tooMuch.join(', ')} ${tooMuch.length === 1 ? 'is' : 'are'} left out: config mounts may have ${most} together. Put large files into the image or a volume.`;
  return { added, problem };
}
