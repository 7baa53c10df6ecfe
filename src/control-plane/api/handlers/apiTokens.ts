import type { WireAnswerOf } from '../../../protocol/endpoint.ts';
import type { Endpoints } from '../../../protocol/endpoints.ts';
import { problem, type FieldProblem } from '../../../protocol/problems.ts';
import { formatTimestamp } from '../../../protocol/wire.ts';
import { formatToken, hashSecret } from '../../auth/apiToken.ts';
import { permissionBreaches, permissions } from '../../auth/permissions.ts';
import type { ApiTokenRow } from '../../state/apiTokens.ts';
import { paged, type Caller, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';

type Names =
  | 'createApiToken'
  | 'listApiTokens'
  | 'getApiToken'
  | 'regenerateApiToken'
  | 'revokeApiToken'
  | 'listPermissions';

/** Tokens for machines and for `docker login`: each with a name, an end, and what it may do. */
export function apiTokenHandlers(parts: ApiParts): Some<Names> {
  const { store, notary } = parts;

  /** A token of the caller that was not revoked. @throws ProblemError `apiTokenDoesNotExist`. */
  function tokenOf(caller: Caller, id: string): ApiTokenRow {
    const found = store.apiTokens.find(id);
    if (found === undefined || found.userId !== caller.userId || found.revokedAt !== undefined) {
      throw problem('apiTokenDoesNotExist');
    }
    return found;
  }

  return {
    createApiToken({ caller, body }) {
      const { userId } = known(caller);
      const fields: readonly FieldProblem[] = [
        ...timeBreaches(body.tokenNbf, body.tokenExp, notary.now()),
        ...(body.allowedIps === undefined
          ? []
          : [
              {
                field: 'allowedIps',
                message: 'cannot be held to here: this server does not look at where a request comes from',
              },
            ]),
        ...permissionBreaches(body.permissions, {
          workspace: (id) => store.identity.workspaces().some((workspace) => workspace.id === id),
          repository: (workspaceId, id) => store.repositories.find(id)?.workspaceId === workspaceId,
        }),
      ];
      if (fields.length > 0) throw problem('wrongParameters', { fields });
      return store.change(() => {
        if (store.apiTokens.nameTaken(userId, body.name)) {
          throw problem('apiTokenAlreadyExists', {
            fields: [{ field: 'name', message: 'is already taken' }],
          });
        }
        const secret = { secret: notary.ids(), loginId: notary.ids() };
        store.apiTokens.put({
          loginId: secret.loginId,
          userId,
          name: body.name,
          secretHash: hashSecret(secret),
          permissions: body.permissions,
          notBefore: body.tokenNbf,
          expiresAt: body.tokenExp,
          createdAt: notary.now(),
          revokedAt: undefined,
        });
        return { id: secret.loginId, token: formatToken(secret) };
      });
    },
    listApiTokens: ({ caller, query }) =>
      paged(store.apiTokens.list(known(caller).userId, query), (rows) => ({ tokens: rows.map(tokenView) })),
    getApiToken: ({ caller, params }) => tokenView(tokenOf(known(caller), params.tokenId)),
    regenerateApiToken({ caller, params }) {
      const token = tokenOf(known(caller), params.tokenId);
      refuseOfFile(token);
      const secret = { secret: notary.ids(), loginId: token.loginId };
      store.change((publish) => {
        store.apiTokens.put({ ...token, secretHash: hashSecret(secret) });
        publish({ kind: 'apiToken', loginId: token.loginId });
      });
      return { token: formatToken(secret) };
    },
    revokeApiToken({ caller, params }) {
      const token = tokenOf(known(caller), params.tokenId);
      refuseOfFile(token);
      store.change((publish) => {
        store.apiTokens.revoke(token.loginId, notary.now());
        publish({ kind: 'apiToken', loginId: token.loginId });
      });
    },
    listPermissions: () => ({
      permissions: permissions.map(({ id, name, description }) => ({ id, name, description })),
    }),
  };
}

function known(caller: Caller | undefined): Caller {
  if (caller === undefined) throw new Error('This endpoint asks for a token.');
  return caller;
}

/** The token of the file would be let in again at the next start. */
function refuseOfFile({ permissions: given }: ApiTokenRow): void {
  if (given !== undefined) return;
  throw problem('resourceInUse', {
    says: 'This is the token of the token file. Put another one into the file and start the control plane anew.',
  });
}

function timeBreaches(from: number | undefined, until: number | undefined, now: number): FieldProblem[] {
  if (until === undefined || until > Math.max(now, from ?? now)) return [];
  return [{ field: 'tokenExp', message: 'must be in the future, and later than tokenNbf' }];
}

function tokenView(token: ApiTokenRow): WireAnswerOf<Endpoints['getApiToken']> {
  return {
    id: token.loginId,
    name: token.name,
    ...(token.permissions === undefined ? {} : { permissions: token.permissions }),
    ...(token.notBefore === undefined ? {} : { tokenNbf: formatTimestamp(token.notBefore) }),
    ...(token.expiresAt === undefined ? {} : { tokenExp: formatTimestamp(token.expiresAt) }),
    created: formatTimestamp(token.createdAt),
  };
}
