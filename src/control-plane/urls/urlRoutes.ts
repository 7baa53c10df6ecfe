import type { DomainRow, ManagedUrlRow } from '../domain.ts';
import type { UrlRoute } from '../edge/contract.ts';
import { partsOf } from './places.ts';

/** Hosts of other servers that URLs lead to. */
export function foreignHosts(urls: readonly ManagedUrlRow[]): ReadonlySet<string> {
  return new Set(
    urls.flatMap(({ target }) =>
      target.type === 'proxyUrl' ? [partsOf(target.url, target.httpOnly).name] : [],
    ),
  );
}

/** The routes of every URL whose domain is verified. `addresses`: by host, as far as they are known. Pure. */
export function urlRoutesOf(
  urls: readonly ManagedUrlRow[],
  domains: readonly DomainRow[],
  addresses: ReadonlyMap<string, string>,
): readonly UrlRoute[] {
  const verified = new Map(
    domains.filter(({ isVerified }) => isVerified).map((domain) => [domain.id, domain]),
  );
  return urls.flatMap(({ id, subDomain, domainId, path, target }): UrlRoute[] => {
    const domain = verified.get(domainId);
    if (domain === undefined) return [];
    const route = { id, domain: { id: domain.id, name: domain.name }, subDomain, path, target };
    if (target.type !== 'proxyUrl') return [route];
    const address = addresses.get(partsOf(target.url, target.httpOnly).name);
    return [address === undefined ? route : { ...route, address }];
  });
}
