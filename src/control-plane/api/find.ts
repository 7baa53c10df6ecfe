import { problem } from '../../protocol/problems.ts';
import type { Deployment, Release, RepositoryRow } from '../domain.ts';
import type { Workspace } from '../state/identity.ts';
import type { Store } from '../state/store.ts';

/** @throws ProblemError `resourceDoesNotExist`. */
export function workspaceOf(store: Store, id: string): Workspace {
  const found = store.identity.workspaces().find((workspace) => workspace.id === id);
  if (found === undefined) throw problem('resourceDoesNotExist', { says: 'There is no such workspace.' });
  return found;
}

/** A deployment of that very workspace. @throws ProblemError `resourceDoesNotExist`. */
export function deploymentOf(store: Store, at: { workspaceId: string; deploymentId: string }): Deployment {
  const found = store.deployments.find(at.deploymentId);
  if (found === undefined || found.workspaceId !== at.workspaceId) {
    throw problem('resourceDoesNotExist', { says: 'The deployment does not exist (any more).' });
  }
  return found;
}

/** A release of that very deployment. @throws ProblemError `resourceDoesNotExist`. */
export function releaseOf(
  store: Store,
  at: { workspaceId: string; deploymentId: string; releaseId: string },
): Release {
  const { id } = deploymentOf(store, at);
  const found = store.releases.find(at.releaseId);
  if (found === undefined || found.deploymentId !== id) {
    throw problem('resourceDoesNotExist', { says: "This version is not in the deployment's history." });
  }
  return found;
}

/** A repository of that very workspace. @throws ProblemError `resourceDoesNotExist`. */
export function repositoryOf(store: Store, at: { workspaceId: string; repositoryId: string }): RepositoryRow {
  const found = store.repositories.find(at.repositoryId);
  if (found === undefined || found.workspaceId !== at.workspaceId) {
    throw problem('resourceDoesNotExist', { says: 'The repository does not exist (any more).' });
  }
  return found;
}
