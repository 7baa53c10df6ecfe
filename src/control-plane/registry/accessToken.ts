import type { SigningKey } from './signingKey.ts';

/** Name of this service and of its tokens' issuer, as the registry is configured and as tokens say. */
export const registryService = 'patr-registry';
export const registryIssuer = 'patr-control-plane';

/** How long a registry token is good for, in seconds; one that allows to push only as briefly as clients bear. */
export function tokenLifeSeconds(access: readonly Access[]): number {
  return access.some(changesSomething) ? 60 : 300;
}

/** After this time nobody can push with leave that was given before, in milliseconds: registries bear clocks that are a minute off. */
export const tokenSlackMs = 125_000;

export type RegistryAction = 'pull' | 'push' | 'delete';

/** What may be done with one repository, addressed by its path `<workspaceId>/<name>`. */
export interface RepositoryAccess {
  readonly path: string;
  readonly actions: readonly RegistryAction[];
}

/** `catalogue`: to be told of all repositories. */
export type Access = RepositoryAccess | 'catalogue';

/** A token for the registry that allows exactly this. `subject` is for the registry's log. */
export function registryToken(
  key: SigningKey,
  wanted: { subject: string; access: readonly Access[]; at: number; id: string },
): string {
  const seconds = Math.floor(wanted.at / 1000);
  return key.sign({
    iss: registryIssuer,
    sub: wanted.subject,
    aud: registryService,
    iat: seconds,
    nbf: seconds - 5,
    exp: seconds + tokenLifeSeconds(wanted.access),
    jti: wanted.id,
    access: wanted.access.map(claimOf),
  });
}

function changesSomething(access: Access): boolean {
  return access !== 'catalogue' && access.actions.some((action) => action !== 'pull');
}

function claimOf(access: Access) {
  return access === 'catalogue'
    ? { type: 'registry', name: 'catalog', actions: ['*'] }
    : { type: 'repository', name: access.path, actions: access.actions };
}

/** What a client asks for: `repository:<path>:<action>,<action>`. Absent for anything else. */
export function parseScope(scope: string): { path: string; actions: readonly string[] } | undefined {
  const match = /^repository:(.+):([a-z*,]+)$/.exec(scope);
  const [, path, actions] = match ?? [];
  return path === undefined || actions === undefined ? undefined : { path, actions: actions.split(',') };
}
