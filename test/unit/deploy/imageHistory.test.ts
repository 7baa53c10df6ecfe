import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { NotOffered } from '../../../src/client/errors.ts';
import { openServer } from '../../../src/client/server.ts';
import { readPastImages, revertToImage } from '../../../src/deploy/imageHistory.ts';
import type { Target } from '../../../src/deploy/target.ts';
import { readFacts } from '../../../src/extension/manage/facts.ts';
import { isProblem } from '../../../src/protocol/problems.ts';
import { parseTimestamp } from '../../../src/protocol/wire.ts';
import { digestOf } from '../../support/fakeRegistry.ts';
import { startCurrent } from '../../support/patr/current.ts';
import { addRow } from '../../support/patr/deployments.ts';
import type { PatrDouble } from '../../support/patr/double.ts';
import { startLegacy } from '../../support/patr/legacy.ts';
import { hasRun, startRewrite } from '../../support/patr/rewrite.ts';
import type { Row } from '../../support/patr/world.ts';

/** What each generation can tell of an image's tags, and whether it goes back to one. */
const generations = {
  legacy: { start: startLegacy, tags: ['latest'], reverts: true },
  rewrite: { start: startRewrite, tags: [], reverts: false },
  current: { start: startCurrent, tags: ['latest'], reverts: true },
} as const;

for (const [generation, { start, tags, reverts }] of Object.entries(generations)) {
  describe(`the images that a deployment has run, on Patr's ${generation} generation`, () => {
    let double: PatrDouble;
    let target: Target;
    let row: Row;

    beforeEach(async () => {
      double = await start();
      const { world, url } = double;
      const repository = { id: world.id(), name: 'shop', tags: new Map<string, string>() };
      world.repositories.push(repository);
      world.push(repository, 'latest', digestOf(2));
      row = addRow(world, 'shop', {
        source: { registry: 'registry.patr.cloud', repositoryId: repository.id },
      });
      hasRun(world, row.id, [digestOf(1), digestOf(2)]);
      const server = await openServer({
        url,
        token: world.token,
        fetch,
        userAgent: 'test',
        clock: systemClock,
        chance: () => 0,
        timeoutMs: 20_000,
      });
      target = { ...server, workspaceId: world.workspaceId, token: world.token };
    });
    afterEach(() => double.stop());

    const read = async (most = 50) => {
      const params = { workspaceId: target.workspaceId, deploymentId: row.id };
      return readPastImages(target, await target.api.getDeployment({ params }), most);
    };
    const historyOf = async (id: string) => {
      const facts = await readFacts(target, id, {});
      assert.ok(facts !== 'gone');
      assert.equal(facts.releases, undefined, 'what only our control plane knows is not made up');
      return facts.imageHistory;
    };
    /** A region that has deployed what was asked for by the time that it is looked at again. */
    const tools = () => ({
      clock: { ...systemClock, sleep: async () => void (row.status = 'running') },
      chance: () => 0,
      report: { progress: () => undefined, output: () => undefined },
    });

    it('are told newest first, each with when it was deployed and the tags that mean it now', async () => {
      const images = await read();
      assert.deepEqual(
        images.map((image) => [image.digest, image.tags]),
        [
          [digestOf(2), tags],
          [digestOf(1), []],
        ],
      );
      assert.ok(images.every(({ created }) => parseTimestamp(created) !== undefined));
    });

    it('are as many as were asked for, the newest ones', async () => {
      const all = Array.from({ length: 40 }, (_, number) => digestOf(300 + number));
      hasRun(double.world, row.id, all);
      assert.deepEqual(
        (await read(30)).map(({ digest }) => digest),
        all.toReversed().slice(0, 30),
      );
    });

    it('are in the panel, with the one that is live and what can be gone back to', async () => {
      row.currentLiveDigest = digestOf(2);
      const shown = await historyOf(row.id);
      assert.equal(shown?.reverts, reverts);
      assert.deepEqual(
        shown.images.map(({ digest, live, canRevert }) => [digest, live, canRevert]),
        [
          [digestOf(2), true, false],
          [digestOf(1), false, reverts],
        ],
      );
    });

    it('are none of another registry, and the panel says why', async () => {
      const foreign = addRow(double.world, 'gateway');
      const shown = await historyOf(foreign.id);
      assert.deepEqual(shown?.images, []);
      assert.equal(shown.noneWords, 'This server keeps no history of images from docker.io');
    });

    it('are gone back to where the server can, and it is waited until the image runs', async () => {
      row.currentLiveDigest = digestOf(2);
      const going = revertToImage(target, row.id, digestOf(1), tools());
      if (!reverts) return assert.rejects(going, NotOffered);
      const verdict = await going;
      assert.equal(verdict.kind, 'serving');
      assert.equal(row.currentLiveDigest, digestOf(1));
      assert.deepEqual(
        (await read()).map(({ digest }) => digest),
        [digestOf(2), digestOf(1)],
        'what is gone back to gets no new entry',
      );
    });

    if (reverts)
      it('are refused by the server where it has never run them', async () => {
        const going = revertToImage(target, row.id, digestOf(9), tools());
        await assert.rejects(going, (error) => isProblem(error, 'resourceDoesNotExist'));
        assert.equal(row.status, 'running');
      });
  });
}
