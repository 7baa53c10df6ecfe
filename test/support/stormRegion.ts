import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../scripts/setup/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ask } from './addressLoad.ts';
import { startAssembledRegion, type AssembledRegion } from './assembledRegion.ts';
import { shuffled, unreliableWebhook } from './chaos.ts';
import { testImages } from './engine.ts';
import { makeShop, type Shop } from './regionShop.ts';

/** Different images that each deployment is pushed. */
const versions = 5;
/** A lost notification is made up for by the look that comes every minute. */
const patienceMs = 180_000;

export interface StormWanted {
  readonly deployments: number;
  readonly pushes: number;
  readonly say: (line: string) => void;
}

export interface Storm {
  run(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

interface ServedShop extends Shop {
  readonly reference: string;
  readonly url: string;
}

/** Real images, pushed by docker to a real region whose notifications cannot be relied on. */
export async function startStorm(chance: () => number, wanted: StormWanted): Promise<Storm> {
  const webhook = unreliableWebhook(chance, (request) => deliver(request));
  let deliver: (request: Request) => Promise<Response>;
  const region = await startAssembledRegion('storm', {
    onWebhook(request, through) {
      deliver = through;
      return webhook.receive(request);
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'patr-storm-'));
  const mark = `cloud.patr.test=${region.name}`;
  const docker = (...args: readonly string[]) =>
    must('docker', args, { env: { DOCKER_CONFIG: join(folder, 'docker') } });
  const version = (index: number): string => `${region.name}-${index}:1`;

  async function open(index: number): Promise<ServedShop> {
    const shop = await makeShop(region, `shop-${index}`);
    const reference = `${region.registryHost}/${shop.path}:latest`;
    return { ...shop, reference, url: await urlOf(region, shop.deploymentId) };
  }

  async function push(shop: ServedShop, index: number): Promise<void> {
    await docker('tag', version(index), shop.reference);
    await docker('push', '--quiet', shop.reference);
  }

  return {
    async run() {
      for (let index = 0; index < versions; index += 1)
        await buildVersion(folder, version(index), index, mark);
      await docker('login', '--username', 'patr', '--password', region.endpoint.token, region.registryHost);
      const shops: ServedShop[] = [];
      for (let index = 0; index < wanted.deployments; index += 1) shops.push(await open(index));
      const plan = Array.from({ length: wanted.pushes }, (_, index) => shops[index % shops.length]!);
      const last = new Map<ServedShop, number>();
      for (const shop of shuffled(chance, plan)) {
        const index = Math.floor(chance() * versions);
        await push(shop, index);
        last.set(shop, index);
      }
      const pushed = performance.now();
      await webhook.release();
      wanted.say('all is pushed; waiting until it is served');
      const right = await Promise.all(
        shops.map((shop) => settlesOn(region, shop, `version ${last.get(shop)}`)),
      );
      const { lost, doubled } = webhook.fates();
      return {
        'storm.deployments': shops.length,
        'storm.pushes': wanted.pushes,
        'storm.notifications_lost': lost,
        'storm.notifications_doubled': doubled,
        'storm.right': right.filter(Boolean).length,
        'storm.settled_ms': performance.now() - pushed,
      };
    },
    async close() {
      await region.close();
      for (let index = 0; index < versions; index += 1)
        await docker('image', 'rm', '--force', version(index));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A web server whose only page says which version it is. */
async function buildVersion(folder: string, tag: string, index: number, mark: string): Promise<void> {
  const dockerfile = join(folder, 'Dockerfile');
  const { busybox } = testImages();
  const text = `FROM ${busybox}\nRUN mkdir /www && echo "version ${index}" > /www/index.html\nEXPOSE 8080\nCMD ["httpd", "-f", "-p", "8080", "-h", "/www"]\n`;
  await writeFile(dockerfile, text);
  await must('docker', ['build', '--quiet', '--label', mark, '--tag', tag, folder]);
}

async function urlOf(region: AssembledRegion, deploymentId: string): Promise<string> {
  const params = { workspaceId: region.workspaceId, deploymentId };
  const { addresses } = await region.api.getDeployment({ params });
  const url = addresses?.find((address) => address.url !== undefined)?.url;
  if (url === undefined) throw new Error('The deployment has no address.');
  return url;
}

/** Its newest release is live, and its address says these words. */
async function settlesOn(region: AssembledRegion, shop: ServedShop, words: string): Promise<boolean> {
  const params = { workspaceId: region.workspaceId, deploymentId: shop.deploymentId };
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const { releases } = await region.api.listReleases({ params, query: { count: 1 } });
    const answer = await ask(shop.url).catch(() => undefined);
    const right = answer?.status === 200 && answer.body.includes(words);
    if (right && releases[0]?.state === 'live') return true;
    await systemClock.sleep(50);
  }
  return false;
}
