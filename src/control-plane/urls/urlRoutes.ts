import { BlockList, isIPv6 } from 'node:net';
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

const own = new BlockList();
own.addSubnet('0.0.0.0', 8, 'ipv4');
own.addSubnet('127.0.0.0', 8, 'ipv4');
own.addSubnet('169.254.0.0', 16, 'ipv4');
own.addAddress('::', 'ipv6');
own.addAddress('::1', 'ipv6');
own.addSubnet('fe80::', 10, 'ipv6');
own.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');
own.addSubnet('::ffff:169.254.0.0', 112, 'ipv6');

/** Whether an address is the machine's loopback, or of what is on its own link alone (a cloud's metadata, for one). */
export function isOwnAddress(address: string): boolean {
  return own.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
