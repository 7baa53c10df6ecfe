import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createImageDeployment } from '../../src/deploy/existingImage.ts';
import { previewRevert, revert, rollOutNewest } from '../../src/deploy/history.ts';
import { deploy, push } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { ReleaseInfo } from '../../src/protocol/shapes/release.ts';
import { ask, loadOn } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';
import { startOtherRegistry, type OtherRegistry } from '../support/otherRegistry.ts';

const sample = join(import.meta.dirname, '../fixtures/sample');

describe('the history of a deployment', function () {
  this.timeout(180_000);
  let region: TestRegion;
  let other: OtherRegistry;
  let target: Target;
  let regionId: string;
  let folder: string;
  let at: { readonly workspaceId: string; readonly deploymentId: string };
  let url: string;

  const quiet = { progress: () => undefined, output: () => undefined };
  const watching = { clock: systemClock, chance: Math.random, report: quiet };
  const tools = () => ({
    engine: region.engine,
    clock: systemClock,
    chance: Math.random,
    tell: () => undefined,
  });
  const source = () => ({ folder, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } });

  async function greet(greeting: string): Promise<void> {
    const file = join(folder, 'server.js');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/const greeting = .*;/, `const greeting = '${greeting}';`));
  }

  const releases = async (): Promise<readonly ReleaseInfo[]> =>
    (await target.api.listReleases({ params: at, query: {} })).releases;
  const bodyOf = async (address: string): Promise<string> => (await ask(address)).body;

  before(async () => {
    region = await openTestRegion('history', '0.0.71');
    folder = await mkdtemp(join(tmpdir(), 'patr-history-'));
    await cp(sample, folder, { recursive: true });
    const reached = await targetAt(await region.host.ensure(() => undefined));
    ({ target } = reached);
    regionId = reached.region.id;
    await greet('first');
    const made = await deploy(target, source(), { name: 'with history', regionId, ports: [8080] }, tools());
    assert.ok(made.kind === 'serving' && made.url !== undefined, JSON.stringify(made));
    at = { workspaceId: target.workspaceId, deploymentId: made.deploymentId };
    url = made.url;
    await greet('second');
    assert.equal((await push(target, source(), at.deploymentId, tools())).kind, 'serving');
    other = await startOtherRegistry();
  });
  after(async () => {
    await other?.close();
    const workspaces = target === undefined ? [] : [target.workspaceId];
    await region.host.remove();
    for (const { tags } of await region.engine.listImages({ labels: {} })) {
      const own = tags.filter((tag) => /^patr-control-plane:0\.0\.7[12]-/.test(tag));
      for (const tag of own) await region.engine.removeImage(tag);
    }
    await region.close(workspaces);
    await rm(folder, { recursive: true, force: true });
  });

  it('goes back under load without a failed request, and pushes wait then', async () => {
    const load = loadOn(url);
    await load.seen('second');
    const [, first] = await releases();
    const preview = await previewRevert(target, at.deploymentId, first!.id);
    assert.deepEqual(
      preview.differences.map(({ part }) => part),
      ['image'],
    );
    const verdict = await revert(target, at.deploymentId, first!, { parts: ['image'], preview }, watching);
    await load.seen('first');
    const report = await load.stop();
    assert.deepEqual(report.failures, []);
    assert.equal(verdict.kind, 'serving');
    const [newest] = await releases();
    assert.deepEqual(
      [newest?.number, newest?.cause, newest?.state, newest?.digest],
      [3, 'revert', 'live', first!.digest],
    );
    assert.ok(newest?.size !== undefined && newest.size > 0 && newest.tookMs !== undefined);
    assert.equal((await target.api.getDeployment({ params: at })).pushesPaused, true);
  });

  it('survives an upgrade of the control plane, and what is paused stays so', async () => {
    // The newest proof still counts while the version before it drains.
    const history = async () => (await releases()).map((release) => ({ ...release, proof: undefined }));
    const load = loadOn(url);
    const before = await history();
    const replaced = await controlPlaneId();
    ({ target } = await targetAt(await region.window({ version: '0.0.72' }).ensure(() => undefined)));
    assert.notEqual(await controlPlaneId(), replaced);
    assert.deepEqual(await history(), before);
    const { environmentVariables } = await target.api.getRelease({
      params: { ...at, releaseId: before[0]!.id },
    });
    assert.deepEqual(environmentVariables, {});
    assert.equal((await target.api.getDeployment({ params: at })).pushesPaused, true);
    assert.deepEqual((await load.stop()).failures, []);
  });

  it('offers what is pushed while pushes wait, and rolls it out when asked to', async () => {
    const { repository, tag } = await imageOf();
    const newer = `${target.backend.registry.host}/${target.workspaceId}/${repository}:${tag}`;
    await greet('third');
    const { build } = await import('../../src/deploy/image.ts');
    await build(region.engine, source(), { reference: newer, platform: undefined }, quiet, {});
    const { username } = target.backend.registry;
    const auth = { server: target.backend.registry.host, username, password: target.token };
    for await (const progress of region.engine.push(newer, auth)) void progress;
    const deadline = Date.now() + 60_000;
    while ((await target.api.getDeployment({ params: at })).newerImage === undefined) {
      assert.ok(Date.now() < deadline, 'The newer image is not offered.');
      await systemClock.sleep(50);
    }
    assert.match(await bodyOf(url), /first/);
    assert.equal((await rollOutNewest(target, at.deploymentId, watching)).kind, 'serving');
    assert.match(await bodyOf(url), /third/);
    const now = await target.api.getDeployment({ params: at });
    assert.deepEqual([now.pushesPaused, now.newerImage], [undefined, undefined]);
  });

  it('deploys an image of another registry with credentials that are kept', async () => {
    const { workspaceId } = target;
    const params = { workspaceId };
    const { repository, tag } = await imageOf();
    const built = `${target.backend.registry.host}/${workspaceId}/${repository}:${tag}`;
    const theirs = { registry: other.host, imageName: `${workspaceId}/web`, imageTag: 'v1' };
    await region.engine.tagImage(built, `${other.host}/${workspaceId}/web:v1`);
    for await (const progress of region.engine.push(`${other.host}/${workspaceId}/web:v1`, other.auth))
      void progress;
    const outcome = async (body: Parameters<typeof target.api.checkImage>[0]['body']) =>
      target.api.checkImage({ params, body });
    assert.equal((await outcome(theirs)).outcome, 'denied');
    const wrong = { ...other.login, password: 'guess' };
    assert.equal((await outcome({ ...theirs, credentials: wrong })).outcome, 'denied');
    await target.api.saveRegistry({ params, body: { registry: other.host, ...other.login } });
    assert.equal((await outcome({ ...theirs, imageTag: 'v9' })).outcome, 'notFound');
    const found = await outcome(theirs);
    assert.ok(found.outcome === 'found', JSON.stringify(found));
    assert.deepEqual(found.ports, { 8080: 'http' });
    await region.engine.removeImage(`${other.host}/${workspaceId}/web:v1`);
    const wanted = { ...theirs, name: 'of another registry', regionId, ports: [8080] };
    const { verdict } = await createImageDeployment(target, wanted, watching);
    assert.equal(verdict.kind, 'serving', JSON.stringify(verdict));
    const address = verdict.deployment.addresses?.[0]?.url;
    assert.match(await bodyOf(address!), /third/);
    const [release] = (
      await target.api.listReleases({
        params: { workspaceId, deploymentId: verdict.deployment.id },
        query: {},
      })
    ).releases;
    assert.deepEqual([release?.digest, release?.size], [found.digest, found.size]);
  });

  async function controlPlaneId(): Promise<string> {
    const record = await region.engine.inspectContainer(`patr-${region.name}-control-plane`);
    assert.ok(record !== 'absent');
    return record.id;
  }

  async function imageOf(): Promise<{ repository: string; tag: string }> {
    const info = await target.api.getDeployment({ params: at });
    assert.ok('repositoryId' in info);
    const params = { workspaceId: target.workspaceId, repositoryId: info.repositoryId };
    const { repository } = await target.api.getRepository({ params });
    return { repository: repository.name, tag: info.imageTag };
  }
});
