import type { Hono } from 'hono';
import { callerOf, same } from '../auth/apiToken.ts';
import { registryActions } from '../auth/permissions.ts';
import type { RepositoryRow } from '../domain.ts';
import type { ApiTokens } from '../state/apiTokens.ts';
import type { Repositories } from '../state/repositories.ts';
import {
  parseScope,
  registryToken,
  tokenLifeSeconds,
  type RegistryAction,
  type RepositoryAccess,
} from './accessToken.ts';
import { isProblem } from '../../protocol/problems.ts';
import { ociRefusal } from './ociRefusal.ts';
import type { PushGate } from './pushGate.ts';
import type { SigningKey } from './signingKey.ts';

/** The user that people log in as; the password is their API token. */
export const registryUser = 'patr';
/** The user that the region's own engine pulls as. */
export const engineUser = 'patr-engine';

/** Room on the disk that pushes leave to what runs, in bytes. */
export const reserveBytes = 300_000_000;

export interface RegistryAccessParts {
  readonly apiTokens: ApiTokens;
  readonly repositories: Repositories;
  readonly key: SigningKey;
  /** Password of `engineUser`; it may pull and nothing else. */
  readonly enginePassword: string;
  readonly gate: PushGate;
  /** Room on the disk that holds the blobs, in bytes; absent where nobody can tell. */
  readonly freeBytes: () => number | undefined;
  readonly now: () => number;
  readonly ids: () => string;
}

/** Actions that somebody may do on the repository of a path, whether or not there is one. */
type Allowed = (path: string) => readonly RegistryAction[];

/** One scope that was asked for, and what is given of it. */
interface Weighed {
  readonly path: string;
  readonly asked: readonly string[];
  readonly actions: readonly RegistryAction[];
  readonly exists: boolean;
}

/**
 * Docker's token authentication: `GET /auth/docker-login` with Basic credentials gives a short-lived token for
 * what was asked and is allowed, on repositories that exist. What a client asks for beside (a layer of another
 * repository, say) is left out when it is not allowed. What it came for is refused here, in the registry's
 * words, because the registry itself could only say that access was denied.
 */
export function mountRegistryAccess(app: Hono, parts: RegistryAccessParts): void {
  app.get('/auth/docker-login', (context) => {
    const given = basicCredentials(context.req.header('authorization'));
    const allowed = given === undefined ? undefined : allowedTo(parts, given);
    if (given === undefined || allowed === undefined) return unauthorized();
    const scopes = (context.req.queries('scope') ?? []).flatMap((scope) => scope.split(' '));
    const weighed = scopes.flatMap((scope) => weigh(parts, scope, allowed));
    const refusal = refusalOf(weighed);
    if (refusal !== undefined) return refusal;
    const at = parts.now();
    const access = weighed.flatMap(accessOf);
    if (access.some(mayWrite)) {
      const obstacle = whyNotNow(parts);
      if (obstacle !== undefined) return obstacle;
      parts.gate.gaveLeave(at);
    }
    const token = registryToken(parts.key, { subject: given.user, access, at, id: parts.ids() });
    const issued = new Date(at).toISOString();
    const body = { token, access_token: token, expires_in: tokenLifeSeconds(access), issued_at: issued };
    return context.json(body, 200, { 'cache-control': 'no-store' });
  });
}

function weigh(parts: RegistryAccessParts, scope: string, allowed: Allowed): Weighed[] {
  const scoped = parseScope(scope);
  if (scoped === undefined) return [];
  const { path, actions: asked } = scoped;
  const actions = allowed(path).filter((action) => asked.includes(action) || asked.includes('*'));
  return [{ path, asked, actions, exists: repositoryAt(parts.repositories, path) !== undefined }];
}

function accessOf({ path, actions, exists }: Weighed): RepositoryAccess[] {
  return exists && actions.length > 0 ? [{ path, actions }] : [];
}

/** Whoever wants to push names the repository with `push`; whoever pulls names that one alone. */
function refusalOf(weighed: readonly Weighed[]): Response | undefined {
  const wanted = weighed.find(({ asked }) => asked.includes('push')) ?? weighed[0];
  if (wanted === undefined) return undefined;
  const { path, asked, actions, exists } = wanted;
  const action = asked.includes('push') ? 'push' : 'pull';
  if (asked.includes(action) && !actions.includes(action)) {
    const message = `These credentials may not ${action} ${action === 'push' ? 'to' : 'from'} ${path}. Use an API token that may.`;
    return ociRefusal(403, 'DENIED', message);
  }
  if (exists) return undefined;
  const message = `There is no repository ${path}. Create it first, or look for a typing error; its name begins with the id of the workspace.`;
  return ociRefusal(404, 'NAME_UNKNOWN', message);
}

function mayWrite({ actions }: RepositoryAccess): boolean {
  return actions.includes('push');
}

/** Clients show the words of this status, and of the one that would fit better they do not. */
function whyNotNow({ gate, freeBytes }: RegistryAccessParts): Response | undefined {
  if (gate.closed) {
    const message = 'The registry is being tidied up and takes no pushes for some seconds. Push again.';
    return ociRefusal(429, 'TOOMANYREQUESTS', message, { 'retry-after': '5' });
  }
  const free = freeBytes();
  if (free === undefined || free >= reserveBytes) return undefined;
  const message = `The disk of the registry has ${Math.floor(free / 1e6)} MB left, and ${reserveBytes / 1e6} MB are kept for what runs. Free some room, then push again.`;
  return ociRefusal(403, 'DENIED', message);
}

/** The repository that a path of the registry, `<workspaceId>/<name>`, stands for. */
export function repositoryAt(repositories: Repositories, path: string): RepositoryRow | undefined {
  const [workspaceId, name] = halves(path);
  return name === undefined ? undefined : repositories.byName(workspaceId, name);
}

function halves(path: string): [string, string | undefined] {
  const slash = path.indexOf('/');
  return slash < 0 ? [path, undefined] : [path.slice(0, slash), path.slice(slash + 1)];
}

/** Absent: not let in at all. */
function allowedTo(parts: RegistryAccessParts, given: Credentials): Allowed | undefined {
  if (given.user === engineUser) {
    return same(given.password, parts.enginePassword) ? () => ['pull'] : undefined;
  }
  if (given.user !== registryUser) return undefined;
  try {
    const { permissions } = callerOf(parts.apiTokens, given.password, parts.now());
    return (path) => {
      const repositoryId = repositoryAt(parts.repositories, path)?.id;
      return registryActions(permissions, { workspaceId: halves(path)[0], repositoryId });
    };
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
  const message = `Log in as "${registryUser}" with an API token as the password. A token that was revoked or has expired is none.`;
  return ociRefusal(401, 'UNAUTHORIZED', message);
}
