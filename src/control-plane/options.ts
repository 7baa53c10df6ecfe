import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { portRange, type PortRange } from './publicPort.ts';
import { addressRange, type AddressRange } from './urls/targetAddresses.ts';

export const httpsRedirects = ['auto', 'on', 'off'] as const;
export type HttpsRedirect = (typeof httpsRedirects)[number];

/** How a control plane is run. Ports: 0 means any free one; absent leaves the choice to the region. */
export interface Options {
  readonly port: number;
  readonly host: string;
  readonly stateDir: string;
  readonly tokenFile: string;
  /** Tells several regions on one engine apart. */
  readonly name: string;
  /** Address of the engine, such as `unix:///var/run/docker.sock`. */
  readonly engine: string;
  readonly placement: 'auto' | 'host' | 'bridged';
  readonly registryImage: string;
  readonly edgeImage: string;
  readonly registryPort: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Length of the window that the autoscaler looks at, in seconds. */
  readonly scaleWindowSeconds: number;
  /** Share of the allocated CPU above which the autoscaler adds instances, in percent. */
  readonly scaleAbovePercent: number;
  /**
   * What is shared with the region's containers: named volumes, for a control plane that is a container itself, or
   * directories under the state directory, for a plain process. `auto`: volumes where they are mounted.
   */
  readonly data: 'auto' | 'volumes' | 'directory';
  /** Image with Node to look into an instance's network with; absent: the kernel's tables are read by process id. */
  readonly toolImage: string | undefined;
  /** Directory with `proc` and `cgroup` of the engine's machine, for a container; absent: this process is on it. */
  readonly kernelFiles: string | undefined;
  /** What host names of deployments end in. */
  readonly domain: string;
  /** Addresses or names that lead to the region's edge: what DNS records of managed URLs have to say. */
  readonly publicAddresses: readonly string[];
  /** Address of the machine that the edge answers at: loopback, unless the region shall be public. */
  readonly edgeAddress: string;
  /** Ports of the machine that tcp and udp ports of a public region's deployments are reached at. */
  readonly publicPorts: PortRange;
  /** Networks that managed URLs of a public region may lead to although they are not of the public internet. */
  readonly allowedUrlTargets: readonly AddressRange[];
  /** Whether who comes to the edge by HTTP is sent on to HTTPS. `auto`: where the edge is public. */
  readonly httpsRedirect: HttpsRedirect;
  /** Directory of the authority that signs for hosts under other domains than `localhost`; absent: none does. */
  readonly acmeDirectory: string | undefined;
  /** Mail address for the authority to write to. */
  readonly acmeContact: string | undefined;
  /** File with certificates (PEM) that its server is checked against, beside those that everybody trusts. */
  readonly acmeRoots: string | undefined;
  /** Name servers that are asked for those records, such as `127.0.0.1:5353`; none: those of the system. */
  readonly dnsServers: readonly string[];
  /** Versions of each deployment whose images are kept to go back to, and for how many days any is kept. */
  readonly keepVersions: number;
  readonly keepDays: number;
  /** Hours between two collections of what nobody needs in the registry; 0: none by itself. */
  readonly collectHours: number;
  /** What is kept of each deployment's output, in MiB. */
  readonly logMegabytes: number;
}

