/** Where an engine answers. Paths are absolute; certificates are PEM texts. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'npipe'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined }
  | { readonly kind: 'ssh'; readonly host: string; readonly port?: number; readonly user?: string };

export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The context asked not to check the engine's certificate. */
  readonly skipVerify?: boolean;
}

export const defaultUnixSocket = '/var/run/docker.sock';
export const defaultNamedPipe = '//./pipe/docker_engine';

const readers: Readonly<
  Record<string, (text: string, tls: TlsFiles | undefined) => EngineAddress | undefined>
> = {
  unix: (text) => ({ kind: 'unix', path: text.slice('unix://'.length) || defaultUnixSocket }),
  npipe: (text) => ({
    kind: 'npipe',
    path: (text.slice('npipe://'.length) || defaultNamedPipe).replaceAll('\\', '/'),
  }),
  tcp: readTcp,
  ssh: readSsh,
};

/**
 * Reads what `DOCKER_HOST` or a context's endpoint says, such as `unix:///run/docker.sock`, `tcp://10.0.0.4:2376`
 * or `ssh://me@server`. A bare `host:port` is TCP, as Docker has it. `undefined`: not an address.
 */
export function parseAddress(text: string, tls?: TlsFiles): EngineAddress | undefined {
  const trimmed = text.trim();
  const scheme = /^([a-z]+):\/\//.exec(trimmed)?.[1];
  if (scheme === undefined)
    return trimmed.includes('/') || trimmed === '' ? undefined : readTcp(`tcp://${trimmed}`, tls);
  return readers[scheme]?.(trimmed, tls);
}

function readTcp(text: string, tls: TlsFiles | undefined): EngineAddress | undefined {
  const url = readUrl(text);
  if (url === undefined || url.hostname === '') return undefined;
  const port = url.port === '' ? (tls === undefined ? 2375 : 2376) : Number(url.port);
  return { kind: 'tcp', host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, tls };
}

function readSsh(text: string): EngineAddress | undefined {
  const url = readUrl(text);
  // A host that starts with a hyphen would be read as an option by ssh.
  if (url === undefined || url.hostname === '' || url.hostname.startsWith('-')) return undefined;
  const user = decodeURIComponent(url.username);
  if (user.startsWith('-')) return undefined;
  return {
    kind: 'ssh',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(user === '' ? {} : { user }),
  };
}

/** `URL` keeps no default port only for schemes that it knows, so every scheme is read as one it does not know. */
function readUrl(text: string): URL | undefined {
  return URL.parse(text.replace(/^[a-z]+:/, 'engine:')) ?? undefined;
}

/** The address as a person writes it, without secrets. */
export function formatAddress(address: EngineAddress): string {
  switch (address.kind) {
    case 'unix':
      return `unix://${address.path}`;
    case 'npipe':
      return `npipe://${address.path}`;
    case 'tcp':
      return `tcp://${bracketed(address.host)}:${address.port}`;
    case 'ssh': {
      const user = address.user === undefined ? '' : `${encodeURIComponent(address.user)}@`;
      const port = address.port === undefined ? '' : `:${address.port}`;
      return `ssh://${user}${bracketed(address.host)}${port}`;
    }
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
