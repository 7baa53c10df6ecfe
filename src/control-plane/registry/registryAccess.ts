import type { Hono } from 'hono';
import { callerOf, same } from '../auth/apiToken.ts';
import type { Identity } from '../state/identity.ts';
import type { Repositories } from '../state/repositories.ts';
import {
  parseScope,
  registryToken,
  tokenLifeSeconds,
  type Access,
  type RegistryAction,
} from './accessToken.ts';
import { isProblem } from '../../protocol/problems.ts';
import type { SigningKey } from './signingKey.ts';

/** The user that people log in as; the password is their API token. */
export const registryUser = 'patr';
/** The user that the region's own engine pulls as. */
export const engineUser = 'patr-engine';

export interface RegistryAccessParts {
  readonly identity: Identity;
  readonly repositories: Repositories;
  readonly key: SigningKey;
  /** Password of `engineUser`; it may pull and nothing else. */
  readonly enginePassword: string;
  readonly now: () => number;
  readonly ids: () => string;
}

/** Actions that somebody may do on any repository that exists; absent: not let in at all. */
type Allowed = readonly RegistryAction[] | undefined;

/**
 * Docker's token authentication: `GET /auth/docker-login` with Basic credentials gives a short-lived token for
 * what was asked and is allowed, on repositories that exist. What is not allowed is left out, as the protocol
 * wants it; the registry refuses then.
 */
export function mountRegistryAccess(app: Hono, parts: RegistryAccessParts): void {
  app.get('/auth/docker-login', (context) => {
    const given = basicCredentials(context.req.header('authorization'));
    const allowed = given === undefined ? undefined : allowedTo(parts, given);
    if (given === undefined || allowed === undefined) return unauthorized();
    const scopes = (context.req.queries('scope') ?? []).flatMap((scope) => scope.split(' '));
    const at = parts.now();
    const token = registryToken(parts.key, {
      subject: given.user,
      access: scopes.flatMap((scope) => granted(parts, scope, allowed)),
      at,
      id: parts.ids(),
    });
    const issued = new Date(at).toISOString();
    const body = { token, access_token: token, expires_in: tokenLifeSeconds, issued_at: issued };
    return context.json(body, 200, { 'cache-control': 'no-store' });
  });
}

function granted(parts: RegistryAccessParts, scope: string, allowed: readonly RegistryAction[]): Access[] {
  const asked = parseScope(scope);
  if (asked === undefined || !repositoryExists(parts.repositories, asked.path)) return [];
  const actions = allowed.filter((action) => asked.actions.includes(action) || asked.actions.includes('*'));
  return actions.length === 0 ? [] : [{ path: asked.path, actions }];
}

function repositoryExists(repositories: Repositories, path: string): boolean {
  return repositoryAt(repositories, path) !== undefined;
}

/** The repository that a path of the registry, `<workspaceId>/<name>`, stands for. */
export function repositoryAt(repositories: Repositories, path: string) {
  const slash = path.indexOf('/');
  return slash < 0 ? undefined : repositories.byName(path.slice(0, slash), path.slice(slash + 1));
}

function allowedTo(parts: RegistryAccessParts, given: Credentials): Allowed {
  if (given.user === engineUser) return same(given.password, parts.enginePassword) ? ['pull'] : undefined;
  if (given.user !== registryUser) return undefined;
  try {
    callerOf(parts.identity, given.password);
    return ['pull', 'push'];
  } catch (error) {
    if (isProblem(error)) return undefined;
    throw error;
  }
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

function basicCredentials(header: string | undefined): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function unauthorized(): Response {
  const message = `Log in as "${registryUser}" with an API token as the password.`;
  return Response.json({ errors: [{ code: 'UNAUTHORIZED', message, detail: [] }] }, { status: 401 });
}
