import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedConfig } from '../../src/control-plane/executors/configFolder.ts';
import { DockerExecutor } from '../../src/control-plane/executors/dockerExecutor.ts';
import type { Executor, InstanceSpec } from '../../src/control-plane/executors/executor.ts';
import { findContainer, kernelSample, ownKernel } from '../../src/control-plane/executors/kernelUsage.ts';
import { label } from '../../src/control-plane/labels.ts';
import { buildImage } from '../../src/image/buildImage.ts';
import { aContainer, openTestEngine, testImages } from '../support/engine.ts';
import { FakeExecutor } from '../support/fakeExecutor.ts';
import { aRecord } from '../support/remains.ts';
import { tarFiles } from '../support/tarFiles.ts';

/** An executor and what a test needs around it. */
interface Ground {
  readonly executor: Executor;
  /** An image of an application that runs until it is told to end. */
  readonly image: string;
  /** Writes a file into the volume that an instance has at a path. */
  write(instanceId: string, path: string, file: string, text: string): Promise<void>;
  /** Ends an instance by force, as the kernel does: exit code 137. */
  kill(instanceId: string): Promise<void>;
  close(): Promise<void>;
}

const app = join(import.meta.dirname, '../fixtures/page-app');
const [one, two] = ['a'.repeat(32), 'b'.repeat(32)];
const volumeId = 'c'.repeat(32);

async function dockerGround(): Promise<Ground> {
  const test = await openTestEngine();
  const { engine, prefix } = test;
  const region = prefix.slice(-8);
  const image = `${prefix}/page:1`;
  const wanted = { tags: [image], labels: test.labels, buildArguments: { BASE: testImages().busybox } };
  for await (const step of buildImage(engine, { folder: app, dockerfile: 'Dockerfile', ...wanted }))
    void step;
  const here = await mkdtemp(join(tmpdir(), 'patr-config-'));
  const shared = { here, onEngine: here, mount: () => assert.fail('it is bound by its path') };
  const config = sharedConfig(shared, { now: () => Date.now(), ids: () => randomUUID() });
  const executor = new DockerExecutor({
    engine,
    region,
    pool: '10.214.0.0/16',
    node: () => 'here',
    config: () => config,
    registryAuth: () => undefined,
    attach: () => Promise.resolve(),
    detach: () => Promise.resolve(),
    beforeRemoval: () => Promise.resolve(),
    toolImage: undefined,
    kernel: ownKernel,
    helperImage: testImages().edge,
  });
  return {
    executor,
    image,
    async write(instanceId, path, file, text) {
      const labels = { [label.region]: region, [label.instance]: instanceId };
      const [container] = await engine.listContainers({ labels });
      const command = ['sh', '-c', 'printf %s "$0" > "$1"', text, `${path}/${file}`];
      assert.equal((await engine.exec(container!.id, command)).exitCode, 0);
    },
    async kill(instanceId) {
      const labels = { [label.region]: region, [label.instance]: instanceId };
      const [container] = await engine.listContainers({ labels });
      await engine.killContainer(container!.id, 'SIGKILL');
    },
    async close() {
      const labels = { [label.region]: region };
      for (const { id } of await engine.listContainers({ labels }))
        await engine.removeContainer(id, { volumes: true });
      for (const { id } of await engine.listNetworks({ labels })) await engine.removeNetwork(id);
      for (const { name } of await engine.listVolumes({ labels })) await engine.removeVolume(name);
      await test.close();
      await rm(here, { recursive: true, force: true });
    },
  };
}

function fakeGround(): Promise<Ground> {
  const executor = new FakeExecutor(() => Date.now());
  executor.images.add('page:1');
  return Promise.resolve({
    executor,
    image: 'page:1',
    async write(instanceId, _, file, text) {
      const { ordinal } = (await executor.observe(undefined)).find(({ id }) => id === instanceId)!;
      const volumes = await executor.listVolumes(one);
      const { name } = volumes.find((volume) => volume.ordinal === ordinal)!;
      executor.data.set(name, { ...executor.data.get(name), [file]: text });
    },
    kill: (instanceId) => Promise.resolve(executor.end(instanceId, 137)),
    close: () => Promise.resolve(),
  });
}

describeExecutor('docker', dockerGround);
describeExecutor('fake', fakeGround);