/** The command line cannot be understood; the message says which argument and what it takes. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
}

export const usage = `control-plane --port P --state-dir D --token-file F [options]

  --port P              port of the API on the host below; 0 takes any free one
  --state-dir D         directory of the database and keys; made when it is not there
  --token-file F        file with the API token; a token is made there when it is not there
  --host H              address to listen on (127.0.0.1)
  --name N              name of the region, for several on one engine (local)
  --engine E            address of the engine (unix:///var/run/docker.sock)
  --placement P         auto, host or bridged (auto)
  --registry-image I    image of the registry (registry:3)
  --edge-image I        image of the edge (haproxy:lts)
  --registry-port N     loopback port of the registry (7050)
  --http-port N         loopback port of the edge for HTTP (7080)
  --https-port N        loopback port of the edge for HTTPS (7443)
  --data D              auto, volumes or directory (auto)
  --scale-window S      seconds that load is watched before scaling (300)
  --scale-above P       percent of the allocated CPU above which instances are added (80)
  --tool-image I        image with Node to look into instances with, for a control plane in a container
  --kernel-files D      directory with proc and cgroup of the engine's machine, for a control plane in a container
  --domain D            what host names of deployments end in (localhost)
  --public-address A    addresses or names that lead to the edge, joined by commas (127.0.0.1)
  --edge-address A      address that the edge answers at; 0.0.0.0 makes the region public (127.0.0.1)
  --public-ports R      ports for tcp and udp ports of a public region's deployments (20000-20999)
  --allow-url-targets R networks that managed URLs of a public region may lead to though they are private
  --https-redirect R    on sends who comes to the edge by HTTP on to HTTPS; auto does where it is public (auto)
  --acme-directory U    letsencrypt, letsencrypt-staging, or the https address of another ACME directory
  --acme-contact M      mail address that the certificate authority may write to
  --acme-roots F        file of certificates (PEM) to check the authority's server against
  --dns-server S        name servers to ask for records of managed URLs, joined by commas
  --keep-versions N     versions of each deployment that are kept to go back to (10)
  --keep-days N         days that every version is kept at least (7)
  --collect-hours N     hours between two collections of images that nobody needs; 0 for none (6)
  --log-megabytes N     MiB that are kept of each deployment's output (64)
`;

const text = { type: 'string' } as const;
const spec = {
  port: text,
  'state-dir': text,
  'token-file': text,
  host: text,
  name: text,
  engine: text,
  placement: text,
  'registry-image': text,
  'edge-image': text,
  'registry-port': text,
  'http-port': text,
  'https-port': text,
  data: text,
  'tool-image': text,
  'kernel-files': text,
  'scale-window': text,
  'scale-above': text,
  domain: text,
  'public-address': text,
  'edge-address': text,
  'public-ports': text,
  'allow-url-targets': text,
  'https-redirect': text,
  'acme-directory': text,
  'acme-contact': text,
  'acme-roots': text,
  'dns-server': text,
  'keep-versions': text,
  'keep-days': text,
  'collect-hours': text,
  'log-megabytes': text,
};

type Given = { readonly [K in keyof typeof spec]?: string };

/** Reads the arguments after the program's own. @throws OptionsError. */
export function parseOptions(argv: readonly string[]): Options {
  const given = read(argv);
  return {
    port: port(given, 'port', undefined),
    host: given.host ?? '127.0.0.1',
    stateDir: required(given, 'state-dir'),
    tokenFile: required(given, 'token-file'),
    name: matching(
      given,
      'name',
      /^[a-z0-9][a-z0-9-]{0,19}$/,
      'local',
      '1 to 20 lower-case letters, digits, hyphens',
    ),
    engine: given.engine ?? 'unix:///var/run/docker.sock',
    placement: oneOf(given, 'placement', ['auto', 'host', 'bridged'], 'auto'),
    registryImage: given['registry-image'] ?? 'registry:3',
    edgeImage: given['edge-image'] ?? 'haproxy:lts',
    registryPort: port(given, 'registry-port', 7050),
    httpPort: port(given, 'http-port', 7080),
    httpsPort: port(given, 'https-port', 7443),
    data: oneOf(given, 'data', ['auto', 'volumes', 'directory'], 'auto'),
    toolImage: given['tool-image'],
    kernelFiles: given['kernel-files'],
    scaleWindowSeconds: whole(given, 'scale-window', 300, { least: 1, most: 86_400 }),
    scaleAbovePercent: whole(given, 'scale-above', 80, { least: 1, most: 100 }),
    domain: matching(given, 'domain', /^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'localhost', 'a lower-case domain name'),
    publicAddresses: list(given, 'public-address', ['127.0.0.1'], isAddress, 'addresses or names'),
    edgeAddress: matching(given, 'edge-address', /^\d{1,3}(\.\d{1,3}){3}$/, '127.0.0.1', 'an IPv4 address'),
    publicPorts: publicPorts(given),
    allowedUrlTargets: list(
      given,
      'allow-url-targets',
      [],
      (text) => addressRange(text) !== undefined,
      'networks such as 10.0.0.0/8',
    ).flatMap((text) => addressRange(text) ?? []),
    httpsRedirect: oneOf(given, 'https-redirect', httpsRedirects, 'auto'),
    acmeDirectory: acmeDirectory(given),
    acmeContact: given['acme-contact'],
    acmeRoots: given['acme-roots'],
    dnsServers: list(given, 'dns-server', [], isServer, 'addresses, with a port if wanted'),
    keepVersions: whole(given, 'keep-versions', 10, { least: 1, most: 1000 }),
    keepDays: whole(given, 'keep-days', 7, { least: 0, most: 3650 }),
    collectHours: whole(given, 'collect-hours', 6, { least: 0, most: 8760 }),
    logMegabytes: whole(given, 'log-megabytes', 64, { least: 1, most: 100_000 }),
  };
}

