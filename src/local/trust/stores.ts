import { join } from 'node:path';
import type { AuthorityFacts } from './authority.ts';
import type { Command, Machine } from './machine.ts';

/** A place where programs of this machine look up whom to believe, and how to change it. */
export interface TrustStore {
  /** Who looks there, in words. */
  readonly name: string;
  /** Made before anything is changed, where it is not there. */
  readonly folder?: string;
  /** Run one after another; the first that fails ends it. */
  readonly trust: readonly StoreCommand[];
  readonly untrust: readonly StoreCommand[];
  /** Why a person has to do it; absent: the commands can be run. */
  readonly byHand?: string;
}

export interface StoreCommand extends Command {
  /** Output that means that there was nothing to do. */
  readonly fineWhen?: RegExp;
  /** Run again and again until it answers so, at most a few times: a store may have several of one name. */
  readonly untilAbsent?: true;
  /** A file that makes the command needless. */
  readonly unlessThere?: string;
}

/** Files that the programs read: the certificate, and the password of databases that have none. */
export interface Place {
  readonly file: string;
  readonly emptyPassword: string;
}

/** Every store of the machine that this authority can be put into. */
export function storesOf(machine: Machine, authority: AuthorityFacts, place: Place): readonly TrustStore[] {
  switch (machine.platform) {
    case 'linux':
      return [systemStore(machine, authority, place), ...nssStores(machine, authority, place)];
    case 'macos':
      return [keychain(machine, authority, place)];
    case 'windows':
      return [windowsStore(authority, place)];
    case 'other':
      return [];
  }
}

/** The person's own keychain: the system asks them for their password. */
function keychain({ home }: Machine, { thumbprint }: AuthorityFacts, { file }: Place): TrustStore {
  const chain = join(home, 'Library/Keychains/login.keychain-db');
  const program = 'security';
  const gone = /could not be found|unable to delete|not found/i;
  return {
    name: 'the login keychain (Safari, Chrome, Edge; Firefox where it uses the roots of the system)',
    trust: [{ program, args: ['add-trusted-cert', '-r', 'trustRoot', '-p', 'ssl', '-k', chain, file] }],
    untrust: [
      { program, args: ['remove-trusted-cert', file], fineWhen: gone },
      { program, args: ['delete-certificate', '-Z', thumbprint, chain], fineWhen: gone },
    ],
  };
}

/** The person's own store, which needs no administrator; Windows asks whether they mean it. */
function windowsStore({ thumbprint }: AuthorityFacts, { file }: Place): TrustStore {
  const program = 'certutil.exe';
  return {
    name: 'the certificates of your Windows account (Edge, Chrome; Firefox where it uses the roots of the system)',
    trust: [{ program, args: ['-user', '-addstore', 'Root', file] }],
    untrust: [
      {
        program,
        args: ['-user', '-delstore', 'Root', thumbprint],
        fineWhen: /0x80090011|0x80092004|cannot find/i,
      },
    ],
  };
}

interface SystemTool {
  readonly program: string;
  /** Folder that it takes certificates from. */
  readonly anchors: string;
}

/** How Linux distributions keep the roots of the system: Debian's way, Fedora's, Arch's. */
const systemTools: readonly SystemTool[] = [
  { program: 'update-ca-certificates', anchors: '/usr/local/share/ca-certificates' },
  { program: 'update-ca-trust', anchors: '/etc/pki/ca-trust/source/anchors' },
  { program: 'trust', anchors: '/etc/ca-certificates/trust-source/anchors' },
];

// Constant texts; what they work on is handed over as arguments.
const refreshed = 'chmod 644 "$2" && shift 2 && exec "$@"';
/** Of the certificate itself: a file of the person's could be another one by the time that root reads it. */
const writeAnchor = `mkdir -p "$(dirname "$2")" && printf "%s" "$1" > "$2" && ${refreshed}`;
/** Of a file, for people to type. */
const copyAnchor = `mkdir -p "$(dirname "$2")" && cp "$1" "$2" && ${refreshed}`;
const dropAnchor = 'rm -f "$1" && shift && exec "$@"';

