import type { Address } from '../../protocol/shapes/deployment.ts';

export function labelOf({ url, host, publicPort, port }: Address): string {
  return url ?? `${host ?? ''}:${publicPort ?? port}`;
}

/** The address without what stands before the host: there is little room for it. */
export function hostOf(address: Address): string {
  return labelOf(address).replace(/^https?:\/\//, '');
}

export const addressIcons = { http: 'globe', https: 'lock', tcp: 'plug', udp: 'plug' } as const;

export function schemeOf({ url, type }: Address): keyof typeof addressIcons {
  if (url === undefined) return type;
  return url.startsWith('https:') ? 'https' : 'http';
}

/** Each port once by its best name, over HTTP and over HTTPS; the long per-port names are in the manual's reach. */
export function bestAddresses(addresses: readonly Address[]): readonly Address[] {
  const best = new Map<string, Address>();
  for (const address of addresses) {
    const scheme = address.url === undefined ? '' : new URL(address.url).protocol;
    // Each instance has a port of the machine of its own.
    const key = `${address.port}/${address.type}/${scheme || labelOf(address)}`;
    if (!best.has(key)) best.set(key, address);
  }
  return Array.from(best.values());
}
