import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { keysFileName } from '../../src/control-plane/secrets/sealingKeys.ts';
import { openVaults } from '../../src/control-plane/secrets/vaults.ts';
import { openStore } from '../../src/control-plane/state/open.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { countingIds } from '../support/controlPlane.ts';
import { ask } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { clientFor, targetAt } from '../support/localRegion.ts';
import { startRegionProcess, type RegionProcess } from '../support/regionProcess.ts';

const run = promisify(execFile);
const ids = countingIds();
const onListenerError = (error: unknown): void => assert.fail(String(error));
const app = join(import.meta.dirname, '../fixtures/probe-app');
const planted = 'planted-3f9c1b7e-value';
const rotated = 'rotated-8d2a5c40-value';

const password = 'planted-c27e90d4-password';
/** A registry that nobody is at, so that every pull from it fails. */
const registry = '127.0.0.1:9';

/** A value as it is, and in Base64 at any offset. */
const tracesOf = (value: string): string[] => [
  value,
  ...[0, 1, 2].map((skip) => Buffer.from(value.slice(skip)).toString('base64').slice(0, 24)),
];
/** Of every secret value that there is; tokens join them when they are made. */
const traces = [planted, rotated, password].flatMap(tracesOf);
const tracesIn = (text: string): string[] => traces.filter((trace) => text.includes(trace));

