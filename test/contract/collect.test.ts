import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { collectorName } from '../../src/control-plane/region/specs.ts';
import { labelsOf } from '../../src/control-plane/labels.ts';
import { seededChance } from '../support/chaos.ts';
import { startCollectRace } from '../support/collectRace.ts';
import { openRegionGround } from '../support/edge/testRegion.ts';
import { aContainer } from '../support/engine.ts';
import { startAssembledRegion, type AssembledRegion } from '../support/assembledRegion.ts';
import { basic, rawRegistry, type Credentials, type RawRegistry } from '../support/rawRegistry.ts';

/** Collections by the registry's own program, on a real region. */
describe('a collection of the registry', () => {
  let region: AssembledRegion;
  let raw: RawRegistry;
  let me: Credentials;
  let path: string;
  let repositoryId: string;

  before(async () => {
    region = await startAssembledRegion('collect', { options: { 'collect-hours': '0', 'keep-days': '0' } });
    raw = rawRegistry({ host: region.registryHost, api: region.endpoint.url });
    me = ['patr', region.endpoint.token];
    path = `${region.workspaceId}/shop`;
    const { workspaceId } = region;
    ({ id: repositoryId } = await region.api.createRepository({
      params: { workspaceId },
      body: { name: 'shop' },
    }));
  });
  after(() => region?.close());

  const params = () => ({ workspaceId: region.workspaceId });
  const collect = () => region.api.collectRegistry({ params: params() });

  async function status(at: string, ...actions: readonly string[]): Promise<number> {
    const token = await raw.tokenFor(me, `repository:${path}:${actions.join(',')}`);
    const response = await raw.request(token, `/v2/${path}/${at}`);
    await response.body?.cancel();
    return response.status;
  }

  async function size(): Promise<number> {
    const { repository } = await region.api.getRepository({ params: { ...params(), repositoryId } });
    return repository.size;
  }

  it('of a registry that nothing was pushed to finds nothing', async () => {
    const { removedImages, removedBlobs } = await collect();
    assert.deepEqual([removedImages, removedBlobs], [0, 0]);
  });

  it('removes what is not tagged any more, and its blobs; what is tagged can be pulled', async () => {
    const first = await raw.push(me, path, 'latest', 'the first of a few');
    const second = await raw.push(me, path, 'latest', 'the second');
    const done = await collect();
    assert.equal(done.removedImages, 1);
    assert.equal(done.removedBlobs, 3);
    assert.equal(await status(`manifests/${first}`, 'pull'), 404);
    assert.equal(await status(`manifests/${second}`, 'pull'), 200);
    const { usedBytes, imageCount, lastCollection } = await region.api.getRegistryUsage({ params: params() });
    assert.deepEqual([usedBytes, imageCount], [await size(), 1]);
    assert.deepEqual(lastCollection, done);
  });

  it('lets the same image be pushed again, with all that was removed', async () => {
    const again = await raw.push(me, path, 'latest', 'the first of a few');
    assert.equal(await status(`manifests/${again}`, 'pull'), 200);
    for (const blob of await blobsOf(again)) assert.equal(await status(`blobs/${blob}`, 'pull'), 200);
  });

  async function blobsOf(digest: string): Promise<string[]> {
    const token = await raw.tokenFor(me, `repository:${path}:pull`);
    const response = await raw.request(token, `/v2/${path}/manifests/${digest}`);
    const { config, layers } = (await response.json()) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    return [config.digest, ...layers.map((layer) => layer.digest)];
  }

  it('answers reads all the time and refuses pushes in words, and takes them again afterwards', async () => {
    const live = await raw.push(me, path, 'latest', 'read meanwhile');
    const gone = await raw.push(me, path, 'old', 'of no use');
    await raw.push(me, path, 'old', 'of no use either');
    let done = false;
    const collecting = collect().finally(() => (done = true));
    const refusals = new Set<string>();
    while (!done) {
      const scope = `repository:${path}:pull,push`;
      const response = await raw.login(basic(me), scope);
      if (response.status !== 200) {
        const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
        refusals.add(`${response.status} ${errors[0]?.code}`);
        assert.match(errors[0]?.message ?? '', /Push again/);
      }
    }
    assert.ok((await collecting).removedImages > 0);
    assert.equal(await status(`manifests/${gone}`, 'pull'), 404);
    assert.deepEqual(Array.from(refusals), ['429 TOOMANYREQUESTS']);
    assert.equal(await status(`manifests/${live}`, 'pull'), 200);
    await raw.push(me, path, 'latest', 'afterwards');
  });
});

describe('collections of the registry', () => {
  const seed = randomInt(2 ** 31);

  it(`that race with pushes and reverts remove nothing that somebody needs (seed ${seed})`, async () => {
    const race = await startCollectRace(seededChance(seed));
    try {
      let removed = 0;
      for (let round = 0; round < 2; round += 1) {
        const { missing, removedImages } = await race.round();
        assert.deepEqual(missing, []);
        removed += removedImages;
      }
      assert.ok(removed > 0);
    } finally {
      await race.close();
    }
  });

  it('that were cut off in the middle are ended by the next control plane', async () => {
    const ground = await openRegionGround();
    try {
      const first = await ground.start();
      const host = first.facts().registryHost;
      const settings = async () => {
        const record = await ground.container('registry');
        return record !== 'absent' && record.labels['cloud.patr.settings'];
      };
      const serving = await settings();
      const begun = Promise.withResolvers<void>();
      const killed = Promise.withResolvers<void>();
      const work = async (): Promise<void> => {
        begun.resolve();
        await killed.promise;
      };
      const collecting = first.whileReadOnly(work, { signal: new AbortController().signal });
      await begun.promise;
      assert.notEqual(await settings(), serving);
      // One that is killed repairs nothing any more.
      await first.stop();
      const left = collectorName(ground.name, 'collector');
      await ground.engine.createContainer(
        aContainer({ name: left, labels: labelsOf(ground.name, 'collector') }),
      );
      const second = await ground.start();
      assert.equal(await settings(), serving);
      assert.equal(second.facts().registryHost, host);
      assert.equal(await ground.engine.inspectContainer(left), 'absent');
      killed.resolve();
      await collecting;
    } finally {
      await ground.close();
    }
  });
});