/** What rollouts count on, whatever runs the containers. */
function describeExecutor(name: string, open: () => Promise<Ground>): void {
  describe(`an executor: ${name}`, function () {
    this.timeout(60_000);
    let ground: Ground;
    let executor: Executor;
    let last = 0;

    before(async () => {
      ground = await open();
      ({ executor } = ground);
    });
    after(() => ground.close());
    afterEach(async () => {
      for (const { id } of await executor.observe(undefined)) await executor.remove(id, 1);
      for (const id of [one, two]) {
        for (const volume of await executor.listVolumes(id)) await executor.removeVolume(volume);
        await executor.removeSurroundings(id);
      }
    });

    const anInstance = (changes: Partial<InstanceSpec> = {}): InstanceSpec => ({
      instanceId: (++last).toString(16).padStart(12, '0'),
      deploymentId: one,
      deploymentName: 'page one',
      workspaceId: 'd'.repeat(32),
      releaseId: 'e'.repeat(32),
      releaseNumber: 3,
      ordinal: 0,
      restarts: 0,
      image: ground.image,
      environment: { VERSION: '1' },
      cpus: 1,
      memoryBytes: 100_000_000,
      hasConfig: false,
      volumes: {},
      published: [],
      volumeFacts: {},
      record: aRecord(),
      ...changes,
    });

    /** Asks until it is so; the suite's timeout ends what never is. */
    async function until(question: () => Promise<boolean>): Promise<void> {
      while (!(await question())) await new Promise((resolve) => setTimeout(resolve, 20));
    }

    it('runs an instance once, however often it is asked to, and shows it with what it was made for', async () => {
      const spec = anInstance({ ordinal: 2, restarts: 1 });
      assert.deepEqual(await executor.run(spec), { kind: 'running' });
      assert.deepEqual(await executor.run(spec), { kind: 'running' });
      const [seen, ...more] = await executor.observe(one);
      assert.equal(more.length, 0);
      const { id, deploymentId, releaseId, releaseNumber, ordinal, restarts, state } = seen!;
      assert.deepEqual(
        { id, deploymentId, releaseId, releaseNumber, ordinal, restarts, state },
        {
          id: spec.instanceId,
          deploymentId: one,
          releaseId: spec.releaseId,
          releaseNumber: 3,
          ordinal: 2,
          restarts: 1,
          state: 'running',
        },
      );
      assert.match(seen!.address ?? '', /^\d+\.\d+\.\d+\.\d+$/);
      assert.ok(seen!.startedAt !== undefined && seen!.finishedAt === undefined);
    });

    it('tells deployments apart', async () => {
      await executor.run(anInstance());
      await executor.run(anInstance({ deploymentId: two }));
      assert.equal((await executor.observe(one)).length, 1);
      assert.equal((await executor.observe(undefined)).length, 2);
      assert.deepEqual(Array.from((await executor.summary()).keys()).toSorted(), [one, two]);
    });

    it('tells what every running instance has used, of one deployment and of all', async () => {
      const [mine, other] = [anInstance(), anInstance({ deploymentId: two, deploymentName: 'page two' })];
      await executor.run(mine);
      await executor.run(other);
      const all = await executor.allUsageTotals();
      const own = await executor.usageTotals(one);
      assert.deepEqual(Array.from(own.keys()), [mine.instanceId]);
      assert.deepEqual(Array.from(all.get(two)?.keys() ?? []), [other.instanceId]);
      const [first, later] = [all.get(one)?.get(mine.instanceId), own.get(mine.instanceId)];
      assert.ok(first !== undefined && later !== undefined);
      assert.ok(later.at >= first.at && later.nanoseconds >= first.nanoseconds);
    });

    it('removes an instance, and has nothing against one that is gone', async () => {
      const spec = anInstance();
      await executor.run(spec);
      await executor.remove(spec.instanceId, 5);
      await executor.remove(spec.instanceId, 5);
      assert.deepEqual(await executor.observe(one), []);
      assert.deepEqual(await executor.lastLines(spec.instanceId, 5), []);
    });

    it('shows that one has ended, with which code, and its summary changes', async () => {
      const spec = anInstance();
      await executor.run(spec);
      const before = (await executor.summary()).get(one);
      await ground.kill(spec.instanceId);
      await until(async () => (await executor.observe(one))[0]?.state === 'exited');
      const [seen] = await executor.observe(one);
      assert.equal(seen!.exitCode, 137);
      assert.ok(seen!.finishedAt !== undefined && seen!.finishedAt >= seen!.startedAt!);
      assert.notEqual((await executor.summary()).get(one), before);
      assert.deepEqual(await executor.listening(spec.instanceId), []);
    });

    it('tells when something happens to an instance, until the signal', async () => {
      const told: string[] = [];
      const stop = new AbortController();
      const watching = executor.watch((id) => told.push(id), stop);
      const spec = anInstance();
      // The subscription may come into force a moment after it was asked for.
      await until(async () => {
        await executor.run(spec);
        await executor.remove(spec.instanceId, 5);
        return told.includes(one);
      });
      stop.abort();
      await watching.catch((error: unknown) => assert.ok(stop.signal.aborted, String(error)));
    });

    it('tells how much is in volumes, and gives them as one archive', async () => {
      const volumes = { [volumeId]: '/data' };
      for (const ordinal of [0, 1]) {
        const spec = anInstance({ volumes, ordinal });
        await executor.run(spec);
        await ground.write(spec.instanceId, '/data', 'note.txt', `of ${ordinal}`);
      }
      const all = await executor.listVolumes(one);
      const sizes = await executor.volumeSizes(all);
      assert.ok(all.every(({ name }) => (sizes.get(name) ?? 0) >= 4));
      const archived = all.map((volume) => ({ volume, folder: `uploads-${volume.ordinal}` }));
      assert.deepEqual(await tarFiles(await executor.archiveVolumes(archived)), {
        'volumes/uploads-0/note.txt': 'of 0',
        'volumes/uploads-1/note.txt': 'of 1',
      });
    });

    it('lets volumes go once nobody reads their archive any more', async () => {
      const spec = anInstance({ volumes: { [volumeId]: '/data' } });
      await executor.run(spec);
      const [volume] = await executor.listVolumes(one);
      await executor.remove(spec.instanceId, 1);
      const archive = await executor.archiveVolumes([{ volume: volume!, folder: 'data-0' }]);
      archive.destroy();
      await until(async () =>
        executor.removeVolume(volume!).then(
          () => true,
          () => false,
        ),
      );
    });

    it('gives each slot volumes of its own, keeps them, and removes none that is used', async () => {
      const volumes = { [volumeId]: '/data' };
      const spec = anInstance({ volumes });
      await executor.run(spec);
      await executor.run(anInstance({ volumes, ordinal: 1 }));
      const listed = await executor.listVolumes(one);
      const own = listed.map(({ ordinal, ...rest }) => ({ ordinal, volumeId: rest.volumeId }));
      assert.deepEqual(
        own.toSorted((a, b) => a.ordinal - b.ordinal),
        [
          { ordinal: 0, volumeId },
          { ordinal: 1, volumeId },
        ],
      );
      const mine = listed.find(({ ordinal }) => ordinal === 0)!;
      await assert.rejects(executor.removeVolume(mine), /still used/);
      await executor.remove(spec.instanceId, 5);
      assert.equal((await executor.listVolumes(one)).length, 2);
      await executor.removeVolume(mine);
      assert.equal((await executor.listVolumes(one)).length, 1);
    });

    it('finds what is left of deployments that nobody knows', async () => {
      await executor.run(anInstance());
      assert.deepEqual(await executor.strays(new Set()), [one]);
      assert.deepEqual(await executor.strays(new Set([one])), []);
      for (const { id } of await executor.observe(one)) await executor.remove(id, 5);
      // Its network is still there.
      assert.deepEqual(await executor.strays(new Set()), [one]);
      await executor.removeSurroundings(one);
      assert.deepEqual(await executor.strays(new Set()), []);
    });

    it('tells what is left of a deployment without any state, and what it belongs to', async () => {
      const record = aRecord({ variables: ['VERSION'], volumes: { [volumeId]: '/data' } });
      const facts = { name: 'the data', size: 3 };
      const spec = anInstance({
        ordinal: 1,
        record,
        volumes: record.volumes,
        volumeFacts: { [volumeId]: facts },
      });
      await executor.run(spec);
      const { instances, volumes, config } = await executor.remains(one);
      const [left] = instances;
      assert.equal(instances.length, 1);
      assert.deepEqual(left?.record, record);
      assert.equal(left?.environment['VERSION'], '1');
      assert.deepEqual([left?.releaseId, left?.ordinal, left?.running], [spec.releaseId, 1, true]);
      assert.deepEqual(
        volumes.map(({ ordinal, ...volume }) => [ordinal, volume.facts]),
        [[1, facts]],
      );
      assert.equal(config, undefined);
      const { workspaceId } = spec;
      const belongs = { workspaceId, regionId: record.regionId, repository: undefined };
      assert.deepEqual(await executor.identities(), [belongs]);
      assert.deepEqual((await executor.remains(two)).instances, []);
    });

    it('shows instances the newest config mounts while they run, and those that have none show none', async () => {
      const config = (generation: number, text: string) => ({
        generation,
        files: new Map([['app.toml', Buffer.from(text)]]),
      });
      await executor.putConfig(one, config(1, 'first'));
      const [having, without] = [anInstance({ hasConfig: true }), anInstance({ ordinal: 1 })];
      await executor.run(having);
      await executor.run(without);
      const seen = async (): Promise<unknown> => {
        const all = await executor.configSeen(one);
        return [all.get(having.instanceId), all.get(without.instanceId), all.size];
      };
      assert.deepEqual(await seen(), [1, undefined, 2]);
      await executor.putConfig(one, config(2, 'second'));
      await executor.putConfig(one, config(2, 'second'));
      assert.deepEqual(await seen(), [2, undefined, 2]);
      assert.deepEqual((await executor.remains(one)).config, config(2, 'second'));
      assert.equal(await executor.signal(having.instanceId, 'SIGUSR1'), 'sent');
      await executor.remove(having.instanceId, 1);
      assert.equal(await executor.signal(having.instanceId, 'SIGUSR1'), 'absent');
      await executor.remove(without.instanceId, 1);
      await executor.removeSurroundings(one);
      assert.equal((await executor.remains(one)).config, undefined);
    });

    it('says why an image cannot be had, and leaves nothing of what cannot run', async () => {
      const repository = '127.0.0.1:9/none/nothing';
      const outcome = await executor.ensureImage({ repository, tag: '1', digest: undefined, own: false });
      assert.ok(outcome.kind === 'failed' && outcome.reason.message.includes(repository));
      const ran = await executor.run(anInstance({ image: `${repository}:1` }));
      assert.ok(ran.kind === 'failed' && ran.reason.message !== '');
      assert.deepEqual(await executor.observe(one), []);
    });
  });
}

