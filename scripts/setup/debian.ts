import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run } from './processes.ts';
import { SetupError } from './setupError.ts';

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
    throw new SetupError(
      `These packages are needed and can only be installed as root on Debian: ${missing.join(' ')}.`,
    );
  }
  await updateLists();
  await apt('install', '-y', '--no-install-recommends', ...missing);
}

/** Installs what a package depends on, but not the package itself, whose service would start. */
export async function installLibrariesOf(name: string): Promise<void> {
  const listing = await must('apt-cache', ['depends', '--important', name]);
  const names = [...listing.matchAll(/\bDepends: ([a-z0-9][a-z0-9+.-]*)$/gm)].map(([, found = '']) => found);
  await installPackages([...new Set(names)].filter((found) => found.startsWith('lib')));
}

/** Unpacks packages without installing them, and takes the files away again after `use`. */
export async function withUnpacked<T>(
  names: readonly string[],
  use: (root: string) => Promise<T>,
): Promise<T> {
  await updateLists();
  const folder = await mkdtemp(join(tmpdir(), 'patr-packages-'));
  try {
    // As root and not as apt's own user, who may not write here.
    const args = ['-o', 'APT::Sandbox::User=root', 'download', ...names];
    await must('apt-get', args, { cwd: folder, env: quiet });
    const root = join(folder, 'root');
    for (const file of await readdir(folder)) {
      if (file.endsWith('.deb')) await must('dpkg', ['-x', join(folder, file), root]);
    }
    return await use(root);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The version of each package that would be installed now. @throws when there is no such package. */
export async function candidates(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const known = await readCandidates(names);
  if (names.every((name) => known.has(name))) return known;
  await updateLists();
  const found = await readCandidates(names);
  const unknown = names.filter((name) => !found.has(name));
  if (unknown.length > 0) throw new SetupError(`apt knows no package ${unknown.join(', ')}.`);
  return found;
}

async function readCandidates(names: readonly string[]): Promise<Map<string, string>> {
  const text = await must('apt-cache', ['policy', ...names], { env: { LC_ALL: 'C' } });
  const versions = new Map<string, string>();
  for (const [, name = '', version = ''] of text.matchAll(/^(\S+):\n(?: .*\n)*? {2}Candidate: (\S+)$/gm)) {
    if (version !== '(none)') versions.set(name, version);
  }
  return versions;
}

function updateLists(): Promise<string> {
  updated ??= apt('update');
  return updated;
}

/** Somebody else's apt is waited for: on a fresh machine the system's own updates may be running. */
function apt(...args: readonly string[]): Promise<string> {
  return must('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], { env: quiet });
}
