import { RegionError } from '../../region/service.ts';
import { problem } from '../../../protocol/problems.ts';
import { formatTimestamp } from '../../../protocol/wire.ts';
import type { Collection } from '../../registry/collect/collector.ts';
import { repositoryPath } from '../../registry/imageRegistry.ts';
import { repositoryOf } from '../find.ts';
import { paged, type Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import { repositoryView } from '../views.ts';

type Names =
  | 'listRepositories'
  | 'createRepository'
  | 'getRegistryUsage'
  | 'collectRegistry'
  | 'getRepository'
  | 'listTags'
  | 'getImage'
  | 'listExposedPorts'
  | 'deleteRepository';

export function repositoryHandlers(parts: ApiParts): Some<Names> {
  const { store, notary, registry } = parts;
  return {
    listRepositories: ({ params, query }) =>
      paged(store.repositories.list(params.workspaceId, query), (rows) => ({
        repositories: rows.map((row) => ({
          id: row.id,
          ...repositoryView(row, store.contents.size(repositoryPath(row))),
        })),
      })),
    createRepository({ params, body }) {
      return store.change((publish) => {
        if (store.repositories.byName(params.workspaceId, body.name) !== undefined) {
          const says = `There is already a repository named ${body.name}.`;
          throw problem('resourceAlreadyExists', {
            says,
            fields: [{ field: 'name', message: 'is already taken' }],
          });
        }
        const id = notary.ids();
        const at = notary.now();
        const { workspaceId } = params;
        store.repositories.insert({ id, workspaceId, name: body.name, createdAt: at, updatedAt: at });
        publish({ kind: 'repository', repositoryId: id });
        return { id };
      });
    },
    getRegistryUsage({ params }) {
      const { freeBytes } = parts.reconciler.region();
      const last = parts.collector.last();
      return {
        usedBytes: store.contents.usedBytes(),
        repositoryCount: store.repositories.list(params.workspaceId, { count: 1, page: 0 }).total,
        imageCount: store.contents.manifests().length,
        ...(freeBytes === undefined ? {} : { freeBytes }),
        ...(last === undefined ? {} : { lastCollection: collectionView(last) }),
      };
    },
    async collectRegistry({ signal }) {
      try {
        return collectionView(await parts.collector.collect({ signal }));
      } catch (error) {
        // It says itself what is in the way, such as a region that is not up yet.
        if (error instanceof RegionError)
          throw problem('registryUnreachable', { says: error.message, cause: error });
        throw error;
      }
    },
    getRepository({ params }) {
      const found = repositoryOf(store, params);
      return { repository: repositoryView(found, store.contents.size(repositoryPath(found))) };
    },
    listTags({ params, query }) {
      const found = store.repositories.find(params.repositoryId);
      const mine = found?.workspaceId === params.workspaceId;
      const all = mine ? store.repositories.seenTags(params.repositoryId) : [];
      const newestFirst = all.toSorted((a, b) => b.changedAt - a.changedAt);
      const from = query.count * query.page;
      return paged({ rows: newestFirst.slice(from, from + query.count), total: all.length }, (rows) => ({
        tags: rows.map(({ tag, digest, changedAt }) => ({
          tag,
          digest,
          last_updated: formatTimestamp(changedAt),
        })),
      }));
    },
    async getImage({ params, signal }) {
      const found = repositoryOf(store, params);
      const image = await registry.image(repositoryPath(found), params.digestOrTag, { signal });
      if (image === 'absent') {
        throw problem('resourceDoesNotExist', { says: `${found.name} has no image ${params.digestOrTag}.` });
      }
      const tags = store.repositories.seenTags(found.id).filter(({ digest }) => digest === image.digest);
      return {
        digest: image.digest,
        size: image.size,
        created: formatTimestamp(image.createdAt ?? tags[0]?.changedAt ?? found.updatedAt),
        tags: tags.map(({ tag }) => tag),
      };
    },
    async listExposedPorts({ params, signal }) {
      const found = repositoryOf(store, params);
      const image = await registry.image(repositoryPath(found), params.digestOrTag, { signal });
      if (image === 'absent') {
        throw problem('tagNotFound', { says: `${found.name} has no image ${params.digestOrTag}.` });
      }
      return { ports: { ...image.exposedPorts } };
    },
    async deleteRepository({ params, signal }) {
      const found = repositoryOf(store, params);
      refuseInUse(parts, found.id);
      const path = repositoryPath(found);
      for (const tag of await registry.tags(path, { signal })) {
        const digest = await registry.digestOf(path, tag, { signal });
        if (digest !== undefined) await registry.remove(path, digest, { signal });
      }
      store.change((publish) => {
        // A deployment may have come while the registry was busy.
        refuseInUse(parts, found.id);
        store.repositories.delete(found.id);
        publish({ kind: 'repository', repositoryId: found.id });
      });
    },
  };
}

function refuseInUse({ store }: ApiParts, repositoryId: string): void {
  const users = store.deployments.ofRepository(repositoryId).map(({ name }) => name);
  if (users.length === 0) return;
  throw problem('resourceInUse', {
    says: `The repository is used by ${users.join(', ')}. Delete what uses it first.`,
  });
}

function collectionView(collection: Collection) {
  return { ...collection, at: formatTimestamp(collection.at) };
}
