/** Something in a context that hardly belongs into an image. */
export interface RedFlag {
  readonly path: string;
  readonly kind: RedFlagKind;
  /** Line for the ignore file that leaves it out. */
  readonly pattern: string;
}

export type RedFlagKind = 'environment' | 'privateKey' | 'credentials' | 'git' | 'dependencies';

/** Why each kind is pointed out, for people. */
export const redFlagReasons: Readonly<Record<RedFlagKind, string>> = {
  environment: 'environment files often hold passwords',
  privateKey: 'a private key would be in the image for everyone who can pull it',
  credentials: 'credentials would be in the image for everyone who can pull it',
  git: 'the history holds everything that ever was in the repository, and makes every build slower',
  dependencies: 'installed packages belong to this machine; the build installs its own',
};

interface Rule {
  readonly kind: RedFlagKind;
  readonly name: RegExp;
  readonly directory: boolean;
}

const rules: readonly Rule[] = [
  { kind: 'git', name: /^\.git$/, directory: true },
  { kind: 'dependencies', name: /^node_modules$/, directory: true },
  { kind: 'dependencies', name: /^\.?venv$/, directory: true },
  { kind: 'credentials', name: /^\.(aws|ssh|gnupg|kube|docker)$/, directory: true },
  { kind: 'environment', name: /^\.env(\..+)?$/, directory: false },
  { kind: 'privateKey', name: /^id_(rsa|dsa|ecdsa|ed25519)$/, directory: false },
  { kind: 'privateKey', name: /\.(pem|key|p12|pfx|jks|keystore|ppk)$/i, directory: false },
  {
    kind: 'credentials',
    name: /^(\.npmrc|\.pypirc|\.netrc|\.git-credentials|\.htpasswd|credentials(\.json)?|service-account.*\.json|.*\.kdbx|terraform\.tfstate(\.backup)?)$/i,
    directory: false,
  },
];

/** Examples with the names of values and none of the values are meant to be shared. */
const harmless =
  /^\.env\.(example|sample|template|dist|defaults)$|\.pub$|(^|[._-])(cert|ca|public|fullchain|chain)\.pem$/i;

/** What is said against a path, if anything. `directory`: it is one. */
export function redFlagOf(path: string, directory: boolean): RedFlag | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!directory && harmless.test(name)) return undefined;
  const rule = rules.find((one) => one.directory === directory && one.name.test(name));
  if (rule === undefined) return undefined;
  // By its full name, so that an example file beside an `.env` keeps going along.
  return { path, kind: rule.kind, pattern: `**/${escapeGlob(name)}` };
}

function escapeGlob(name: string): string {
  return name.replace(/[*?[\]\\]/g, '\\$&');
}
