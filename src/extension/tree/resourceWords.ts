import type { WorkspaceDomain } from '../../protocol/shapes/domain.ts';
import type { ManagedUrl, ManagedUrlState } from '../../protocol/shapes/managedUrl.ts';
import type { Secret } from '../../protocol/shapes/secret.ts';
import type { Look } from './look.ts';

export const urlLooks: Readonly<Record<ManagedUrlState | 'unknown', Look>> = {
  active: { icon: 'link', color: 'charts.green', words: 'answers' },
  waitingForDomain: { icon: 'watch', color: 'charts.yellow', words: 'waits for its domain' },
  waitingForDns: { icon: 'watch', color: 'charts.yellow', words: 'waits for DNS' },
  noTarget: { icon: 'error', color: 'charts.red', words: 'leads nowhere' },
  unknown: { icon: 'link', words: 'in a state that this version does not know' },
};

const verified: Look = { icon: 'verified', color: 'charts.green', words: 'verified' };
const unverified: Look = { icon: 'watch', color: 'charts.yellow', words: 'waits for its DNS record' };

export function domainLook({ isVerified }: WorkspaceDomain): Look {
  return isVerified ? verified : unverified;
}

/** A managed URL as people say it: host and path, without the scheme. */
export function urlWords({ address, subDomain, path }: ManagedUrl): string {
  return address?.replace(/^https?:\/\//, '') ?? `${subDomain}${path}`;
}

/** What stands behind it: where it leads, and its state when it does not answer. */
export function describeUrl(url: ManagedUrl): string {
  const state = url.state === undefined || url.state === 'active' ? '' : urlLooks[url.state].words;
  return [targetWords(url), state].filter((part) => part !== '').join(' · ');
}

/** Where a managed URL leads. */
export function targetWords(url: ManagedUrl): string {
  switch (url.type) {
    case 'proxyDeployment':
      return `→ port ${url.port}`;
    case 'proxyStaticSite':
      return '→ a static site';
    case 'proxyUrl':
      return `→ ${url.httpOnly ? 'http' : 'https'}://${url.url}`;
    case 'redirect':
      return `redirects to ${url.httpOnly ? 'http' : 'https'}://${url.url}`;
    case 'unknown':
      return '→ something that this version does not know';
  }
}

export function describeSecret({ usedBy, version }: Secret): string {
  const users = usedBy?.length ?? 0;
  const used =
    users === 0 ? 'not used' : users === 1 ? 'used by 1 deployment' : `used by ${users} deployments`;
  return version === undefined || version === 1 ? used : `${used} · value ${version}`;
}
