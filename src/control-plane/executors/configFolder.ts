import { link, mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigGeneration } from '../domain.ts';
import type { SharedFolder } from '../region/sharedFolders.ts';
import {
  dataLink,
  draftFolder,
  draftLink,
  generationFolder,
  generationOf,
  leastKept,
  mostKept,
  oldForMs,
  oldGenerations,
} from './configLayout.ts';
import type { ConfigStorage } from './configStorage.ts';

/** Config mounts in a folder that this process and the engine both see. */
export function sharedConfig(shared: SharedFolder, now: () => number): ConfigStorage {
  const here = (deploymentId: string): string => join(shared.here, deploymentId);
  return {
    async folder(deploymentId) {
      await mkdir(here(deploymentId), { recursive: true, mode: 0o755 });
      return `${shared.onEngine}/${deploymentId}`;
    },

    async put(deploymentId, config) {
      const folder = here(deploymentId);
      await mkdir(folder, { recursive: true, mode: 0o755 });
      const generation = generationFolder(config);
      const before = await inForce(folder);
      if (before !== generation) {
        await writeGeneration(folder, generation, config, before);
        await swapLink(folder, dataLink, generation);
      }
      await linkNames(folder, Array.from(config.files.keys()));
      if (before !== generation) await dropOld(folder, generation, now());
    },

    async generation(deploymentId) {
      const folder = await inForce(here(deploymentId));
      return folder === undefined ? undefined : generationOf(folder);
    },

    async read(deploymentId) {
      const folder = here(deploymentId);
      const generation = await inForce(folder);
      if (generation === undefined) return undefined;
      const names = await readdir(join(folder, generation));
      const files = names.map(async (name): Promise<[string, Buffer]> => [
        name,
        await readFile(join(folder, generation, name)),
      ]);
      return { generation: generationOf(generation) ?? 0, files: new Map(await Promise.all(files)) };
    },

    remove: (deploymentId) => rm(here(deploymentId), { recursive: true, force: true }),
  };
}

async function inForce(folder: string): Promise<string | undefined> {
  return readlink(join(folder, dataLink)).catch(absent);
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

/**
 * Under its name only when it is whole, also after a power cut. What has not changed is the same file as before: whoever
 * polls for changes sees none there.
 */
async function writeGeneration(
  folder: string,
  generation: string,
  { files }: ConfigGeneration,
  before: string | undefined,
): Promise<void> {
  const target = join(folder, generation);
  if ((await stat(target).catch(absent)) !== undefined) return;
  const draft = join(folder, draftFolder);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o755 });
  for (const [name, content] of files) {
    const old = before === undefined ? undefined : join(folder, before, name);
    if (old !== undefined && (await readFile(old).catch(absent))?.equals(content) === true) {
      await link(old, join(draft, name));
    } else {
      await writeWhole(join(draft, name), content);
    }
  }
  await rename(draft, target);
}

async function writeWhole(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o444);
  try {
    await file.writeFile(content);
    // The mode at creation is cut by the umask.
    await file.chmod(0o444);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A link cannot be overwritten, but a name can be renamed over it, which nobody can see half done. */
async function swapLink(folder: string, name: string, target: string): Promise<void> {
  const draft = join(folder, draftLink);
  await rm(draft, { force: true });
  await symlink(target, draft);
  await rename(draft, join(folder, name));
}

async function linkNames(folder: string, names: readonly string[]): Promise<void> {
  const wanted = new Set(names);
  const there = (await readdir(folder)).filter((name) => !name.startsWith('..'));
  for (const name of there) if (!wanted.has(name)) await rm(join(folder, name), { force: true });
  for (const name of wanted) {
    if (!there.includes(name)) await swapLink(folder, name, `${dataLink}/${name}`);
  }
}

/** From the oldest on, until one comes that was in force within the last minute. */
async function dropOld(folder: string, current: string, now: number): Promise<void> {
  const old = oldGenerations(await readdir(folder), current);
  const surplus = old.slice(0, Math.max(0, old.length - leastKept));
  for (const [index, name] of surplus.entries()) {
    // It was in force until its successor was made.
    const successor = await stat(join(folder, old[index + 1] ?? current));
    const young = successor.mtimeMs > now - oldForMs;
    if (young && old.length - index <= mostKept) return;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
