import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { deploy, push } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { ConfigChanged } from '../../src/protocol/shapes/configMount.ts';
import { ask, loadOn } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';

/** As on Docker Desktop and rootless engines: control plane, registry and edge have a network of their own. */
describe('the main job on an engine whose host network is not ours', function () {
  this.timeout(300_000);
  let region: TestRegion;
  let folder: string;

  before(async () => {
    region = await openTestRegion('bridged');
    folder = await mkdtemp(join(tmpdir(), 'patr-bridged-'));
    await cp(join(import.meta.dirname, '../fixtures/sample'), folder, { recursive: true });
  });
  after(async () => {
    await region.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('deploys, changes under load without a failure, and keeps instances away from the control plane', async () => {
    const endpoint = await region.window({ settings: { placement: 'bridged' } }).ensure(() => undefined);
    const { target, region: runner } = await targetAt(endpoint);
    const source = { folder, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
    const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
    const choice = { name: 'sample', regionId: runner.id, ports: [8080] };
    const first = await deploy(target, source, choice, tools);
    assert.ok(first.kind === 'serving', JSON.stringify(first));

    const load = loadOn(first.url!);
    await load.seen('Hello from the sample');
    const file = join(folder, 'server.js');
    await writeFile(file, (await readFile(file, 'utf8')).replace('Hello from the sample', 'Good evening'));
    const second = await push(target, source, first.deploymentId, tools);
    assert.ok(second.kind === 'serving', JSON.stringify(second));
    await load.seen('Good evening');
    const { requests, failures } = await load.stop();
    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${requests} requests failed`);

    const { httpsPort, certificateAuthority: ca } = runner.edge!;
    const secure = `https://8080-${first.deploymentId}.localhost:${httpsPort}/`;
    assert.equal((await ask(secure, { ca })).status, 200);
    assert.deepEqual(await reachable(first.deploymentId), []);
    await savesConfig(target, first.deploymentId);
  });

  /** The folder of config mounts is in a volume of the engine, where the control plane and instances both have it. */
  async function savesConfig({ api, workspaceId }: Target, deploymentId: string): Promise<void> {
    const params = { workspaceId, deploymentId };
    const save = (text: string): Promise<ConfigChanged> => {
      const change = { name: 'app.toml', content: Buffer.from(text).toString('base64') };
      return api.changeConfigMounts({ params, body: { changes: [change] } });
    };
    const { release } = await save('first');
    const deadline = AbortSignal.timeout(60_000);
    while ((await api.getDeployment({ params })).liveRelease !== release) {
      await systemClock.sleep(100, deadline);
    }
    const { instances, generation, release: second } = await save('second');
    assert.equal(second, undefined);
    const [having] = instances.filter((one) => one.generation === generation);
    const labels = { 'cloud.patr.deployment': deploymentId, 'cloud.patr.instance': having?.id ?? '' };
    const [instance] = await region.engine.listContainers({ labels });
    const program = "process.stdout.write(require('fs').readFileSync('/etc/config/app.toml'))";
    const read = await region.engine.exec(instance!.id, ['node', '-e', program]);
    assert.equal(read.stdout, 'second');
  }

  /** Addresses of the control plane that an instance gets an answer at. */
  async function reachable(deploymentId: string): Promise<string[]> {
    const labels = { 'cloud.patr.deployment': deploymentId, 'cloud.patr.role': 'instance' };
    const [instance] = await region.engine.listContainers({ labels });
    const record = await region.engine.inspectContainer(`patr-${region.name}-control-plane`);
    assert.ok(instance !== undefined && record !== 'absent');
    const [port] = record.ports.map(({ containerPort }) => containerPort);
    const urls = [...Object.values(record.addresses), record.name.replace(/^\//, '')].map(
      (host) => `http://${host}:${port}/server`,
    );
    assert.ok(urls.length > 2, 'the control plane is in the network of the deployment');
    const program = `Promise.all(${JSON.stringify(urls)}.map((url)=>fetch(url,{signal:AbortSignal.timeout(3000)}).then(()=>url,()=>'')))
      .then((all)=>console.log(all.filter(Boolean).join(' ')))`;
    const { exitCode, stdout, stderr } = await region.engine.exec(instance.id, ['node', '-e', program]);
    assert.equal(exitCode, 0, stderr);
    return stdout
      .trim()
      .split(' ')
      .filter((url) => url !== '');
  }
});
