import { isIPv4 } from 'node:net';

/** How registries are asked. `fetch` is an argument: the editor's own knows proxies and certificates. */
export interface RegistryReach {
  readonly fetch: typeof fetch;
  readonly userAgent: string;
}

/** A repository in a registry, and as whom it is used. */
export interface RegistryPlace extends RegistryReach {
  /** Host, and port where there is one. */
  readonly host: string;
  /** Name of the repository in it, such as `<workspace>/shop`. */
  readonly path: string;
  /** Absent: as anybody. The password goes to the registry and to where it sends for a token, and nowhere else. */
  readonly login?: { readonly username: string; readonly password: string };
}

/** Registries of this machine speak HTTP, as the engine takes it; all others HTTPS. */
export function registryUrl(host: string): string {
  if (host === 'docker.io') return 'https://registry-1.docker.io';
  return `${isLoopback(host) ? 'http' : 'https'}://${host}`;
}

/** Whether a host, with or without a port, is this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}