function read(argv: readonly string[]): Given {
  try {
    return parseArgs({ args: [...argv], options: spec, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new OptionsError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function required(given: Given, name: keyof Given): string {
  const value = given[name];
  if (value === undefined || value === '') throw new OptionsError(`--${name} is missing.\n\n${usage}`);
  return value;
}

function port(given: Given, name: keyof Given, usual: number | undefined): number {
  const value = given[name] ?? usual?.toString() ?? required(given, name);
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number <= 65535) return number;
  throw new OptionsError(`--${name} must be a port from 0 to 65535, not ${JSON.stringify(value)}.`);
}

function whole(
  given: Given,
  name: keyof Given,
  usual: number,
  { least, most }: { least: number; most: number },
): number {
  const value = given[name] ?? String(usual);
  if (/^\d{1,6}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new OptionsError(
    `--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}.`,
  );
}

function publicPorts(given: Given): PortRange {
  const value = given['public-ports'] ?? '20000-20999';
  const range = portRange(value);
  if (range !== undefined) return range;
  throw new OptionsError(
    `--public-ports must be a range of ports such as 20000-20999, not ${JSON.stringify(value)}.`,
  );
}

function isAddress(text: string): boolean {
  return isIP(text) !== 0 || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text);
}

/** `1.2.3.4`, `1.2.3.4:53`, `::1`, `[::1]:53`. */
function isServer(text: string): boolean {
  const [, bracketed, four] = /^(?:\[(.*)\]|([\d.]+)):\d{1,5}$/.exec(text) ?? [];
  return isIP(bracketed ?? four ?? text) !== 0;
}

const knownDirectories: Readonly<Record<string, string>> = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
};

function acmeDirectory(given: Given): string | undefined {
  const value = given['acme-directory'];
  if (value === undefined) return undefined;
  const url = knownDirectories[value] ?? value;
  if (URL.canParse(url) && url.startsWith('https://')) return url;
  throw new OptionsError(
    `--acme-directory must be ${Object.keys(knownDirectories).join(', ')} or an https address, not ${JSON.stringify(value)}.`,
  );
}

function list(
  given: Given,
  name: keyof Given,
  usual: readonly string[],
  rule: (text: string) => boolean,
  what: string,
): readonly string[] {
  const value = given[name];
  if (value === undefined) return usual;
  const found = value.split(',').map((text) => text.trim());
  if (found.every(rule)) return found;
  throw new OptionsError(`--${name} must be ${what} joined by commas, not ${JSON.stringify(value)}.`);
}

function oneOf<const T extends string>(given: Given, name: keyof Given, all: readonly T[], usual: T): T {
  const value = given[name] ?? usual;
  const found = all.find((one) => one === value);
  if (found !== undefined) return found;
  throw new OptionsError(`--${name} must be ${all.join(' or ')}, not ${JSON.stringify(value)}.`);
}

function matching(given: Given, name: keyof Given, rule: RegExp, usual: string, what: string): string {
  const value = given[name] ?? usual;
  if (rule.test(value)) return value;
  throw new OptionsError(`--${name} must be ${what}, not ${JSON.stringify(value)}.`);
}