describe('the value of a secret, a password or a token', function () {
  this.timeout(180_000);
  let region: RegionProcess;
  let target: Target;
  let at: { readonly workspaceId: string; readonly deploymentId: string };
  let secretId: string;
  let url: string;
  /** Every answer of the API, the stream of changes included. */
  const answers: string[] = [];
  const following = new AbortController();
  let followed: Promise<void>;

  const hearing: typeof fetch = async (...asked) => {
    const response = await fetch(...asked);
    const copy = response.clone();
    void copy.text().then(
      (text) => answers.push(text),
      () => undefined,
    );
    return response;
  };

  before(async () => {
    region = await startRegionProcess('secrets');
    const reached = await targetAt(region.endpoint, hearing);
    ({ target } = reached);
    followed = follow();
    const source = { folder: app, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
    const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
    const wanted = { name: 'with a secret', regionId: reached.region.id, ports: [8080] };
    const made = await deploy(target, source, wanted, tools);
    assert.ok(made.kind === 'serving' && made.url !== undefined, JSON.stringify(made));
    at = { workspaceId: target.workspaceId, deploymentId: made.deploymentId };
    url = made.url;
    const params = { workspaceId: target.workspaceId };
    ({ id: secretId } = await target.api.createSecret({ params, body: { name: 'the key', value: planted } }));
    const environmentVariables = { API_KEY: { fromSecret: secretId } };
    await target.api.updateDeployment({ params: at, body: { environmentVariables } });
    await eventually(({ liveRelease }) => liveRelease === 2);
    await target.api.saveRegistry({ params, body: { registry, username: 'guest', password } });
    // Who makes a token is told it, this once.
    const { token } = await clientFor(region.endpoint).createApiToken({ body: { name: 'planted' } });
    traces.push(...tracesOf(token), ...tracesOf(region.endpoint.token));
  });
  after(async () => {
    following.abort();
    await followed;
    await region.close();
  });

  async function follow(): Promise<void> {
    const api = clientFor(region.endpoint);
    const params = { workspaceId: target.workspaceId };
    try {
      for await (const change of api.followChanges({ params }, { signal: following.signal })) {
        answers.push(JSON.stringify(change));
      }
    } catch (error) {
      if (!following.signal.aborted) throw error;
    }
  }

  async function eventually(until: (deployment: DeploymentInfo) => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const deployment = await target.api.getDeployment({ params: at });
      if (until(deployment)) return;
      if (Date.now() > deadline) throw new Error(`It did not become so: ${JSON.stringify(deployment)}`);
      await systemClock.sleep(50);
    }
  }

  async function eventuallySo(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = AbortSignal.timeout(60_000);
    while (!(await isSo())) await systemClock.sleep(50, deadline);
  }

  const instances = async () => (await target.api.listInstances({ params: at })).instances;

  /** The one before has its drain and its grace, with the value before. */
  const oneInstanceLeft = (): Promise<void> => eventuallySo(async () => (await instances()).length === 1);

  /** Everything that a command says, wherever it says it. */
  async function said(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await run(command, args, { maxBuffer: 64 * 1024 * 1024 });
    return stdout + stderr;
  }

  const keyInProcess = async (): Promise<unknown> =>
    (JSON.parse((await ask(`${url}/env`)).body) as Record<string, string>)['API_KEY'];

  it('reaches the process, and a restart gives it the newest one', async () => {
    assert.equal(await keyInProcess(), planted);
    const params = { workspaceId: target.workspaceId, secretId };
    await target.api.updateSecret({ params, body: { value: rotated } });
    assert.equal(await keyInProcess(), planted);
    await target.api.startDeployment({ params: at, query: { forceRestart: true } });
    await eventually(({ liveRelease }) => liveRelease === 3);
    assert.equal(await keyInProcess(), rotated);
    await assert.rejects(target.api.deleteSecret({ params }), /used by with a secret, release 3 of with a/);
  });

  it('is in no reason of what crashes, or cannot be pulled', async () => {
    await ask(`${url}/exit?code=3`);
    await eventuallySo(async () =>
      (await instances()).some(({ state, restarts }) => state === 'ready' && restarts > 0),
    );
    const params = { workspaceId: target.workspaceId };
    const { machineTypes } = await target.api.listMachineTypes({ params });
    const { runner } = await target.api.getDeployment({ params: at });
    const image = { registry, imageName: 'nobody/nothing', imageTag: 'latest' };
    const found = await target.api.checkImage({ params, body: image });
    assert.equal(found.outcome, 'unreachable');
    const settings = {
      name: 'out of reach',
      runner,
      machineType: machineTypes[0]!.id,
      deployOnPush: false,
      deployOnCreate: true,
      minHorizontalScale: 1,
      maxHorizontalScale: 1,
      ports: { 80: 'http' as const },
      environmentVariables: { API_KEY: { fromSecret: secretId } },
      volumes: {},
      configMounts: {},
    };
    const { id: deploymentId } = await target.api.createDeployment({
      params,
      body: { ...image, ...settings },
    });
    const there = { params: { ...params, deploymentId } };
    const failed = async (): Promise<boolean> => (await target.api.getDeployment(there)).reason !== undefined;
    await eventuallySo(failed);
    await target.api.listEvents({ ...there, query: {} });
    await target.api.deleteDeployment(there);
    await oneInstanceLeft();
  });

  it('is in no answer, event, release, log line or stream of changes', async () => {
    const { api, workspaceId } = target;
    const params = { workspaceId };
    const lists = [
      api.listSecrets({ params, query: {} }),
      api.listDeployments({ params, query: {} }),
      api.listEvents({ params: at, query: {} }),
      api.listReleases({ params: at, query: {} }),
      api.listDeployHistory({ params: at, query: {} }),
      api.listInstances({ params: at }),
      api.getLogs({ params: at, query: {} }),
      api.getDeployment({ params: at }),
      api.listRegistries({ params, query: {} }),
      api.listApiTokens({ query: {} }),
    ];
    await Promise.all(lists);
    assert.ok(answers.some((text) => text.includes(`"kind":"secret","id":"${secretId}"`)));
    assert.deepEqual(tracesIn(answers.join('\n')), []);
    assert.ok(region.printed().length > 0);
    assert.deepEqual(tracesIn(region.printed()), []);
  });

  it('goes on through a new key', async () => {
    const params = { workspaceId: target.workspaceId };
    assert.deepEqual(await target.api.rotateSealingKey({ params }), { sealed: 2, unreadable: 0 });
  });

  it('is in the environment of its own processes, and with no other process of the machine', async () => {
    const labels = { 'cloud.patr.deployment': at.deploymentId, 'cloud.patr.role': 'instance' };
    const [instance] = await region.engine.listContainers({ labels });
    const first = (await said('docker', 'inspect', '--format', '{{.State.Pid}}', instance!.id)).trim();
    const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    // One may end while it is looked at.
    const read = (id: string, file: string) => readFile(`/proc/${id}/${file}`, 'latin1').catch(() => '');
    const space = (id: string) => readlink(`/proc/${id}/ns/pid`).catch(() => '');
    const lines = await Promise.all(processes.map((id) => read(id, 'cmdline')));
    assert.deepEqual(tracesIn(lines.join('\n')), []);
    const environments = await Promise.all(processes.map((id) => read(id, 'environ')));
    const having = processes.filter((_, index) => tracesIn(environments[index]!).length > 0);
    assert.ok(having.includes(first));
    assert.deepEqual(new Set(await Promise.all(having.map(space))), new Set([await space(first)]));
  });

  it('is in no file of the state, and its key is for the owner alone', async () => {
    const entries = await readdir(region.stateDir, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    assert.ok(files.some((file) => file.endsWith('state.db')));
    // The token of the region is in the file that it is for, and nowhere else.
    for (const file of files.filter((one) => one !== join(region.stateDir, 'token')))
      assert.deepEqual(tracesIn(await readFile(file, 'latin1')), [], file);
    assert.equal((await stat(join(region.stateDir, 'sealing-keys.json'))).mode & 0o777, 0o600);
  });

  it('is on the engine in the environment of its instance and nowhere else', async () => {
    await oneInstanceLeft();
    const labels = { 'cloud.patr.region': region.name };
    const [containers, networks, volumes] = await Promise.all([
      region.engine.listContainers({ labels }),
      region.engine.listNetworks({ labels }),
      region.engine.listVolumes({ labels }),
    ]);
    assert.deepEqual(tracesIn(JSON.stringify([networks, volumes])), []);
    const records = await Promise.all(containers.map(({ id }) => region.engine.inspectContainer(id)));
    const showing = records.filter((record) => tracesIn(JSON.stringify(record)).length > 0);
    assert.equal(showing.length, 1);
    const [instance] = showing;
    assert.ok(instance !== undefined && instance !== 'absent');
    assert.equal(instance.labels['cloud.patr.deployment'], at.deploymentId);
    const { environment, ...rest } = instance;
    assert.deepEqual(tracesIn(JSON.stringify(rest)), []);
    assert.ok(environment?.includes(`API_KEY=${rotated}`));
  });

  it('is in no image, in nothing that the region prints, and in nobody else of it', async () => {
    const reference = (await region.engine.listImages({ labels: {} }))
      .flatMap(({ tags }) => tags)
      .find((tag) => tag.includes(`/${target.workspaceId}/`));
    assert.ok(reference !== undefined);
    const facts = [
      await said('docker', 'image', 'inspect', reference),
      await said('docker', 'history', '--no-trunc', reference),
      await said('docker', 'inspect', `patr-${region.name}-edge`, `patr-${region.name}-registry`),
      await said('docker', 'logs', `patr-${region.name}-edge`),
      await said('docker', 'logs', `patr-${region.name}-registry`),
    ];
    assert.deepEqual(tracesIn(facts.join('\n')), []);
    const search =
      'docker save "$0" | grep --text --count --fixed-strings --regexp "$1" --regexp "$2" || true';
    assert.equal((await said('sh', '-c', search, reference, planted, rotated)).trim(), '0');
  });

  it('is not had by who has the state without its key', async () => {
    following.abort();
    await followed;
    await region.kill();
    const copy = await mkdtemp(join(tmpdir(), 'patr-backup-'));
    const state = ['state.db', 'state.db-wal'];
    const { workspaceId } = target;
    const openCopy = async () => {
      const store = openStore({
        stateDir: copy,
        regionName: region.name,
        now: Date.now,
        ids,
        onListenerError,
      });
      const { vault, registryVault } = await openVaults(copy, store, Date.now);
      const found = [vault.valueOf(workspaceId, secretId), registryVault.loginOf(workspaceId, registry)];
      store.dispose();
      return found;
    };
    try {
      for (const name of state) await cp(join(region.stateDir, name), join(copy, name));
      assert.deepEqual(await openCopy(), [{ kind: 'unreadable', name: 'the key' }, undefined]);
      await cp(join(region.stateDir, keysFileName), join(copy, keysFileName));
      const value = { kind: 'value', name: 'the key', text: rotated };
      assert.deepEqual(await openCopy(), [value, { username: 'guest', password }]);
    } finally {
      await rm(copy, { recursive: true, force: true });
      await region.restart();
    }
    assert.deepEqual(tracesIn(region.printed()), []);
  });
});
