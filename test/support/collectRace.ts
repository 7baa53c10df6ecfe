import { isProblem } from '../../src/protocol/problems.ts';
import { startAssembledRegion, type AssembledRegion } from './assembledRegion.ts';
import { pick } from './chaos.ts';
import { rawRegistry, type Credentials, type RawRegistry } from './rawRegistry.ts';
import { makeShop, type Shop } from './regionShop.ts';

const shops = 3;
/** Markers that are pushed again and again, so that what was collected comes back. */
const markers = 6;
const mostTries = 200;

/** What a round was, and which digests that somebody needs cannot be pulled after it. */
export interface Round {
  readonly tookMs: number;
  readonly removedImages: number;
  readonly reverts: number;
  readonly missing: readonly string[];
}

/** Collections that race with pushes and reverts, on a real region. */
export interface CollectRace {
  round(): Promise<Round>;
  close(): Promise<void>;
}

export async function startCollectRace(chance: () => number): Promise<CollectRace> {
  const options = { 'collect-hours': '0', 'keep-days': '0', 'keep-versions': '1' };
  const region = await startAssembledRegion('race', { options });
  const raw = rawRegistry({ host: region.registryHost, api: region.endpoint.url });
  const me: Credentials = ['patr', region.endpoint.token];
  const all: Shop[] = [];
  for (let index = 0; index < shops; index += 1) all.push(await makeShop(region, `shop-${index}`));
  const push = (shop: Shop) => patientPush(raw, me, shop.path, `${pick(chance, range(markers))}`);
  for (const shop of all) await push(shop);
  return {
    async round() {
      // So that there is something to remove.
      for (const shop of all) await push(shop);
      const [collection, ...reverts] = await Promise.all([
        region.api.collectRegistry({ params: { workspaceId: region.workspaceId } }),
        ...all.map((shop) => revertSomewhere(region, shop, chance)),
        ...all.map(async (shop) => {
          await push(shop);
          await push(shop);
        }),
      ]);
      const missing: string[] = [];
      for (const shop of all) missing.push(...(await missingOf(region, raw, me, shop)));
      const { tookMs, removedImages } = collection;
      return { tookMs, removedImages, reverts: reverts.filter((done) => done === true).length, missing };
    },
    close: () => region.close(),
  };
}

/** As a client does whose push was refused for the moment, or cut off. */
async function patientPush(raw: RawRegistry, me: Credentials, path: string, marker: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await raw.push(me, path, 'latest', marker);
      return;
    } catch (error) {
      if (tries === mostTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Goes back to one of the versions in the history; true when that was possible. */
async function revertSomewhere(
  region: AssembledRegion,
  { deploymentId }: Shop,
  chance: () => number,
): Promise<boolean> {
  const params = { workspaceId: region.workspaceId, deploymentId };
  const { deploys } = await region.api.listDeployHistory({ params, query: { count: 1000 } });
  if (deploys.length === 0) return false;
  const { imageDigest } = pick(chance, deploys);
  try {
    await region.api.revertDeployment({ params: { ...params, digest: imageDigest } });
    return true;
  } catch (error) {
    if (isProblem(error, 'resourceDoesNotExist')) return false;
    throw error;
  }
}

/** Of the digest that shall run and of the one that is tagged: what cannot be read of them. */
async function missingOf(
  region: AssembledRegion,
  raw: RawRegistry,
  me: Credentials,
  { path, deploymentId }: Shop,
): Promise<string[]> {
  const params = { workspaceId: region.workspaceId, deploymentId };
  const { releases } = await region.api.listReleases({ params });
  const references = ['latest', ...releases.slice(0, 1).flatMap(({ digest }) => digest ?? [])];
  const token = await raw.tokenFor(me, `repository:${path}:pull`);
  const missing: string[] = [];
  for (const reference of references) {
    const response = await raw.request(token, `/v2/${path}/manifests/${reference}`);
    if (!response.ok) {
      missing.push(`${path} ${reference}: ${response.status}`);
      continue;
    }
    const manifest = (await response.json()) as { config: Blob; layers: readonly Blob[] };
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      const blob = await raw.request(token, `/v2/${path}/blobs/${digest}`, { method: 'HEAD' });
      if (!blob.ok) missing.push(`${path} ${reference} ${digest}: ${blob.status}`);
    }
  }
  return missing;
}

interface Blob {
  readonly digest: string;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
