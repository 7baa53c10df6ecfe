import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The folder that control plane and edge share, under the path that each of them sees. Files are replaced whole, so
 * a proxy that starts at any moment reads one version or the other.
 */
export interface EdgeFiles {
  /** Path as the proxy sees it. */
  inside(name: string): string;
  /** Path as this process sees it. */
  here(name: string): string;
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  list(folder: string): Promise<string[]>;
}

export async function openEdgeFiles(here: string, inside: string): Promise<EdgeFiles> {
  for (const folder of ['certificates', 'public']) await mkdir(join(here, folder), { recursive: true });
  // Keys of certificates are in it, and the socket that commands the proxy.
  await chmod(here, 0o700);
  return {
    inside: (name) => `${inside}/${name}`,
    here: (name) => join(here, name),
    read: (name) => readFile(join(here, name), 'utf8').catch(absentIfMissing),
    async write(name, text) {
      const path = join(here, name);
      await writeFile(`${path}.new`, text, { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
    remove: (name) => rm(join(here, name), { force: true }),
    list: (folder) => readdir(join(here, folder)),
  };
}

function absentIfMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
