import type { DomainRow, ManagedUrlRow } from '../domain.ts';
import type { DeploymentRoutes } from '../edge/contract.ts';
import { hostOf, isWithin } from '../urls/places.ts';
import type { HostSet } from './decide.ts';

/** Names that no public authority signs for. */
const ownDomain = 'localhost';

export interface CertificatesWanted {
  readonly urls: readonly ManagedUrlRow[];
  readonly domains: readonly DomainRow[];
  readonly deployments: readonly DeploymentRoutes[];
  /** What host names of deployments end in. */
  readonly domain: string;
}

const hostPrefix = 'url-';

/** What the edge keeps the certificate of a managed URL's host under, beside those of deployments. */
export function holderOfHost(host: string): string {
  return `${hostPrefix}${host}`;
}

/** The host that a certificate is kept for under this name; undefined: it is a deployment's. */
export function hostOfHolder(holder: string): string | undefined {
  return holder.startsWith(hostPrefix) ? holder.slice(hostPrefix.length) : undefined;
}

/**
 * What certificates are wanted of a public authority: one for each host of managed URLs under a verified domain, and
 * one for the names of each deployment where these are public. Pure.
 */
export function certificatesWanted(wanted: CertificatesWanted): readonly HostSet[] {
  const { urls, domains, deployments, domain } = wanted;
  const sets = new Map<string, HostSet>();
  for (const { subDomain, domainId, isConfigured, looked } of urls) {
    const found = domains.find(({ id, isVerified }) => id === domainId && isVerified);
    if (found === undefined) continue;
    const host = hostOf(subDomain, found.name);
    if (!isPublic(host)) continue;
    const holder = holderOfHost(host);
    const waitingFor = looked?.message ?? `${host} does not lead to the region yet, as far as is known.`;
    sets.set(holder, { holder, hosts: [host], ...(isConfigured ? {} : { waitingFor }) });
  }
  if (isPublic(domain)) {
    for (const { deploymentId, ports } of deployments) {
      const [first, ...others] = ports.flatMap(({ hosts }) => hosts);
      if (first !== undefined) sets.set(deploymentId, { holder: deploymentId, hosts: [first, ...others] });
    }
  }
  return Array.from(sets.values());
}

function isPublic(host: string): boolean {
  return host !== ownDomain && !isWithin(host, ownDomain) && host.includes('.');
}
