import type { ConnectionState } from '../../../src/extension/connections/connection.ts';
import { contextValueOf } from '../../../src/extension/tree/contextValue.ts';
import type { Node } from '../../../src/extension/tree/nodes.ts';
import { deploymentStatuses } from '../../../src/protocol/shapes/deployment.ts';
import { FakeTarget } from '../../support/fakeTarget.ts';
import { GivenConnection } from '../../support/givenConnection.ts';
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
const aPastImage = { digest: 'sha256:1', created: 1, tags: [] };

const connectionStates: readonly ConnectionState[] = [
  { kind: 'looking' },
  { kind: 'notStarted' },
  { kind: 'signedOut', message: 'why' },
  { kind: 'certificateRefused', message: 'why' },
  { kind: 'unreachable', message: 'why' },
  { kind: 'connected', target: new FakeTarget().target, regions: [] },
];
const [local, cloud] = [new GivenConnection('local', 'Local'), new GivenConnection('patr', 'Patr')];

/** One node of every kind in each shape that makes a difference. */
export const everyNode: readonly Node[] = [
  ...[local, cloud].flatMap(({ id: of, label }) =>
    connectionStates.map((state): Node => {
      const connection = new GivenConnection(of, label);
      connection.set(state);
      return { kind: 'connection', id: `connection/${of}`, label, connection };
    }),
  ),
  { kind: 'region', id: 'region/local', label: 'Local', connection: local },
  { kind: 'region', id: 'region/a', label: 'Frankfurt', connection: cloud, regionId: '2'.repeat(32) },
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
  { kind: 'pastImage', id: 'y', deploymentId: id, image: aPastImage, live: true, canRevert: false },
  { kind: 'pastImage', id: 'z', deploymentId: id, image: aPastImage, live: false, canRevert: true },
  { kind: 'managedUrl', id: 'u', deploymentId: id, url: aManagedUrl() },
  { kind: 'managedUrl', id: 'u2', deploymentId: id, url: aManagedUrl({ isConfigured: false }) },
  { kind: 'secrets', id: 'secrets', parentId: 'region/local' },
  { kind: 'secret', id: 'e', secret: { id, name: 'database url' } },
  { kind: 'domains', id: 'domains', parentId: 'region/local' },
  { kind: 'domain', id: 'o', domain: aDomain() },
  { kind: 'domain', id: 'o2', domain: aDomain({ isVerified: false }) },
  { kind: 'message', id: 'm', parentId: 'i', label: 'None is running' },
];

/** On a server that does everything, on one that does nothing beyond the least, and while there is none. */
export const everyContextValue: readonly string[] = Array.from(
  new Set(
    [true, false, undefined].flatMap((all) =>
      everyNode.map((node) => contextValueOf(node, all === undefined ? undefined : { answers: () => all })),
    ),
  ),
);
