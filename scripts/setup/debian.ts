import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run } from './processes.ts';

const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
let updated: Promise<string> | undefined;

/** True where packages can be installed without asking: Debian or a descendant, as root. */
export async function canInstall(): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  return (await run('sh', ['-c', 'command -v apt-get'])).code === 0;
}

/** Installs the packages that are not there yet. @throws when apt fails, with its last words. */
export async function installPackages(names: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) {
    const { code, stdout } = await run('dpkg-query', ['-W', '-f', '${Status}', name]);
    if (code !== 0 || !stdout.includes('install ok installed')) missing.push(name);
  }
  if (missing.length === 0) return;
  if (!(await canInstall())) {
    throw new Error(
      `These packages are needed and can only be installed as root on Debian: ${missing.join(' ')}.`,
    );
  }
  await updateLists();
  await must('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { env: quiet });
}

/** Unpacks packages without installing them, into one fresh folder. Returns the folder. */
export async function unpackPackages(names: readonly string[]): Promise<string> {
  await updateLists();
  const folder = await mkdtemp(join(tmpdir(), 'patr-packages-'));
  // apt fetches as its own user, which must be able to write here.
  await must('chmod', ['777', folder]);
  await must('apt-get', ['download', ...names], { cwd: folder, env: quiet });
  const root = join(folder, 'root');
  for (const file of await readdir(folder)) {
    if (file.endsWith('.deb')) await must('dpkg', ['-x', join(folder, file), root]);
  }
  return root;
}

function updateLists(): Promise<string> {
  updated ??= must('apt-get', ['update'], { env: quiet });
  return updated;
}
