import type { EndpointName } from '../../protocol/endpoints.ts';
import { dialectOf, isPatrs, type Differences } from './dialect.ts';
import { withForceRestart, withoutOurs } from './requests.ts';
import { withAddresses } from './values.ts';

/** Not mounted, or mounted and without any effect, which would look like a success. */
const lacking: ReadonlySet<EndpointName> = new Set([
  'listRepositories',
  'createRepository',
  'getRegistryUsage',
  'getRepository',
  'listTags',
  'getImage',
  'listExposedPorts',
  'deleteRepository',
  'listSecrets',
  'createSecret',
  'updateSecret',
  'deleteSecret',
  'revertDeployment',
  'followLogs',
  'getMetric',
  'createManagedUrl',
  'updateManagedUrl',
  'verifyManagedUrl',
  'addDomain',
  'listDomains',
  'getDomain',
  'deleteDomain',
  'verifyDomain',
]);

const differences: Differences = {
  getDeployment: { answer: withAddresses },
  updateDeployment: { body: withoutOurs },
  startDeployment: { query: withForceRestart },
  // Its offset is `page AND count`, so that pages overlap or repeat: all of it is asked for at once.
  listDeployHistory: { pageSize: 100_000 },
};

/** Patr's rewrite of October 2024. */
export const rewriteDialect = dialectOf(
  'rewrite',
  (name) => isPatrs(name) && !lacking.has(name),
  differences,
);
