import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { JourneyEvent, JourneyResult } from '../../src/deploy/contract.ts';
import { deploy, push } from '../../src/deploy/journey.ts';
import type { Source, Target } from '../../src/deploy/target.ts';
import { isBuildFailure } from '../../src/docker/engine.ts';
import type { LocalEndpoint } from '../../src/local/contract.ts';
import type { Runner } from '../../src/protocol/shapes/workspace.ts';
import { ask, loadOn } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';

const sample = join(import.meta.dirname, '../fixtures/sample');

describe('the main job on real parts', function () {
  this.timeout(300_000);
  let region: TestRegion;
  let endpoint: LocalEndpoint;
  let target: Target;
  let runner: Runner;
  let folder: string;
  let events: JourneyEvent[] = [];

  const source = (): Source => ({
    folder,
    dockerfile: 'Dockerfile',
    buildArguments: { BASE: testImages().node },
  });
  const tools = (signal?: AbortSignal) => ({
    engine: region.engine,
    clock: systemClock,
    chance: Math.random,
    tell: (event: JourneyEvent) => void events.push(event),
    ...(signal === undefined ? {} : { signal }),
  });
  const deployAs = (name: string, ports = [8080], signal?: AbortSignal): Promise<JourneyResult> =>
    deploy(target, source(), { name, regionId: runner.id, ports }, tools(signal));
  const change = async (file: string, from: string | RegExp, to: string): Promise<void> => {
    const path = join(folder, file);
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
  };
  const names = async (): Promise<string[]> => {
    const { deployments } = await target.api.listDeployments({ params: { workspaceId: target.workspaceId } });
    return deployments.map(({ name }) => name).toSorted();
  };
  const repositories = async (): Promise<string[]> => {
    const params = { workspaceId: target.workspaceId };
    const answer = await target.api.listRepositories({ params });
    return answer.repositories.map(({ name }) => name).toSorted();
  };
  /** As the kernel does it when memory is short: the engine starts it again. */
  const killControlPlane = async (): Promise<void> => {
    const record = await region.engine.inspectContainer(`patr-${region.name}-control-plane`);
    if (record !== 'absent' && record.pid !== undefined) process.kill(record.pid, 'SIGKILL');
  };
  const remove = (deploymentId: string): Promise<void> =>
    target.api.deleteDeployment({ params: { workspaceId: target.workspaceId, deploymentId } });

  before(async () => {
    region = await openTestRegion('e2e');
    endpoint = await region.host.ensure(() => undefined);
    ({ target, region: runner } = await targetAt(endpoint));
  });
  after(() => region.close());
  beforeEach(async () => {
    events = [];
    folder = await mkdtemp(join(tmpdir(), 'patr-e2e-'));
    await cp(sample, folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('goes from a Dockerfile to an address that answers, and changes it under load without a failure', async () => {
    const first = await deployAs('sample');
    assert.equal(first.kind, 'serving', JSON.stringify(first));
    const steps = events.flatMap((event) => (event.kind === 'finished' ? [event.step] : []));
    assert.deepEqual(steps, ['preflight', 'build', 'push', 'create', 'rollout']);
    const url = first.url!;
    assert.match((await ask(url)).body, /Hello from the sample/);
    const { httpsPort, certificateAuthority: ca } = runner.edge!;
    const secure = `https://8080-${first.deploymentId}.localhost:${httpsPort}/`;
    assert.equal((await ask(secure, { ca })).status, 200);

    const load = loadOn(url);
    await load.seen('Hello from the sample');
    await change('server.js', 'Hello from the sample', 'Good evening');
    const second = await push(target, source(), first.deploymentId, tools());
    assert.equal(second.kind, 'serving', JSON.stringify(second));
    await load.seen('Good evening');
    const { requests, failures, bodies } = await load.stop();
    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${requests} requests failed`);
    assert.equal(bodies.length, 2);
    assert.equal(second.release, first.release! + 1);
    assert.notEqual(second.digest, first.digest);
    assert.match((await ask(url)).body, /Good evening/);

    const third = await push(target, source(), first.deploymentId, tools());
    assert.equal(third.kind, 'serving');
    assert.equal(third.unchanged, true);
    assert.equal(third.release, second.release);
    await remove(first.deploymentId);
  });

  it('tells the failing step of a Dockerfile, and leaves nothing behind', async () => {
    await change('Dockerfile', 'EXPOSE 8080', 'RUN echo not today && exit 3\nEXPOSE 8080');
    const failure = await deployAs('broken').catch((error: unknown) => error);
    assert.ok(isBuildFailure(failure), String(failure));
    assert.match(failure.step ?? '', /exit 3/);
    assert.match(failure.output.join('\n'), /not today/);
    assert.deepEqual([await names(), await repositories()], [[], ['sample']]);
  });

  it('tells what an image said that exits at once', async () => {
    await change('server.js', "'use strict';", "console.error('no configuration'); process.exit(4);");
    const result = await deployAs('quitter');
    assert.ok(result.kind === 'unhealthy', JSON.stringify(result));
    assert.match(JSON.stringify(result.reason), /no configuration/);
    assert.equal(result.reason.exitCode, 4);
    await remove(result.deploymentId);
  });

  it('tells on which port an image listens that does not listen on the declared one', async () => {
    await change('server.js', 'listen(8080', 'listen(9191');
    const result = await deployAs('elsewhere');
    assert.ok(result.kind === 'unhealthy', JSON.stringify(result));
    assert.equal(result.reason.code, 'portNotListening');
    assert.deepEqual(result.reason.listening, [9191]);
    assert.match(result.reason.message, /9191/);
    await remove(result.deploymentId);
  });

  for (const step of ['preflight', 'build', 'push', 'create', 'rollout'] as const) {
    it(`gets there although the control plane is killed at the beginning of ${step}`, async () => {
      const killed = Promise.withResolvers<void>();
      const tell = (event: JourneyEvent): void => {
        if (event.kind === 'started' && event.step === step)
          killControlPlane().then(killed.resolve, killed.reject);
      };
      const choice = { name: `survivor ${step}`, regionId: runner.id, ports: [8080] };
      const result = await deploy(target, source(), choice, { ...tools(), tell });
      await killed.promise;
      assert.ok(result.kind === 'serving', JSON.stringify(result));
      assert.equal((await ask(result.url!)).status, 200);
      assert.deepEqual(await names(), [choice.name]);
      await remove(result.deploymentId);
    });
  }

  it('serves without a failure while the control plane is killed again and again', async () => {
    const result = await deployAs('steady');
    assert.ok(result.kind === 'serving');
    const load = loadOn(result.url!);
    await load.seen('Hello');
    for (let times = 0; times < 3; times += 1) {
      await killControlPlane();
      await region.host.ensure(() => undefined);
    }
    const { requests, failures } = await load.stop();
    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${requests} requests failed`);
    await remove(result.deploymentId);
  });

  it('lets two windows deploy at once, and one of them have a name that both want', async () => {
    const [one, two, ...same] = await Promise.allSettled(
      ['left', 'right', 'wanted', 'wanted'].map((name) => deployAs(name)),
    );
    for (const outcome of [one, two])
      assert.ok(outcome?.status === 'fulfilled' && outcome.value.kind === 'serving');
    const failed = same.filter((outcome) => outcome.status === 'rejected');
    assert.equal(failed.length, 1, JSON.stringify(same));
    assert.match(String(failed[0]!.reason), /called wanted/);
    assert.deepEqual(await names(), ['left', 'right', 'wanted']);
    const { deployments } = await target.api.listDeployments({ params: { workspaceId: target.workspaceId } });
    for (const { id } of deployments) await remove(id);
  });

  it('leaves nothing behind when it is cancelled while it builds', async () => {
    await change('Dockerfile', 'EXPOSE 8080', 'RUN sleep 60\nEXPOSE 8080');
    const left = new AbortController();
    const tell = (event: JourneyEvent): void => {
      if (event.kind === 'progress' && event.message.includes('sleep'))
        left.abort(new Error('the person left'));
    };
    const choice = { name: 'abandoned', regionId: runner.id, ports: [8080] };
    const work = deploy(target, source(), choice, { ...tools(left.signal), tell });
    await assert.rejects(work, /the person left/);
    assert.deepEqual(await names(), []);
    assert.ok(!(await repositories()).includes('abandoned'));
  });

  it('says that a name is taken before anything is built', async () => {
    const first = await deployAs('twin');
    assert.equal(first.kind, 'serving');
    events = [];
    await assert.rejects(deployAs('Twin'), /already a deployment called Twin/);
    assert.ok(!events.some((event) => event.kind === 'started' && event.step === 'build'));
    await remove(first.deploymentId);
  });
});
