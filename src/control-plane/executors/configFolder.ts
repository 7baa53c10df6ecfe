import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ConfigGeneration } from '../domain.ts';
import type { SharedFolder } from '../region/sharedFolders.ts';
import {
  dataLink,
  draftFolder,
  draftLink,
  generationFolder,
  generationOf,
  keyFile,
  leastKept,
  mostKept,
  oldForMs,
  oldGenerations,
} from './configLayout.ts';
import type { ConfigStorage } from './configStorage.ts';

/**
 * Config mounts in a folder that this process and the engine both see. It is written without letting anything else
 * happen in between, as the state is: a write takes one or two milliseconds, and forty of them when each call waits
 * for its turn on a machine that is busy.
 */
export function sharedConfig(
  shared: SharedFolder,
  { now, ids }: { readonly now: () => number; readonly ids: () => string },
): ConfigStorage {
  const here = (deploymentId: string): string => join(shared.here, deploymentId);

  /**
   * The name under which a generation is there or shall be made. What is there is read every time: a power cut, or
   * somebody's hand, may have left one that is not whole.
   */
  function nameOf(folder: string, config: ConfigGeneration): string {
    const usual = generationFolder(config);
    for (let attempt = 0; ; attempt += 1) {
      const name = attempt === 0 ? usual : `${usual}-${attempt}`;
      if (!exists(join(folder, name)) || holds(join(folder, name), config)) return name;
    }
  }

  /** Whatever was cut off in between makes another key, which no instance has. */
  function make(folder: string): string {
    const there = keyOf(folder);
    if (there !== undefined) return there;
    const key = ids();
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, keyFile), key);
    return key;
  }

  function put(deploymentId: string, config: ConfigGeneration): void {
    const folder = here(deploymentId);
    make(folder);
    const before = inForce(folder);
    const generation = nameOf(folder, config);
    if (before !== generation) {
      writeGeneration(folder, generation, config, before);
      swapLink(folder, dataLink, generation);
    }
    linkNames(folder, config);
    if (before !== generation) dropOld(folder, generation, now());
  }

  return {
    folder: async (deploymentId) => {
      const folder = here(deploymentId);
      return { path: `${shared.onEngine}/${deploymentId}`, key: keyOf(folder) ?? make(folder) };
    },
    put: async (deploymentId, config) => put(deploymentId, config),
    shown: async (deploymentId) => {
      const folder = here(deploymentId);
      const name = inForce(folder);
      const key = keyOf(folder);
      if (name === undefined || key === undefined) return undefined;
      return { key, generation: generationOf(name) };
    },
    read: async (deploymentId) => readGeneration(here(deploymentId)),
    remove: async (deploymentId) => {
      rmSync(here(deploymentId), { recursive: true, force: true });
    },
  };
}

function readGeneration(folder: string): ConfigGeneration | undefined {
  const name = inForce(folder);
  if (name === undefined) return undefined;
  const path = join(folder, name);
  const files = readdirSync(path).map((file): [string, Buffer] => [file, readFileSync(join(path, file))]);
  return { generation: generationOf(name) ?? 0, files: new Map(files) };
}

function keyOf(folder: string): string | undefined {
  const key = unlessAbsent(() => readFileSync(join(folder, keyFile), 'utf8'));
  // A power cut may have left it empty.
  return key === '' ? undefined : key;
}

function inForce(folder: string): string | undefined {
  return unlessAbsent(() => readlinkSync(join(folder, dataLink)));
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function unlessAbsent<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether a generation's folder has these files and no others. */
function holds(path: string, { files }: ConfigGeneration): boolean {
  const names = readdirSync(path);
  return names.length === files.size && names.every((name) => hasContent(join(path, name), files.get(name)));
}

function hasContent(path: string, content: Buffer | undefined): boolean {
  return content !== undefined && unlessAbsent(() => readFileSync(path))?.equals(content) === true;
}

/** Under its name only when it is whole. What has not changed is the same file as before: who polls sees no change. */
function writeGeneration(
  folder: string,
  generation: string,
  { files }: ConfigGeneration,
  before: string | undefined,
): void {
  const target = join(folder, generation);
  if (exists(target)) return;
  const draft = join(folder, draftFolder);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o755 });
  for (const [name, content] of files) {
    const path = join(draft, name);
    const old = before === undefined ? undefined : join(folder, before, name);
    if (old !== undefined && hasContent(old, content)) {
      linkSync(old, path);
    } else {
      writeFileSync(path, content);
      // The mode at creation is cut by the umask.
      chmodSync(path, 0o444);
    }
  }
  renameSync(draft, target);
}

/** A link cannot be overwritten, but a name can be renamed over it, which nobody can see half done. */
function swapLink(folder: string, name: string, target: string): void {
  const draft = join(folder, draftLink);
  rmSync(draft, { force: true });
  symlinkSync(target, draft);
  renameSync(draft, join(folder, name));
}

function linkNames(folder: string, { files }: ConfigGeneration): void {
  const there = readdirSync(folder).filter((name) => !name.startsWith('..'));
  for (const name of there) if (!files.has(name)) rmSync(join(folder, name), { force: true });
  for (const name of files.keys()) {
    if (!there.includes(name)) swapLink(folder, name, `${dataLink}/${name}`);
  }
}

/** From the oldest on, until one comes that was in force within the last minute. */
function dropOld(folder: string, current: string, now: number): void {
  const old = oldGenerations(readdirSync(folder), current);
  const surplus = old.slice(0, Math.max(0, old.length - leastKept));
  for (const [index, name] of surplus.entries()) {
    // It was in force until its successor was made.
    const { mtimeMs: replacedAt } = statSync(join(folder, old[index + 1] ?? current));
    if (replacedAt > now - oldForMs && old.length - index <= mostKept) return;
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}