describe("what the kernel's files tell of a container", () => {
  it('is what the engine tells of it', async () => {
    const test = await openTestEngine();
    const { engine, labels, prefix } = test;
    try {
      const limits = { memoryBytes: 64_000_000, nanoCpus: 500_000_000 };
      const made = await engine.createContainer(
        aContainer({ name: `${prefix}-kernel`, labels, network: 'bridge', ...limits }),
      );
      assert.ok(typeof made === 'object');
      await engine.startContainer(made.id);
      const record = await engine.inspectContainer(made.id);
      assert.ok(record !== 'absent' && record.pid !== undefined);
      const container = findContainer(ownKernel, made.id, record.pid);
      assert.ok(container, 'the files are not where they are looked for');
      const before = await engine.stats(made.id);
      const told = kernelSample(ownKernel, container, Date.now());
      const after = await engine.stats(made.id);
      assert.ok(before !== 'absent' && told !== undefined && after !== 'absent');
      for (const name of ['cpuNanoseconds', 'receivedBytes', 'sentBytes'] as const) {
        const [least = NaN, value = NaN, most = NaN] = [before[name], told[name], after[name]];
        assert.ok(least <= value && value <= most, `${name}: ${least}, ${value}, ${most}`);
      }
      assert.equal(told.memoryLimitBytes, before.memoryLimitBytes);
      assert.ok(Math.abs((told.memoryBytes ?? NaN) - (before.memoryBytes ?? NaN)) < 8_000_000);
      await engine.removeContainer(made.id);
      assert.equal(kernelSample(ownKernel, container, Date.now()), undefined);
    } finally {
      await test.close();
    }
  });
});
