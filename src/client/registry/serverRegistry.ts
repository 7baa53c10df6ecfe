import type { RegistryReach } from './registryPlace.ts';

/** The registry of a server: where images are pushed to, as whom, and how it is asked. The password is the API token. */
export interface ServerRegistry extends RegistryReach {
  /** Host, and port where there is one, as image references name it. */
  readonly host: string;
  readonly username: string;
}

/** The user name that goes with an API token, in every generation. */
export const registryUser = 'patr';

/**
 * The host of a Patr's registry, which no generation tells: its cloud has one beside the API. One that is self-hosted
 * has everything under one name, the API at `/api`; or each part under a name of its own, `api.` and `registry.`. A
 * token of one server is never offered to the registry of another one.
 */
export function registryHostOf({ host, hostname, pathname }: URL): string {
  if (hostname === 'patr.cloud' || hostname.endsWith('.patr.cloud')) return 'registry.patr.cloud';
  if (pathname === '/' && host.startsWith('api.')) return `registry.${host.slice('api.'.length)}`;
  return host;
}
