import type { Endpoint } from '../../protocol/endpoint.ts';
import { problem, type FieldProblem } from '../../protocol/problems.ts';
import type { Permissions } from '../../protocol/shapes/apiToken.ts';
import type { Caller } from '../api/handler.ts';

/** What can be allowed on a repository by itself. */
export type GivenAction = 'pull' | 'push';

/**
 * What a token that is no superAdmin of a workspace can be allowed there. Everything else is closed to it, also
 * what is added to the API later. The ids are the same on every server.
 */
export const permissions: readonly {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly action: GivenAction;
}[] = [
  {
    id: '8c1f5a0e6b7d4e2f9a3c0d1b2e4f6a81',
    name: 'containerRegistryRepository::pull',
    description: 'Pull images from repositories.',
    action: 'pull',
  },
  {
    id: 'd27e94b1035f4c68b1a7e5f0c3d2964b',
    name: 'containerRegistryRepository::push',
    description: 'Push images to repositories.',
    action: 'push',
  },
];

/** Whom a question is about that every token may ask: itself. */
const openToAll: ReadonlySet<string> = new Set(['/server', '/user', '/user/workspaces']);

/**
 * Lets through what the token may ask: all of a workspace whose superAdmin it is, and who it is itself.
 * @throws ProblemError `unauthorized`.
 */
export function refuseBeyondRights(
  caller: Caller | undefined,
  endpoint: Endpoint,
  params: Readonly<Record<string, string>>,
): void {
  if (caller?.permissions === undefined || openToAll.has(endpoint.path)) return;
  const { workspaceId } = params;
  if (workspaceId !== undefined && caller.permissions[workspaceId]?.type === 'superAdmin') return;
  throw problem('unauthorized', {
    says: 'This API token may not do that. Use one that may, or give out another with more permissions.',
  });
}

/** What a token may do with one repository; `repositoryId` absent: with one that is yet to be made. */
export function registryActions(
  given: Permissions | undefined,
  at: { readonly workspaceId: string; readonly repositoryId: string | undefined },
): readonly GivenAction[] {
  const all = permissions.map(({ action }) => action);
  if (given === undefined) return all;
  const mine = given[at.workspaceId];
  if (mine === undefined) return [];
  if (mine.type === 'superAdmin') return all;
  return permissions
    .filter(({ id }) => {
      const scope = mine[id];
      if (typeof scope !== 'object' || at.repositoryId === undefined) return false;
      return scope.resources.includes(at.repositoryId) === (scope.permissionType === 'include');
    })
    .map(({ action }) => action);
}

/** What is asked for a new token against what there is. Empty: all is well. */
export function permissionBreaches(
  wanted: Permissions,
  there: { workspace(id: string): boolean; repository(workspaceId: string, id: string): boolean },
): readonly FieldProblem[] {
  return Object.entries(wanted).flatMap(([workspaceId, permission]) => {
    const field = `permissions.${workspaceId}`;
    if (!there.workspace(workspaceId)) return [{ field, message: 'is no workspace of yours' }];
    if (permission.type === 'superAdmin') return [];
    const { type: _, ...scopes } = permission;
    return Object.entries(scopes).flatMap(([id, { resources }]) => {
      const at = `${field}.${id}`;
      if (!permissions.some((one) => one.id === id)) return [{ field: at, message: 'is no permission' }];
      const unknown = resources.filter((resource) => !there.repository(workspaceId, resource));
      return unknown.map((resource) => ({ field: at, message: `names ${resource}, which is no repository` }));
    });
  });
}