function systemStore(machine: Machine, authority: AuthorityFacts, { file }: Place): TrustStore {
  const name = 'the system (curl, git, most programs)';
  const tool = systemTools.find(({ program }) => machine.programs.has(program));
  if (tool === undefined) {
    const why = 'This system has none of the known tools for its list of authorities.';
    return { name, trust: [], untrust: [], byHand: why };
  }
  const anchor = `${tool.anchors}/${fileName(authority)}`;
  const add = refresh(tool, 'trust');
  const drop = refresh(tool, 'untrust');
  const inShell = (script: string, args: readonly string[]): Command =>
    elevated(machine, { program: 'sh', args: ['-c', script, 'sh', ...args] });
  return {
    name,
    trust: [
      canElevate(machine)
        ? inShell(writeAnchor, [authority.certificate, anchor, ...add])
        : inShell(copyAnchor, [file, anchor, ...add]),
    ],
    untrust: [inShell(dropAnchor, [anchor, ...drop])],
    ...(canElevate(machine) ? {} : { byHand: 'Only an administrator may change the list of the system.' }),
  };
}

function refresh({ program }: SystemTool, wanted: 'trust' | 'untrust'): readonly string[] {
  // Without "--fresh" links to what was taken away stay.
  if (program === 'update-ca-certificates') return wanted === 'trust' ? [program] : [program, '--fresh'];
  return program === 'trust' ? [program, 'extract-compat'] : [program, 'extract'];
}

function canElevate({ isRoot, hasDisplay, programs }: Machine): boolean {
  return isRoot || (hasDisplay && programs.has('pkexec'));
}

/** As an administrator: without asking, through a window that asks, or written for a terminal. */
function elevated(machine: Machine, command: Command): Command {
  if (machine.isRoot) return command;
  const program = canElevate(machine) ? 'pkexec' : 'sudo';
  return { program, args: [command.program, ...command.args] };
}

/** The databases of Chromium and Firefox, which do not look at the system's list on Linux. They belong to the person. */
function nssStores(machine: Machine, authority: AuthorityFacts, place: Place): readonly TrustStore[] {
  const shared = join(machine.home, '.pki/nssdb');
  return [
    nssStore(machine, authority, place, shared, 'Chromium, Chrome and Edge'),
    ...machine.firefoxFolders.map((folder) =>
      nssStore(machine, authority, place, folder, `Firefox (${folder.split('/').at(-1)})`),
    ),
  ];
}

function nssStore(
  machine: Machine,
  { name: nickname }: AuthorityFacts,
  { file, emptyPassword }: Place,
  folder: string,
  name: string,
): TrustStore {
  const program = 'certutil';
  // Without a file to read the password from, a database that has one is asked about without an end.
  const at = ['-d', `sql:${folder}`, '-f', emptyPassword];
  const forget: StoreCommand = {
    program,
    args: [...at, '-D', '-n', nickname],
    fineWhen: /could not find cert/i,
    untilAbsent: true,
  };
  return {
    name,
    folder,
    trust: [
      { program, args: [...at, '-N'], unlessThere: join(folder, 'cert9.db') },
      forget,
      { program, args: [...at, '-A', '-t', 'C,,', '-n', nickname, '-i', file] },
    ],
    untrust: [forget],
    ...(machine.programs.has(program)
      ? {}
      : {
          byHand:
            'The program certutil is missing. It is in the package libnss3-tools (Debian, Ubuntu), nss-tools (Fedora) or nss (Arch).',
        }),
  };
}

/** Such as `patr-region-local.crt`: tools want this ending. */
export function fileName({ name }: AuthorityFacts): string {
  return `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.crt`;
}
