import type { WorkspaceDomain } from '../../src/protocol/shapes/domain.ts';
import type { ManagedUrl } from '../../src/protocol/shapes/managedUrl.ts';

/** A verified domain. */
export function aDomain(changes: Partial<WorkspaceDomain> = {}): WorkspaceDomain {
  const id = 'd'.repeat(32);
  const usual = { id, name: 'example.com', lastUnverified: null, isVerified: true } as const;
  return { ...usual, nameserverType: 'external', ...changes };
}

type ToDeployment = Extract<ManagedUrl, { type: 'proxyDeployment' }>;

/** A managed URL that leads to a deployment and answers. */
export function aManagedUrl(changes: Partial<ToDeployment> = {}): ToDeployment {
  return {
    id: 'e'.repeat(32),
    subDomain: 'www',
    domainId: 'd'.repeat(32),
    path: '/shop',
    isConfigured: true,
    address: 'https://www.example.com/shop',
    state: 'active',
    type: 'proxyDeployment',
    deploymentId: '5'.repeat(32),
    port: 80,
    ...changes,
  };
}
