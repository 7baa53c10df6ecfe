import { statfs } from 'node:fs/promises';
import { record, text } from './records/facts.ts';

/**
 * Room for images, in bytes: only an engine on this very machine keeps them where this process can look. `info`
 * is the answer of `GET /info`.
 */
export async function freeBytesOf(info: unknown, sameMachine: boolean): Promise<number | undefined> {
  const root = text(record(info)['DockerRootDir']);
  if (!sameMachine || root === undefined) return undefined;
  try {
    const room = await statfs(root);
    return room.bavail * room.bsize;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
