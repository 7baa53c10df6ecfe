import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { openServer } from '../../src/client/server.ts';
import { listen } from '../../src/control-plane/server.ts';
import { CopyEnded, copyDeployment, type CopyTools } from '../../src/deploy/copy.ts';
import { copyDestination, readCopyOrigin, type CopyPlace } from '../../src/deploy/copyOrigin.ts';
import { planCopy, type CopyPlan } from '../../src/deploy/copyPlan.ts';
import type { Engine, RegistryAuth } from '../../src/docker/engine.ts';
import { create } from '../../src/deploy/create.ts';
import type { Choice, Target } from '../../src/deploy/target.ts';
import { readChoices } from '../../src/extension/create/choices.ts';
import { patrRegistry, type DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { testControlPlane } from '../support/controlPlane.ts';
import { manifestIn, placeIndex, type PlacedImage } from '../support/images.ts';
import { startCurrent } from '../support/patr/current.ts';
import { startRewrite } from '../support/patr/rewrite.ts';
import { PatrSite } from '../support/patr/site.ts';
import { startPlainRegistry, type PlainRegistry } from '../support/plainRegistry.ts';

const clock = {
  now: () => Date.now(),
  sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(0, signal),
};
const anything = { 'app.toml': Buffer.from('port = 8080\n').toString('base64') };

/** A place, what is behind it, and how it is taken away. */
interface Opened {
  readonly place: CopyPlace;
  close(): Promise<void>;
}

async function targetOf(url: string, token: string): Promise<Target> {
  const ways = { fetch, userAgent: 'patr-deployments/test', clock: systemClock, chance: () => 0 };
  const server = await openServer({ url, token, ...ways, timeoutMs: 20_000 });
  const { workspaces } = await server.api.listWorkspaces();
  return { ...server, workspaceId: workspaces[0]!.id, token };
}

/** Our control plane's API, with a registry of its own that lets everybody in. */
async function openLocal(registry: PlainRegistry): Promise<Opened> {
  const plane = testControlPlane();
  const server = await listen((request) => plane.app.fetch(request), { host: '127.0.0.1', port: 0 });
  const target = await targetOf(`http://127.0.0.1:${server.port}`, plane.token);
  const { backend } = target;
  const own = { ...backend, registry: { ...backend.registry, host: registry.host } };
  return {
    place: { target: { ...target, backend: own }, label: 'Local', isLocal: true },
    async close() {
      plane.stopping.abort();
      await server.close();
      plane.dispose();
    },
  };
}

describe('a deployment copied to another server', () => {
  let registry: PlainRegistry;
  let local: Opened;
  let site: PatrSite | undefined;

  before(async () => {
    registry = await startPlainRegistry();
  });
  after(() => registry?.close());
  beforeEach(async () => {
    local = await openLocal(registry);
  });
  afterEach(async () => {
    await local.close();
    await site?.stop();
    site = undefined;
  });

  const startSite = async (generation: 'legacy' | 'current'): Promise<CopyPlace> => {
    site = await PatrSite.start(generation);
    return { target: await targetOf(site.url, site.world.token), label: 'acme', isLocal: false };
  };
  const toolsWith = (changes: Partial<CopyTools> = {}): CopyTools => ({
    clock,
    report: { progress: () => undefined, output: () => undefined },
    engine: () => Promise.resolve(undefined),
    ...changes,
  });
  const note = (): void => undefined;

  /** A deployment with something in every field, whose image is in the registry of its server. */
  async function original({ target }: CopyPlace, host: string): Promise<{ id: string; image: PlacedImage }> {
    const { api, workspaceId } = target;
    const params = { workspaceId };
    const repository = await api.createRepository({ params, body: { name: 'shop' } });
    const image = await placeIndex(host, `${workspaceId}/shop`, 'v1', [2000]);
    const { runners } = await api.listRunners({ params });
    const { machineTypes } = await api.listMachineTypes({ params });
    const secret = await api.createSecret({ params, body: { name: 'db-password', value: 'hidden' } });
    const choice: Choice = {
      name: 'web shop',
      regionId: runners[0]!.id,
      ports: [8080],
      details: {
        imageTag: 'v1',
        machineType: machineTypes[0]!.id,
        deployOnPush: true,
        deployOnCreate: true,
        minHorizontalScale: 2,
        maxHorizontalScale: 3,
        ports: { 8080: 'http', 9000: 'http' },
        environmentVariables: { MODE: 'prod', DB: { fromSecret: secret.id } },
        startupProbe: { port: 8080, path: '/up' },
        livenessProbe: { port: 9000, path: '/live' },
        configMounts: anything,
        volumes: {},
        newVolumes: [],
      },
    };
    const from = { registry: patrRegistry, repositoryId: repository.id } as const;
    return { id: await create(target, choice, from, { clock, note }), image };
  }

  const plan = async (from: CopyPlace, id: string, to: CopyPlace): Promise<CopyPlan> =>
    planCopy(await readCopyOrigin(from, id, {}), copyDestination(to, await readChoices(to.target, {}, {})));

  /** What a person submits who changes nothing but to choose the secret that is asked for. */
  async function choiceOf(
    { prefill }: CopyPlan,
    { target: { api, workspaceId } }: CopyPlace,
  ): Promise<Choice> {
    const variables = { ...prefill.environmentVariables };
    for (const name of prefill.wantedSecrets ?? []) {
      const body = { name: `${name} there`, value: 'typed by the person' };
      const { id } = await api.createSecret({ params: { workspaceId }, body });
      variables[name] = { fromSecret: id };
    }
    return {
      name: prefill.name!,
      regionId: prefill.runner!,
      ports: [],
      details: {
        imageTag: prefill.imageTag!,
        machineType: prefill.machineType!,
        deployOnPush: prefill.deployOnPush!,
        deployOnCreate: prefill.deployOnCreate!,
        minHorizontalScale: prefill.minHorizontalScale!,
        maxHorizontalScale: prefill.maxHorizontalScale!,
        ports: prefill.ports!,
        environmentVariables: variables,
        ...(prefill.startupProbe === undefined ? {} : { startupProbe: prefill.startupProbe }),
        ...(prefill.livenessProbe === undefined ? {} : { livenessProbe: prefill.livenessProbe }),
        configMounts: prefill.configMounts!,
        volumes: {},
        newVolumes: prefill.newVolumes ?? [],
      },
    };
  }

  const read = ({ target: { api, workspaceId } }: CopyPlace, deploymentId: string): Promise<DeploymentInfo> =>
    api.getDeployment({ params: { workspaceId, deploymentId } });

  async function sameThere(from: CopyPlace, id: string, to: CopyPlace, copyId: string): Promise<void> {
    const [one, other] = [await read(from, id), await read(to, copyId)];
    const fields = ['imageTag', 'deployOnPush', 'minHorizontalScale', 'maxHorizontalScale', 'ports'] as const;
    for (const field of [...fields, 'startupProbe', 'livenessProbe', 'configMounts'] as const)
      assert.deepEqual(other[field], one[field], field);
    assert.equal(other.environmentVariables['MODE'], 'prod');
    assert.notDeepEqual(other.environmentVariables['DB'], one.environmentVariables['DB']);
    assert.equal(typeof other.environmentVariables['DB'], 'object');
  }

  for (const generation of ['legacy', 'current'] as const) {
    it(`goes to Patr's ${generation} generation, image and configuration, and back again`, async () => {
      const to = await startSite(generation);
      const { id, image } = await original(local.place, registry.host);
      const planned = await plan(local.place, id, to);
      assert.equal(planned.image.kind, 'copied');
      const choice = await choiceOf(planned, to);
      const copyId = await copyDeployment(local.place, id, to, choice, toolsWith());
      await sameThere(local.place, id, to, copyId);
      const path = `${to.target.workspaceId}/web-shop`;
      for (const digest of image.manifests)
        assert.equal(await manifestIn(site!.behind, path, digest), digest);
      assert.equal(await manifestIn(site!.behind, path, 'v1'), image.digest);

      // And back, beside the original, whose name is taken.
      const home = await plan(to, copyId, local.place);
      assert.equal(home.prefill.name, 'web shop-2');
      const backId = await copyDeployment(
        to,
        copyId,
        local.place,
        await choiceOf(home, local.place),
        toolsWith(),
      );
      await sameThere(to, copyId, local.place, backId);
      const { workspaceId } = local.place.target;
      assert.equal(await manifestIn(registry.host, `${workspaceId}/web-shop-2`, 'v1'), image.digest);
    });
  }

  it('goes to the generation without a registry where its image is in another one', async () => {
    const double = await startRewrite();
    try {
      const to = { target: await targetOf(double.url, double.world.token), label: 'acme', isLocal: false };
      const { id } = await original(local.place, registry.host);
      const kept = await plan(local.place, id, to);
      assert.equal(kept.image.kind, 'none');
      // Its secrets are not kept there, and deploy on push has nothing to follow.
      const about = (kept.prefill.notes ?? []).map((one) => `${one.kind} ${one.about}`);
      for (const said of ['toDo registry', 'leftOut environmentVariables', 'leftOut deployOnPush'])
        assert.ok(about.includes(said), about.join('\n'));
      const choice = await choiceOf(kept, to);
      const image = { registry: 'ghcr.io', imageName: 'team/shop' };
      const copyId = await create(to.target, choice, image, { clock, note });
      const other = await read(to, copyId);
      assert.deepEqual(other.configMounts, anything);
      assert.deepEqual(other.environmentVariables, { MODE: 'prod' });
      assert.deepEqual(other.livenessProbe, { port: 9000, path: '/live' });
    } finally {
      await double.stop();
    }
  });

  it('says what stays after it broke off, makes nothing, and goes on from there', async () => {
    const to = await startSite('current');
    const { id, image } = await original(local.place, registry.host);
    const choice = await choiceOf(await plan(local.place, id, to), to);
    site!.cut = (line) => line.startsWith('PUT') && line.includes('/manifests/');
    await assert.rejects(copyDeployment(local.place, id, to, choice, toolsWith()), (error) => {
      assert.ok(error instanceof CopyEnded);
      assert.match(error.message, /stays in the repository web-shop of acme: another try goes on from there/);
      assert.equal(error.repository?.fresh, true);
      return true;
    });
    assert.deepEqual(site!.world.deployments, []);
    site!.cut = () => false;
    site!.seen.splice(0);
    const copyId = await copyDeployment(local.place, id, to, choice, toolsWith());
    assert.deepEqual(
      site!.seen.filter((line) => line.includes('uploads')),
      [],
    );
    assert.equal((await read(to, copyId)).currentLiveDigest, image.digest);
  });

  it('makes nothing when it is given up, and says what stays', async () => {
    const to = await startSite('current');
    const { id } = await original(local.place, registry.host);
    const choice = await choiceOf(await plan(local.place, id, to), to);
    const left = new AbortController();
    site!.cut = (line) => {
      if (line.includes('uploads')) left.abort();
      return false;
    };
    await assert.rejects(
      copyDeployment(local.place, id, to, choice, toolsWith({ signal: left.signal })),
      (error) =>
        error instanceof CopyEnded && error.cause instanceof Error && error.cause.name === 'AbortError',
    );
    assert.deepEqual(site!.world.deployments, []);
  });

  it('has the engine push an image that its registry has no more', async () => {
    const to = await startSite('current');
    const { id, image } = await original(local.place, registry.host);
    const { workspaceId } = local.place.target;
    const lost = `${registry.host}/${workspaceId}/shop`;
    const gone = await fetch(`http://${registry.host}/v2/${workspaceId}/shop/manifests/${image.digest}`, {
      method: 'DELETE',
    });
    assert.equal(gone.status, 202);
    const choice = await choiceOf(await plan(local.place, id, to), to);
    const done: string[] = [];
    const engine = (has: boolean): Engine =>
      ({
        inspectImage: async (name: string) => (has ? { id: name } : 'absent'),
        tagImage: async (from: string, tag: string) => void done.push(`${from} is ${tag}`),
        removeImage: async (tag: string) => void done.push(`${tag} goes`),
        async *push(tag: string, auth: RegistryAuth) {
          done.push(`${auth.username} pushes ${tag}`);
          yield { kind: 'pushed', tag: 'v1', digest: image.digest, size: 1 };
        },
      }) as unknown as Engine;
    const without = copyDeployment(
      local.place,
      id,
      to,
      choice,
      toolsWith({ engine: async () => engine(false) }),
    );
    await assert.rejects(without, /does not have the image/);
    assert.deepEqual([done, site!.world.deployments], [[], []]);
    await copyDeployment(local.place, id, to, choice, toolsWith({ engine: async () => engine(true) }));
    const tag = `${site!.host}/${to.target.workspaceId}/web-shop:v1`;
    assert.deepEqual(done, [`${lost}:v1 is ${tag}`, `patr pushes ${tag}`, `${tag} goes`]);
    assert.equal(site!.world.deployments.length, 1);
  });

  it('takes an image of a registry on this machine along', async () => {
    const to = await startSite('current');
    const { target } = local.place;
    const params = { workspaceId: target.workspaceId };
    const { runners } = await target.api.listRunners({ params });
    const image = await placeIndex(registry.host, 'mine/web', 'v2', [500]);
    const details = {
      imageTag: 'v2',
      machineType: (await target.api.listMachineTypes({ params })).machineTypes[0]!.id,
      deployOnPush: false,
      deployOnCreate: false,
      minHorizontalScale: 1,
      maxHorizontalScale: 1,
      ports: { 8080: 'http' as const },
      environmentVariables: {},
      configMounts: {},
      volumes: {},
      newVolumes: [],
    };
    const choice = { name: 'from here', regionId: runners[0]!.id, ports: [8080], details };
    const given = { registry: registry.host, imageName: 'mine/web' };
    const deploymentId = await create(target, choice, given, { clock, note });
    const planned = await plan(local.place, deploymentId, to);
    assert.equal(planned.image.kind, 'copied');
    await copyDeployment(local.place, deploymentId, to, await choiceOf(planned, to), toolsWith());
    const path = `${to.target.workspaceId}/from-here`;
    assert.equal(await manifestIn(site!.behind, path, 'v2'), image.digest);
  });

  it('does not push over an image of somebody else’s', async () => {
    const to = await startSite('current');
    const { id, image } = await original(local.place, registry.host);
    const theirs = {
      id: site!.world.id(),
      name: 'web-shop',
      tags: new Map([['v1', `sha256:${'9'.repeat(64)}`]]),
    };
    site!.world.repositories.push(theirs);
    const choice = await choiceOf(await plan(local.place, id, to), to);
    await copyDeployment(local.place, id, to, choice, toolsWith());
    assert.equal(theirs.tags.get('v1'), `sha256:${'9'.repeat(64)}`);
    const path = `${to.target.workspaceId}/web-shop-2`;
    assert.equal(await manifestIn(site!.behind, path, 'v1'), image.digest);
  });

  it('has volumes of the same size, empty, and says so', async () => {
    const double = await startCurrent();
    try {
      const to = { target: await targetOf(double.url, double.world.token), label: 'acme', isLocal: false };
      const { id } = await original(local.place, registry.host);
      const { api, workspaceId } = local.place.target;
      const volume = await api.createVolume({
        params: { workspaceId },
        body: { name: 'shop data', size: 7 },
      });
      const params = { workspaceId, deploymentId: id };
      await api.updateDeployment({ params, body: { volumes: { [volume.id]: '/data' } } });
      const { prefill } = await plan(local.place, id, to);
      assert.deepEqual(prefill.newVolumes, [{ name: 'shop data', size: 7, path: '/data' }]);
      const words = prefill.notes?.find(({ about }) => about === 'volumes')?.words ?? '';
      assert.match(words, /data in its volumes is not copied: shop data at \/data begins empty at acme/);
    } finally {
      await double.stop();
    }
  });
});
