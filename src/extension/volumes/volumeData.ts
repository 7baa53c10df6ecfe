import { formatBytes } from '../../base/formatBytes.ts';
import type { Target } from '../../deploy/target.ts';
import type { VolumeData } from '../../protocol/shapes/volume.ts';

/** What instances have in their volumes; nothing where the server does not tell. @throws the client's errors. */
export async function readVolumeData(
  { api, backend, workspaceId }: Target,
  deploymentId: string,
  waiting: { readonly signal?: AbortSignal } = {},
): Promise<readonly VolumeData[]> {
  if (!backend.offers('volumeData')) return [];
  const { data } = await api.listVolumeData({ params: { workspaceId, deploymentId } }, waiting);
  return data;
}

/** `3 volumes, 1.3 GB`; without a size where one of them is not known. */
export function volumeDataWords(data: readonly VolumeData[]): string {
  const count = data.length === 1 ? '1 volume' : `${data.length} volumes`;
  if (data.some(({ bytes }) => bytes === undefined)) return count;
  return `${count}, ${formatBytes(data.reduce((sum, { bytes = 0 }) => sum + bytes, 0))}`;
}
