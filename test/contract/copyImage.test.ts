import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { copyImage, type CopyUpdate } from '../../src/client/registry/copyImage.ts';
import { isRegistryError } from '../../src/client/registry/registryError.ts';
import type { RegistryPlace } from '../../src/client/registry/registryPlace.ts';
import { blobIn, manifestIn, placeIndex } from '../support/images.ts';
import { PatrSite } from '../support/patr/site.ts';
import { startPlainRegistry, type PlainRegistry } from '../support/plainRegistry.ts';

/** Waits of a test are none, so that a layer is tried again at once. */
const clock = {
  now: () => Date.now(),
  sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(0, signal),
};

describe('an image copied from registry to registry', () => {
  let here: PlainRegistry;
  let site: PatrSite;

  before(async () => {
    [here, site] = await Promise.all([startPlainRegistry(), PatrSite.start('current')]);
  });
  after(async () => {
    await Promise.all([here?.close(), site?.stop()]);
  });
  beforeEach(() => {
    site.cut = () => false;
    site.seen.splice(0);
  });

  const from = (path: string): RegistryPlace => ({ host: here.host, path, fetch, userAgent: 'test' });
  const to = (name: string, token = site.world.token): RegistryPlace => {
    if (!site.world.repositories.some((one) => one.name === name))
      site.world.repositories.push({ id: site.world.id(), name, tags: new Map() });
    const login = { username: 'patr', password: token };
    return { host: site.host, path: `${site.world.workspaceId}/${name}`, login, fetch, userAgent: 'test' };
  };
  const copy = async (
    source: RegistryPlace,
    target: RegistryPlace,
    reference: string,
    signal?: AbortSignal,
  ): Promise<CopyUpdate[]> =>
    Array.fromAsync(
      copyImage(
        source,
        target,
        { reference, tag: 'v1' },
        { clock, ...(signal === undefined ? {} : { signal }) },
      ),
    );
  const sent = (line: RegExp): number => site.seen.filter((one) => line.test(one)).length;

  it('is the same to the byte, with all its platforms, layers larger than a piece, and empty ones', async () => {
    const image = await placeIndex(here.host, 'team/big', 'v1', [8_500_000, 3, 0]);
    const target = to('big');
    const updates = await copy(from('team/big'), target, image.digest);
    assert.deepEqual(updates.at(-1), { kind: 'copied', digest: image.digest });
    assert.equal(await manifestIn(site.behind, target.path, 'v1'), image.digest);
    for (const digest of image.manifests)
      assert.equal(await manifestIn(site.behind, target.path, digest), digest);
    for (const digest of image.blobs) assert.equal(await blobIn(site.behind, target.path, digest), digest);
    const shares = updates.flatMap((one) => (one.kind === 'progress' ? [one.share] : []));
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
    assert.equal(shares.at(-1), 1);
  });

  it('goes on from the layers that are there after it broke off for good', async () => {
    const image = await placeIndex(here.host, 'team/half', 'v1', [50_000, 60_000]);
    const target = to('half');
    // Everything after the third layer is cut.
    site.cut = (line) => line.startsWith('PUT') && sent(/^PUT .*uploads.* 201$/) >= 3;
    await assert.rejects(copy(from('team/half'), target, 'v1'), (error) =>
      isRegistryError(error, 'unreachable'),
    );
    assert.equal(await manifestIn(site.behind, target.path, 'v1'), undefined);
    site.cut = () => false;
    site.seen.splice(0);
    const updates = await copy(from('team/half'), target, 'v1');
    const last = updates.findLast((one) => one.kind === 'progress');
    assert.equal(last?.kind === 'progress' && last.alreadyThere, 3);
    assert.equal(sent(/^PUT .*uploads/), 3);
    assert.equal(await manifestIn(site.behind, target.path, 'v1'), image.digest);
  });

  it('sends a layer again that broke off once', async () => {
    const image = await placeIndex(here.host, 'team/once', 'v1', [70_000]);
    const target = to('once');
    let cuts = 0;
    site.cut = (line) => line.startsWith('PUT') && line.includes('uploads') && ++cuts === 2;
    const updates = await copy(from('team/once'), target, 'v1');
    assert.equal(updates.filter(({ kind }) => kind === 'again').length, 1);
    assert.equal(await manifestIn(site.behind, target.path, 'v1'), image.digest);
  });

  it('asks again where a registry is away for a moment', async () => {
    const image = await placeIndex(here.host, 'team/away', 'v1', [1000]);
    const target = to('away');
    let cuts = 0;
    site.cut = (line) => /^HEAD|manifests/.test(line) && ++cuts % 2 === 1;
    await copy(from('team/away'), target, 'v1');
    assert.ok(cuts > 6);
    assert.equal(await manifestIn(site.behind, target.path, 'v1'), image.digest);
  });

  it('asks nobody under a name that leads elsewhere', async () => {
    for (const place of [
      { ...from('team/web'), path: '../../admin' },
      { ...from('team/web'), host: 'user@elsewhere.example.com' },
      { ...from('team/web'), host: `${here.host}/v2/x?` },
    ])
      await assert.rejects(copy(place, to('odd'), 'v1'), (error) => isRegistryError(error, 'refused'));
    assert.deepEqual(site.seen, []);
  });

  it('stops when it is told to, and leaves no upload open', async () => {
    await placeIndex(here.host, 'team/stop', 'v1', [9_000_000]);
    const left = new AbortController();
    const target = to('stop');
    site.cut = (line) => {
      if (line.startsWith('PATCH')) left.abort();
      return false;
    };
    await assert.rejects(copy(from('team/stop'), target, 'v1', left.signal), { name: 'AbortError' });
    const [given] = site.seen.flatMap((line) => /^DELETE (\S*uploads\S*) /.exec(line)?.[1] ?? []);
    assert.ok(given !== undefined, site.seen.join('\n'));
    assert.equal((await fetch(`http://${site.behind}${given}`)).status, 404);
    assert.equal(await manifestIn(site.behind, target.path, 'v1'), undefined);
  });

  it('mounts layers where both repositories are in one registry', async () => {
    const image = await placeIndex(here.host, 'team/near', 'v1', [80_000]);
    const first = to('near');
    await copy(from('team/near'), first, 'v1');
    site.seen.splice(0);
    const second = to('nearer');
    await copy(first, second, image.digest);
    assert.equal(await manifestIn(site.behind, second.path, 'v1'), image.digest);
    assert.deepEqual([sent(/^GET .*blobs/), sent(/^PUT .*uploads/)], [0, 0]);
  });

  it('says who does not let in, and what is not there', async () => {
    await assert.rejects(copy(from('team/none'), to('none'), 'v1'), (error) =>
      isRegistryError(error, 'notFound'),
    );
    await placeIndex(here.host, 'team/denied', 'v1', [10]);
    const stranger = to('denied', `patrv1.${'0'.repeat(32)}.${'0'.repeat(32)}`);
    await assert.rejects(copy(from('team/denied'), stranger, 'v1'), (error) => {
      assert.ok(isRegistryError(error, 'denied'));
      assert.match(error.message, /connect again/);
      assert.ok(!error.message.includes('patrv1'));
      return true;
    });
    const unknown = { ...to('denied'), path: `${site.world.workspaceId}/nobody` };
    await assert.rejects(copy(from('team/denied'), unknown, 'v1'), /does not have/);
  });
});
