import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { ask } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { clientFor, targetAt } from '../support/localRegion.ts';
import { startRegionProcess, type RegionProcess } from '../support/regionProcess.ts';

const app = join(import.meta.dirname, '../fixtures/probe-app');
const planted = 'planted-3f9c1b7e-value';
const rotated = 'rotated-8d2a5c40-value';

/** Any of the values, as they are or in Base64 at any offset. */
const traces = [planted, rotated].flatMap((value) => [
  value,
  ...[0, 1, 2].map((skip) => Buffer.from(value.slice(skip)).toString('base64').slice(0, 24)),
]);
const tracesIn = (text: string): string[] => traces.filter((trace) => text.includes(trace));

describe('the value of a secret', function () {
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

  /** The one before has its drain and its grace, with the value before. */
  async function oneInstanceLeft(): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { instances } = await target.api.listInstances({ params: at });
      if (instances.length === 1) return;
      if (Date.now() > deadline) throw new Error(`There are more: ${JSON.stringify(instances)}`);
      await systemClock.sleep(50);
    }
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
    ];
    await Promise.all(lists);
    assert.ok(answers.some((text) => text.includes(`"kind":"secret","id":"${secretId}"`)));
    assert.deepEqual(tracesIn(answers.join('\n')), []);
    assert.ok(region.printed().length > 0);
    assert.deepEqual(tracesIn(region.printed()), []);
  });

  it('goes on through a new key, and is in no command line of the machine', async () => {
    const params = { workspaceId: target.workspaceId };
    assert.deepEqual(await target.api.rotateSealingKey({ params }), { sealed: 1, unreadable: 0 });
    const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    // One may end while it is looked at.
    const lines = processes.map((id) => readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => ''));
    assert.deepEqual(tracesIn((await Promise.all(lines)).join('\n')), []);
  });

  it('is in no file of the state, and its key is for the owner alone', async () => {
    const entries = await readdir(region.stateDir, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    assert.ok(files.some((file) => file.endsWith('state.db')));
    for (const file of files) assert.deepEqual(tracesIn(await readFile(file, 'latin1')), [], file);
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
});
