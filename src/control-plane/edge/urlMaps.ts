import { hostOf, partsOf } from '../urls/places.ts';
import type { UrlRoute } from './contract.ts';
import { proxiedBackend, redirectBackend, unreadyBackend, type MapName } from './haproxyConfig.ts';
import { exactKeys, prefixKey } from './wanted.ts';

/** Entries of the maps by name, each of keys and values. */
export type Maps = Readonly<Record<MapName, ReadonlyMap<string, string>>>;

/** Those that say where managed URLs lead. */
export type UrlMaps = Pick<Maps, 'hosts' | 'redirects' | 'proxied'>;

/** What separates the parts of a way to another server: none of them can have it. */
export const partsSeparator = '@';

/**
 * The entries that managed URLs want. `backendOf` gives the backend of a deployment's port, where it has one.
 */
export function urlMaps(
  routes: readonly UrlRoute[],
  backendOf: (deploymentId: string, port: number) => string | undefined,
): UrlMaps {
  const maps = {
    hosts: new Map<string, string>(),
    redirects: new Map<string, string>(),
    proxied: new Map<string, string>(),
  };
  for (const route of routes) {
    const host = hostOf(route.subDomain, route.domain.name);
    const { target, path } = route;
    switch (target.type) {
      case 'proxyDeployment': {
        const backend = backendOf(target.deploymentId, target.port) ?? unreadyBackend;
        maps.hosts.set(prefixKey(host, path), backend);
        break;
      }
      case 'redirect':
        for (const key of exactKeys(host, path)) {
          maps.hosts.set(key, redirectBackend(target.permanentRedirect));
          maps.redirects.set(key, `${target.httpOnly ? 'http' : 'https'}://${target.url}`);
        }
        break;
      case 'proxyUrl': {
        const key = prefixKey(host, path);
        if (route.address === undefined) {
          maps.hosts.set(key, unreadyBackend);
          break;
        }
        const { authority, port, path: base } = partsOf(target.url, target.httpOnly);
        maps.hosts.set(key, proxiedBackend(target.httpOnly));
        maps.proxied.set(key, [route.address, port, authority, base].join(partsSeparator));
        break;
      }
    }
  }
  return maps;
}
