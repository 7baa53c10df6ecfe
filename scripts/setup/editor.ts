import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { installPackages } from './debian.ts';
import { cacheFolder } from './folders.ts';
import { must } from './processes.ts';

/** Carries VS Code 1.139.1: the real workbench and the real extension host, as an npm package. */
const version = '4.139.1';

export interface Editor {
  /** Folder of the code-server package. */
  readonly folder: string;
  /** VS Code's own server inside of it, for tests. */
  readonly serverMain: string;
  /** code-server's entry, for people. */
  readonly entry: string;
}

/** A VS Code server out of the npm registry, built once per machine (some minutes) and kept in the cache folder. */
export async function ensureEditor(say: (line: string) => void = () => {}): Promise<Editor> {
  const target = join(cacheFolder(), `editor-${version}-node-${process.versions.node}`);
  const folder = join(target, 'node_modules', 'code-server');
  const editor = {
    folder,
    serverMain: join(folder, 'lib', 'vscode', 'out', 'server-main.js'),
    entry: join(folder, 'out', 'node', 'entry.js'),
  };
  if (await exists(join(target, 'complete'))) return editor;
  say('Setting up VS Code (once per machine, some minutes)');
  if (process.platform === 'linux')
    await installPackages(['libkrb5-dev', 'libsecret-1-dev', 'pkg-config', 'g++', 'make', 'python3']);
  await removeBrokenOff(target);
  const building = `${target}.${process.pid}`;
  await mkdir(building, { recursive: true });
  await writeFile(join(building, 'package.json'), '{"private":true}\n');
  await must('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `code-server@${version}`], {
    cwd: building,
  });
  const inner = join(building, 'node_modules', 'code-server', 'lib', 'vscode');
  await must('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', '--dangerously-allow-all-scripts'], {
    cwd: inner,
  });
  await writeFile(join(building, 'complete'), '');
  // Somebody else may have finished first; what is there is as good as ours.
  await rename(building, target).catch(async (error: unknown) => {
    if (!(await exists(join(target, 'complete')))) throw error;
    await rm(building, { recursive: true, force: true });
  });
  return editor;
}

/** What earlier builds left that were killed half-way; those that still run are left alone. */
async function removeBrokenOff(target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  for (const name of await readdir(dirname(target))) {
    const pid = name.startsWith(`${basename(target)}.`)
      ? Number(name.slice(basename(target).length + 1))
      : NaN;
    if (pid > 0 && !isRunning(pid)) await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

if (import.meta.main) {
  const editor = await ensureEditor((line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(editor)}\n`);
}
