import type { Dirent } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ignore, Judgement } from './ignore.ts';

/** One thing in a build context. Paths are relative, with forward slashes. */
export type ContextEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number; readonly modifiedAt: Date }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly modifiedAt: Date;
      readonly size: number;
    }
  | {
      readonly kind: 'symlink';
      readonly path: string;
      readonly mode: number;
      readonly modifiedAt: Date;
      readonly target: string;
    };

export interface WalkOptions {
  readonly ignore: Ignore;
  /** Paths that go along whatever the ignore file says: the Dockerfile and the ignore file. */
  readonly always: ReadonlySet<string>;
  readonly signal?: AbortSignal | undefined;
  /** Told about each thing that is left out; what is below an excluded directory is not told one by one. */
  readonly onExcluded?: (path: string, kind: 'file' | 'directory', judgement: Judgement) => void;
}

/**
 * Everything that belongs to a context, sorted by name within each directory, a directory before what it holds.
 * Symbolic links are told as links and never followed. Sockets, pipes and devices are passed over, as Docker
 * cannot send them either.
 */
export async function* walkContext(
  root: string,
  options: WalkOptions,
): AsyncGenerator<ContextEntry, void, void> {
  yield* walkDirectory(root, '', undefined, options);
}

async function* walkDirectory(
  root: string,
  directory: string,
  above: Judgement | undefined,
  options: WalkOptions,
): AsyncGenerator<ContextEntry, void, void> {
  options.signal?.throwIfAborted();
  const children = await readdir(join(root, directory), { withFileTypes: true });
  children.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
  const pending = children.map((child) => {
    const path = directory === '' ? child.name : `${directory}/${child.name}`;
    return { child, path, judgement: options.ignore.judge(path, above) };
  });
  for (let start = 0; start < pending.length; start += batch) {
    const some = pending.slice(start, start + batch);
    const looked = await Promise.all(
      some.map(async ({ child, path, judgement }) =>
        judgement.excluded && !options.always.has(path) ? undefined : look(root, path, child),
      ),
    );
    for (const [index, { child, path, judgement }] of some.entries()) {
      const entry = looked[index];
      if (child.isDirectory()) yield* walkChild(root, path, judgement, entry, options);
      else if (entry !== undefined) yield entry;
      else if (judgement.excluded) options.onExcluded?.(path, 'file', judgement);
    }
  }
}

/** Files whose attributes are asked for together: the disk answers many questions at once. */
const batch = 32;

async function* walkChild(
  root: string,
  path: string,
  judgement: Judgement,
  entry: ContextEntry | undefined,
  options: WalkOptions,
): AsyncGenerator<ContextEntry, void, void> {
  if (!judgement.excluded) {
    if (entry !== undefined) yield entry;
    yield* walkDirectory(root, path, judgement, options);
    return;
  }
  const holdsAlways = Array.from(options.always).some((one) => one.startsWith(`${path}/`));
  if (!holdsAlways && !options.ignore.mayHoldExceptions(path)) {
    options.onExcluded?.(path, 'directory', judgement);
    return;
  }
  // The directory goes along only when something in it does.
  let told = false;
  for await (const inner of walkDirectory(root, path, judgement, options)) {
    if (!told) {
      told = true;
      const own = await look(root, path);
      if (own !== undefined) yield own;
    }
    yield inner;
  }
  if (!told) options.onExcluded?.(path, 'directory', judgement);
}

/** `undefined`: no file, directory or link, or gone since the directory was read. */
async function look(root: string, path: string, known?: Dirent): Promise<ContextEntry | undefined> {
  if (known !== undefined && !known.isFile() && !known.isDirectory() && !known.isSymbolicLink())
    return undefined;
  const full = join(root, path);
  try {
    const stat = await lstat(full);
    // Windows has no modes: everything may be run, as the docker command line does there.
    const mode = process.platform === 'win32' ? 0o755 : stat.mode & 0o7777;
    const common = { path, mode, modifiedAt: stat.mtime };
    if (stat.isDirectory()) return { kind: 'directory', ...common };
    if (stat.isSymbolicLink()) {
      return { kind: 'symlink', ...common, target: linkTarget(await readlink(full)) };
    }
    return stat.isFile() ? { kind: 'file', ...common, size: stat.size } : undefined;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}

function linkTarget(target: string): string {
  return process.platform === 'win32' ? target.replaceAll('\\', '/') : target;
}
