import { statfs } from 'node:fs/promises';
import type { Engine } from '../../docker/engine.ts';
import type { SharedFolder } from './sharedFolders.ts';

interface Waiting {
  readonly signal?: AbortSignal;
}

/**
 * Room on the disk that holds the engine's images and volumes, in bytes. Inside a container the engine's own folder
 * is out of sight; a volume that is mounted there lies on the same disk. Absent where nobody can tell.
 */
export async function freeBytesIn(
  engine: Engine,
  shared: SharedFolder,
  data: 'directory' | 'volumes',
  options: Waiting,
): Promise<number | undefined> {
  const told = await engine.freeBytes(options);
  if (told !== undefined || data === 'directory') return told;
  const room = await statfs(shared.here);
  return room.bavail * room.bsize;
}
