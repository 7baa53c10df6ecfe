import { dialectOf, isPatrs, type Differences } from './dialect.ts';
import { withAddresses } from './values.ts';
import { withForceRestart, withoutOurs } from './requests.ts';

const repositories = '/workspace/:workspaceId/container-registry' as const;

const differences: Differences = {
  getDeployment: { answer: withAddresses },
  updateDeployment: { body: withoutOurs },
  startDeployment: { query: withForceRestart },
  // The rewrite had left the old word in this one path.
  deleteRepository: { path: `${repositories}/:repositoryId` },
};

/** Patr since 2025: everything of its contract is there. */
export const currentDialect = dialectOf('current', isPatrs, differences);
