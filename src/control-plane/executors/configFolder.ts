import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SharedFolder } from '../region/sharedFolders.ts';

/** Generations that are kept beside the one in force, for readers that have one open. */
const keptGenerations = 5;

/**
 * The configuration of a deployment as the kubelet lays it out: `<name>` is a link to `..data/<name>`, and `..data`
 * a link to a folder with one generation. Swapping that one link changes every file at once, so a reader sees the
 * old or the new content, and never a mixture within one generation.
 */
export async function writeConfig(
  shared: SharedFolder,
  deploymentId: string,
  mounts: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(shared.here, deploymentId);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const generation = `..${generationKey(mounts)}`;
  if ((await currentGeneration(folder)) !== generation) {
    await writeGeneration(folder, generation, mounts);
    await swapLink(folder, '..data', generation);
  }
  await linkNames(folder, Object.keys(mounts));
  await dropOld(folder, generation);
  return `${shared.onEngine}/${deploymentId}`;
}

/** Names and Base64 contents that are in force; undefined when there is no configuration of it. */
export async function readConfig(
  shared: SharedFolder,
  deploymentId: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const folder = join(shared.here, deploymentId);
  const generation = await currentGeneration(folder);
  if (generation === undefined) return undefined;
  const names = await readdir(join(folder, generation));
  const read = names.map(async (name): Promise<[string, string]> => [
    name,
    await readFile(join(folder, generation, name), 'base64'),
  ]);
  return Object.fromEntries(await Promise.all(read));
}

export async function removeConfig(shared: SharedFolder, deploymentId: string): Promise<void> {
  await rm(join(shared.here, deploymentId), { recursive: true, force: true });
}

function generationKey(mounts: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(mounts).toSorted()) hash.update(`${name}\0${mounts[name]}\0`);
  return hash.digest('hex').slice(0, 24);
}

async function currentGeneration(folder: string): Promise<string | undefined> {
  return readlink(join(folder, '..data')).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function writeGeneration(
  folder: string,
  generation: string,
  mounts: Readonly<Record<string, string>>,
): Promise<void> {
  const target = join(folder, generation);
  const draft = `${target}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o755 });
  for (const [name, content] of Object.entries(mounts)) {
    const path = join(draft, name);
    await writeFile(path, Buffer.from(content, 'base64'));
    // The mode at creation is cut by the umask.
    await chmod(path, 0o444);
  }
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
}

/** A link cannot be overwritten, but a name can be renamed over it, which nobody can see half done. */
async function swapLink(folder: string, name: string, target: string): Promise<void> {
  const draft = join(folder, `${name}.new`);
  await rm(draft, { force: true });
  await symlink(target, draft);
  await rename(draft, join(folder, name));
}

async function linkNames(folder: string, names: readonly string[]): Promise<void> {
  const wanted = new Set(names);
  const there = (await readdir(folder)).filter((name) => !name.startsWith('..'));
  for (const name of there) if (!wanted.has(name)) await rm(join(folder, name), { force: true });
  for (const name of wanted) {
    if (!there.includes(name)) await swapLink(folder, name, `..data/${name}`);
  }
}

async function dropOld(folder: string, current: string): Promise<void> {
  const generations = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('..') && entry.name !== current)
    .map(({ name }) => name);
  const surplus = generations.slice(0, Math.max(0, generations.length - keptGenerations));
  for (const name of surplus) await rm(join(folder, name), { recursive: true, force: true });
}
