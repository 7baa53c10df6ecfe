import { contextValueOf } from '../../../src/extension/tree/contextValue.ts';
import type { Node } from '../../../src/extension/tree/nodes.ts';
import { deploymentStatuses } from '../../../src/protocol/shapes/deployment.ts';
import { aDeployment, anInstance, aRelease } from '../../support/fakePatrState.ts';
import { aDomain, aManagedUrl } from '../../support/resources.ts';

const id = '5'.repeat(32);
const reason = { code: 'exited' as const, message: 'It exits at once.' };

const deployments = [...deploymentStatuses, 'unknown' as const].flatMap((status) => [
  aDeployment({ id, status }),
  aDeployment({ id, status, reason }),
  aDeployment({ id, status, addresses: [] }),
  aDeployment({ id, status, pushesPaused: true, newerImage: { digest: 'sha256:2', pushedAt: 1 } }),
]);
const [deployment] = deployments;

/** One node of every kind in each shape that makes a difference. */
export const everyNode: readonly Node[] = [
  { kind: 'connection', id: 'connection/patr', label: 'Patr' },
  { kind: 'region', id: 'region/local', label: 'Local' },
  { kind: 'region', id: 'region/a', label: 'Frankfurt', regionId: '2'.repeat(32) },
  ...deployments.map((one): Node => ({ kind: 'deployment', id: one.id, deployment: one })),
  { kind: 'address', id: 'a', deploymentId: id, address: { port: 80, type: 'http', url: 'http://a' } },
  {
    kind: 'address',
    id: 'b',
    deploymentId: id,
    address: { port: 53, type: 'udp', host: 'a', publicPort: 1 },
  },
  { kind: 'instances', id: 'i', deployment: deployment! },
  { kind: 'instance', id: 'j', deploymentId: id, instance: anInstance(), hasShell: false },
  { kind: 'instance', id: 'j', deploymentId: id, instance: anInstance(), hasShell: true },
  { kind: 'instance', id: 'k', deploymentId: id, instance: anInstance({ reason }), hasShell: true },
  { kind: 'configMounts', id: 'c', deploymentId: id, count: 1 },
  { kind: 'configMount', id: 'c/a', deploymentId: id, name: 'app.yaml', bytes: 10 },
  { kind: 'configMount', id: 'c/b', deploymentId: id, name: 'b.yaml', bytes: 10, follows: 'b.yaml' },
  { kind: 'volumes', id: 'v', deploymentId: id, count: 1 },
  { kind: 'volume', id: 'v/a', deploymentId: id, volume: { id, name: 'data', size: 1, path: '/data' } },
  { kind: 'more', id: 'n', regionNodeId: 'region/local', hidden: 750 },
  { kind: 'reason', id: 'r', deployment: deployment! },
  { kind: 'newerImage', id: 'w', deployment: deployment! },
  { kind: 'history', id: 'h', deployment: deployment! },
  { kind: 'release', id: 'q', deploymentId: id, release: aRelease({ number: 1 }), current: true },
  { kind: 'release', id: 's', deploymentId: id, release: aRelease({ number: 1 }), current: false },
  { kind: 'release', id: 't', deploymentId: id, release: aRelease({ imageRemoved: true }), current: false },
  { kind: 'managedUrl', id: 'u', deploymentId: id, url: aManagedUrl() },
  { kind: 'managedUrl', id: 'u2', deploymentId: id, url: aManagedUrl({ isConfigured: false }) },
  { kind: 'secrets', id: 'secrets', parentId: 'region/local' },
  { kind: 'secret', id: 'e', secret: { id, name: 'database url' } },
  { kind: 'domains', id: 'domains', parentId: 'region/local' },
  { kind: 'domain', id: 'o', domain: aDomain() },
  { kind: 'domain', id: 'o2', domain: aDomain({ isVerified: false }) },
  { kind: 'message', id: 'm', parentId: 'i', label: 'None is running' },
];

export const everyContextValue: readonly string[] = Array.from(new Set(everyNode.map(contextValueOf)));
