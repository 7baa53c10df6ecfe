import { problem } from '../../../protocol/problems.ts';
import type { InstanceVolume } from '../../executors/executor.ts';
import { deploymentOf } from '../find.ts';
import type { Some } from '../handler.ts';
import type { ApiParts } from '../parts.ts';

type Names = 'listVolumeData' | 'archiveVolumeData';

/** What instances have in their volumes. */
export function volumeDataHandlers({ store, volumeData }: ApiParts): Some<Names> {
  const folderOf = ({ volumeId, ordinal, facts }: InstanceVolume): string => {
    const name = store.volumes.find(volumeId)?.name ?? facts?.name ?? volumeId;
    return `${name.replaceAll(/[^a-zA-Z0-9._-]+/g, '-')}-${ordinal}`;
  };
  return {
    async listVolumeData({ params, signal }) {
      const { id } = deploymentOf(store, params);
      const volumes = await volumeData.listVolumes(id, { signal });
      const sizes = await volumeData.volumeSizes(volumes, { signal });
      const data = volumes.map(({ name, volumeId, ordinal }) => {
        const bytes = sizes.get(name);
        return { volumeId, instance: ordinal, ...(bytes === undefined ? {} : { bytes }) };
      });
      return { data: data.toSorted((a, b) => a.instance - b.instance) };
    },

    async archiveVolumeData({ params, query, signal }) {
      const { id } = deploymentOf(store, params);
      const all = await volumeData.listVolumes(id, { signal });
      const wanted = all.filter(
        ({ ordinal, volumeId }) =>
          ordinal >= query.from && (query.volumeId === undefined || volumeId === query.volumeId),
      );
      if (wanted.length === 0)
        throw problem('resourceDoesNotExist', { says: 'There is no data of such instances (any more).' });
      const archived = wanted.map((volume) => ({ volume, folder: folderOf(volume) }));
      return volumeData.archiveVolumes(distinct(archived), { signal });
    },
  };
}

/** Names that differ in signs alone have one folder name: those get the id of their volume as well. */
function distinct<T extends { readonly volume: InstanceVolume; readonly folder: string }>(
  all: readonly T[],
): T[] {
  const counts = new Map<string, number>();
  for (const { folder } of all) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  return all.map((one) =>
    (counts.get(one.folder) ?? 0) > 1 ? { ...one, folder: `${one.folder}-${one.volume.volumeId}` } : one,
  );
}
