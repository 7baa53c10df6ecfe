import type { EnvValue } from '../../../protocol/shapes/deployment.ts';
import { problem } from '../../../protocol/problems.ts';
import { formatTimestamp } from '../../../protocol/wire.ts';
import { KeysFileError } from '../../secrets/sealingKeys.ts';
import type { SecretRow, SecretUser } from '../../state/secrets.ts';
import type { Publish, Store } from '../../state/store.ts';
import { paged, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';

type Names =
  | 'listSecrets'
  | 'createSecret'
  | 'updateSecret'
  | 'deleteSecret'
  | 'rotateSealingKey'
  | 'restoreSealingKeys';

/** Secrets of a workspace. A value comes in and is never answered. */
export function secretHandlers(parts: ApiParts): Some<Names> {
  const { store, notary, vault, sealing } = parts;
  return {
    listSecrets: ({ params, query }) =>
      paged(store.secrets.list(params.workspaceId, query), (rows) => ({
        secrets: rows.map((row) => secretView(row, store.secrets.usersOf(row.id))),
      })),
    createSecret({ params, body: { name, value } }) {
      const { workspaceId } = params;
      return store.change((publish) => {
        refuseTakenName(store, workspaceId, name);
        const [id, at] = [notary.ids(), notary.now()];
        vault.put({ id, workspaceId, name, version: 1, createdAt: at, updatedAt: at }, value);
        publish({ kind: 'secret', secretId: id });
        return { id };
      });
    },
    updateSecret({ params, body: { name, value } }) {
      if (name === undefined && value === undefined) {
        throw problem('wrongParameters', { says: 'The update changes nothing.' });
      }
      store.change((publish) => {
        const before = secretOf(store, params);
        const after = { ...before, name: name ?? before.name };
        refuseTakenName(store, before.workspaceId, after.name, before.id);
        if (value === undefined) store.secrets.put(after);
        else {
          vault.put({ ...after, version: before.version + 1, updatedAt: notary.now() }, value);
          tellUsers(parts, publish, after);
        }
        publish({ kind: 'secret', secretId: after.id });
      });
    },
    deleteSecret({ params }) {
      store.change((publish) => {
        const found = secretOf(store, params);
        const users = store.secrets.usersOf(found.id);
        if (users.length > 0) {
          const says = `The secret is used by ${users.map(inWords).join(', ')}. Take it out there first.`;
          throw problem('resourceInUse', { says });
        }
        store.secrets.delete(found.id);
        publish({ kind: 'secret', secretId: found.id });
      });
    },
    rotateSealingKey: () => sealing.rotateKey(),
    async restoreSealingKeys({ body }) {
      try {
        const restored = await sealing.restoreKeys(body.keys);
        // What could not be started for want of a value perhaps can be now.
        store.change((publish) => {
          for (const deploymentId of store.deployments.ids()) publish({ kind: 'wish', deploymentId });
        });
        return restored;
      } catch (error) {
        if (!(error instanceof KeysFileError)) throw error;
        throw problem('wrongParameters', {
          says: 'This is not the content of a key file. Nothing was changed.',
          fields: [{ field: 'keys', message: 'is not the content of a key file' }],
        });
      }
    },
  };
}

function secretView({ id, name, version, updatedAt }: SecretRow, users: readonly SecretUser[]) {
  const usedBy = Array.from(new Set(users.map(({ deploymentId }) => deploymentId)));
  return { id, name, version, updated: formatTimestamp(updatedAt), usedBy };
}

function inWords({ deploymentName, releaseNumber }: SecretUser): string {
  return releaseNumber === undefined ? deploymentName : `release ${releaseNumber} of ${deploymentName}`;
}

function secretOf(store: Store, at: { workspaceId: string; secretId: string }): SecretRow {
  const found = store.secrets.find(at.secretId);
  if (found === undefined || found.workspaceId !== at.workspaceId) {
    throw problem('resourceDoesNotExist', { says: 'The secret does not exist (any more).' });
  }
  return found;
}

function refuseTakenName(store: Store, workspaceId: string, name: string, exceptId?: string): void {
  if (!store.secrets.nameTaken(workspaceId, name, exceptId)) return;
  throw problem('resourceAlreadyExists', {
    says: `There is already a secret named ${name}. Choose another name.`,
    fields: [{ field: 'name', message: 'is already taken' }],
  });
}

/** Those who use it are told, and looked at: what could not be started for want of the value perhaps can be now. */
function tellUsers({ store, notary }: ApiParts, publish: Publish, { id, name }: SecretRow): void {
  const users = new Set(store.secrets.usersOf(id).map(({ deploymentId }) => deploymentId));
  for (const deploymentId of users) {
    store.events.append({
      deploymentId,
      at: notary.now(),
      kind: 'secretChanged',
      message: `The secret ${name} has another value. Instances that run keep the one before: restart the deployment to give it to all of them.`,
      releaseNumber: undefined,
    });
    publish({ kind: 'wish', deploymentId });
  }
}

/** Variables that are taken from secrets which are not there. */
function withoutSecret(
  store: Store,
  workspaceId: string,
  environment: Readonly<Record<string, EnvValue>>,
): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    typeof value === 'string' || store.secrets.find(value.fromSecret)?.workspaceId === workspaceId
      ? []
      : [name],
  );
}

/** What a deployment shall take its variables from must be there. @throws ProblemError `wrongParameters`. */
export function checkSecrets(
  store: Store,
  workspaceId: string,
  environment: Readonly<Record<string, EnvValue>>,
): void {
  const names = withoutSecret(store, workspaceId, environment);
  if (names.length === 0) return;
  throw problem('wrongParameters', {
    says: `The secret that ${names.join(', ')} is taken from does not exist. Choose another one, or give the variable a value.`,
    fields: names.map((name) => ({
      field: `environmentVariables.${name}`,
      message: 'is taken from a secret that does not exist',
    })),
  });
}

/**
 * What was configured once can be without its secret later: then nothing new can be started from it, and that is said
 * before it is tried. @throws ProblemError `resourceDoesNotExist`.
 */
export function refuseWithoutSecret(
  store: Store,
  workspaceId: string,
  environment: Readonly<Record<string, EnvValue>>,
): void {
  const names = withoutSecret(store, workspaceId, environment);
  if (names.length === 0) return;
  throw problem('resourceDoesNotExist', {
    says: `The secret that ${names.join(', ')} is taken from does not exist any more. Give the variable a value, or another secret, and try again.`,
  });
}
