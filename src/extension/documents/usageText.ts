import { formatBytes } from '../../base/formatBytes.ts';
import type { Target } from '../../deploy/target.ts';
import type { Collection, RegistryUsage } from '../../protocol/shapes/workspace.ts';
import { parseTimestamp } from '../../protocol/wire.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { collectedWords, counted } from '../registryWords.ts';
import { timeOf } from './eventsText.ts';

/** Repositories that are shown at most, the largest first: each is a request of its own. */
const mostRepositories = 100;

/** A repository as it is shown. `size` in bytes; `lastPush` as on the wire, absent where nothing was pushed. */
export interface RepositoryUse {
  readonly name: string;
  readonly size: number;
  /** Images that have a tag. */
  readonly images: number;
  readonly lastPush?: string | number;
}

/** What the registry of the workspace takes on the disk, by repository. */
export async function readUsageText(model: Pick<DeploymentsModel, 'target'>): Promise<string> {
  const target = model.target();
  if (target === undefined)
    throw new Error('The server is not connected. Choose what helps in the Patr view, and open this again.');
  const { api, workspaceId } = target;
  const params = { workspaceId };
  const usage = await api.getRegistryUsage({ params });
  const all = await Array.fromAsync(
    api.pages('listRepositories', { params }, ({ repositories }) => repositories),
  );
  const largest = all.toSorted((a, b) => b.size - a.size).slice(0, mostRepositories);
  const uses: RepositoryUse[] = [];
  for (const { id, name, size } of largest) uses.push({ name, size, ...(await tagged(target, id)) });
  return usageText(target.backend.registry.host, usage, uses);
}

async function tagged(
  { api, workspaceId }: Target,
  repositoryId: string,
): Promise<Pick<RepositoryUse, 'images' | 'lastPush'>> {
  const params = { workspaceId, repositoryId };
  const tags = await Array.fromAsync(api.pages('listTags', { params }, (answer) => answer.tags));
  const [newest] = tags
    .map(({ last_updated }) => last_updated)
    .toSorted((a, b) => (parseTimestamp(b) ?? 0) - (parseTimestamp(a) ?? 0));
  const images = new Set(tags.map(({ digest }) => digest)).size;
  return newest === undefined ? { images } : { images, lastPush: newest };
}

/** Plain text in columns; nothing in it is markup. */
export function usageText(host: string, usage: RegistryUsage, uses: readonly RepositoryUse[]): string {
  const { usedBytes, imageCount, repositoryCount, freeBytes, lastCollection } = usage;
  const hidden = repositoryCount - uses.length;
  const parts = [
    `The registry ${host}: what it takes on the disk. Run "Show Registry Usage" again to read it anew.`,
    '',
    'TOTAL',
    `${formatBytes(usedBytes)}: ${counted(imageCount, 'image')} in ${counted(repositoryCount, 'repository')}. What images share counts once.`,
    ...(freeBytes === undefined ? [] : [`${formatBytes(freeBytes)} are left on the disk.`]),
    '',
    'LAST COLLECTION',
    lastCollection === undefined ? 'None yet.' : lastLine(lastCollection),
    '',
    'REPOSITORIES, THE LARGEST FIRST',
    ...(uses.length === 0 ? ['None yet.'] : [heading, ...uses.map(useLine)]),
    ...(hidden > 0 && uses.length > 0 ? [`${counted(hidden, 'smaller repository')} not shown.`] : []),
  ];
  return `${parts.join('\n')}\n`;
}

const [sizeWide, imagesWide, pushWide] = [9, 13, 24];
const heading = columns('size', 'tagged images', 'last push', 'name');

function useLine({ name, size, images, lastPush }: RepositoryUse): string {
  return columns(
    formatBytes(size),
    String(images),
    lastPush === undefined ? 'never' : timeOf(lastPush),
    name,
  );
}

function columns(size: string, images: string, push: string, name: string): string {
  return `${size.padStart(sizeWide)}  ${images.padStart(imagesWide)}  ${push.padEnd(pushWide)}  ${name}`;
}

function lastLine(collection: Collection): string {
  return `${timeOf(collection.at)}  ${collectedWords(collection)}`;
}
