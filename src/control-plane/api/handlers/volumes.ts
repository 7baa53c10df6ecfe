import { problem } from '../../../protocol/problems.ts';
import type { Store } from '../../state/store.ts';
import type { VolumeRow } from '../../state/volumes.ts';
import { paged, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';

type Names = 'listVolumes' | 'createVolume' | 'getVolume' | 'updateVolume' | 'deleteVolume';

export function volumeHandlers({ store, notary }: ApiParts): Some<Names> {
  const view = ({ id, name, size }: VolumeRow) => ({
    id,
    name,
    size,
    deploymentId: store.volumes.userOf(id) ?? null,
  });
  return {
    listVolumes: ({ params, query }) =>
      paged(store.volumes.list(params.workspaceId, query), (rows) => ({ volumes: rows.map(view) })),
    createVolume({ params, body }) {
      const { workspaceId } = params;
      return store.change(() => {
        refuseTakenName(store, workspaceId, body.name);
        const id = notary.ids();
        store.volumes.put({ id, workspaceId, ...body, createdAt: notary.now() });
        return { id };
      });
    },
    getVolume: ({ params }) => view(volumeOf(store, params)),
    updateVolume({ params, body }) {
      if (body.name === undefined && body.size === undefined) {
        throw problem('wrongParameters', { says: 'The update changes nothing.' });
      }
      store.change(() => {
        const before = volumeOf(store, params);
        const after = { ...before, name: body.name ?? before.name, size: body.size ?? before.size };
        if (after.size < before.size) {
          const message = `must be at least ${before.size}`;
          throw problem('cannotReduceVolumeSize', { fields: [{ field: 'size', message }] });
        }
        refuseTakenName(store, before.workspaceId, after.name, before.id);
        store.volumes.put(after);
      });
    },
    deleteVolume({ params }) {
      store.change(() => {
        const found = volumeOf(store, params);
        const user = store.volumes.userOf(found.id);
        if (user !== undefined) {
          const name = store.deployments.find(user)?.name ?? user;
          const says = `The volume is mounted by ${name}. Remove it from that deployment first.`;
          throw problem('resourceInUse', { says });
        }
        store.volumes.delete(found.id);
      });
    },
  };
}

function volumeOf(store: Store, at: { workspaceId: string; volumeId: string }): VolumeRow {
  const found = store.volumes.find(at.volumeId);
  if (found === undefined || found.workspaceId !== at.workspaceId) {
    throw problem('resourceDoesNotExist', { says: 'The volume does not exist (any more).' });
  }
  return found;
}

function refuseTakenName(store: Store, workspaceId: string, name: string, exceptId?: string): void {
  if (!store.volumes.nameTaken(workspaceId, name, exceptId)) return;
  throw problem('resourceAlreadyExists', {
    says: `There is already a volume named ${name}. Choose another name.`,
    fields: [{ field: 'name', message: 'is already taken' }],
  });
}

/**
 * Volumes that a deployment shall mount must be there, be mounted by no other deployment, and have paths of their
 * own. @throws ProblemError.
 */
export function checkVolumes(
  store: Store,
  workspaceId: string,
  volumes: Readonly<Record<string, string>>,
  deploymentId?: string,
): void {
  const paths = new Set<string>();
  for (const [id, path] of Object.entries(volumes)) {
    const field = `volumes.${id}`;
    if (store.volumes.find(id)?.workspaceId !== workspaceId) {
      throw problem('resourceDoesNotExist', {
        says: `There is no volume ${id}.`,
        fields: [{ field, message: 'does not exist' }],
      });
    }
    const user = store.volumes.userOf(id);
    if (user !== undefined && user !== deploymentId) {
      throw problem('resourceInUse', {
        says: 'The volume is mounted by another deployment. Every deployment needs volumes of its own.',
        fields: [{ field, message: 'is mounted by another deployment' }],
      });
    }
    if (paths.has(path)) {
      throw problem('wrongParameters', { fields: [{ field, message: 'must have a path of its own' }] });
    }
    paths.add(path);
  }
}
