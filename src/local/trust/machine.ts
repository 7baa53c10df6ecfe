import { execFile } from 'node:child_process';
import { access, glob, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A program and its arguments; no shell is between. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface CommandResult {
  readonly code: number;
  /** What it wrote, of both kinds. */
  readonly output: string;
}

/** What has to be known of the machine to tell where authorities are looked up, and how to change that. */
export interface Machine {
  readonly platform: 'linux' | 'macos' | 'windows' | 'other';
  readonly home: string;
  /** Whether this process may change what belongs to the system. */
  readonly isRoot: boolean;
  /** Whether somebody can be asked for a password in a window. */
  readonly hasDisplay: boolean;
  /** Those of `wantedPrograms` that there are. */
  readonly programs: ReadonlySet<string>;
  /** Folders with a certificate database of Firefox, absolute. */
  readonly firefoxFolders: readonly string[];
}

export type Run = (command: Command, options: { readonly signal: AbortSignal }) => Promise<CommandResult>;

/** Programs that change what a Linux machine trusts. */
export const wantedPrograms = [
  'certutil',
  'update-ca-certificates',
  'update-ca-trust',
  'trust',
  'pkexec',
  'sudo',
] as const;

/** Where Firefox keeps its profiles below the home folder: as a package, a snap, a flatpak. */
const firefoxProfiles = [
  '.mozilla/firefox/*/cert9.db',
  '.config/mozilla/firefox/*/cert9.db',
  'snap/firefox/common/.mozilla/firefox/*/cert9.db',
  '.var/app/org.mozilla.firefox/.mozilla/firefox/*/cert9.db',
];

/** Looks at this machine. */
export async function thisMachine(): Promise<Machine> {
  const home = homedir();
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return {
    platform: platformOf(process.platform),
    home,
    isRoot: process.getuid?.() === 0,
    hasDisplay: (DISPLAY ?? WAYLAND_DISPLAY ?? '') !== '',
    programs: await programsThere(),
    firefoxFolders: process.platform === 'linux' ? await databasesIn(home) : [],
  };
}

/** Runs a command to its end. @throws when it cannot be started. */
export const runCommand: Run = ({ program, args }, { signal }) =>
  new Promise((resolve, reject) => {
    const options = { signal, timeout: 120_000, windowsHide: true };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      if (error === null) resolve({ code: 0, output });
      else if (typeof error.code === 'number') resolve({ code: error.code, output });
      else reject(error);
    });
    child.stdin?.end();
  });

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

function platformOf(name: NodeJS.Platform): Machine['platform'] {
  if (name === 'darwin') return 'macos';
  if (name === 'win32') return 'windows';
  return name === 'linux' ? 'linux' : 'other';
}

async function programsThere(): Promise<ReadonlySet<string>> {
  // What changes the system is where ordinary people's PATH does not look.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = new Set<string>();
  for (const program of wantedPrograms) {
    for (const folder of folders) if (await isThere(join(folder, program))) found.add(program);
  }
  return found;
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function databasesIn(home: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pattern of firefoxProfiles) {
    for await (const file of glob(pattern, { cwd: home })) found.push(join(home, file, '..'));
  }
  return found.toSorted();
}
