import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { Target } from '../../src/deploy/target.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { ask } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';

const bundle = join(import.meta.dirname, '../../dist/control-plane.mjs');
const app = join(import.meta.dirname, '../fixtures/probe-app');
/** Short, so that a test can wait for it; the rule is the same for every length. */
const windowSeconds = 30;

describe('horizontal scale under real load', function () {
  this.timeout(300_000);
  let region: TestRegion;
  let folder: string;
  let process: ChildProcess;
  let target: Target;
  let regionId: string;

  before(async () => {
    region = await openTestRegion('scale');
    folder = await mkdtemp(join(tmpdir(), 'patr-scale-'));
    const { registry, edge } = testImages();
    const token = join(folder, 'token');
    process = spawn(
      globalThis.process.execPath,
      [
        bundle,
        ...Object.entries({
          port: '0',
          'state-dir': folder,
          'token-file': token,
          name: region.name,
          'registry-image': registry,
          'edge-image': edge,
          'registry-port': '18050',
          'http-port': '18080',
          'https-port': '18443',
          'scale-window': String(windowSeconds),
        }).flatMap(([name, value]) => [`--${name}`, value]),
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const [line] = (await once(createInterface({ input: process.stdout! }), 'line')) as [string];
    const { url, version } = JSON.parse(line) as { url: string; version: string };
    const endpoint = { url, version, token: (await readFile(token, 'utf8')).trim() };
    const reached = await targetAt(endpoint);
    target = reached.target;
    regionId = reached.region.id;
  });
  after(async () => {
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    await ended;
    await region.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('adds instances while the CPU is busy for a whole window, says by which numbers, and takes them back', async () => {
    const source = { folder: app, dockerfile: 'Dockerfile', buildArguments: { BASE: testImages().node } };
    const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
    const made = await deploy(target, source, { name: 'busy', regionId, ports: [8080] }, tools);
    assert.ok(made.kind === 'serving' && made.url !== undefined);
    const params = { workspaceId: target.workspaceId, deploymentId: made.deploymentId };
    await target.api.updateDeployment({ params, body: { maxHorizontalScale: 2 } });
    const wanted = (count: number) => (one: DeploymentInfo) =>
      one.instances?.wanted === count && one.instances.ready === count;
    let busy = true;
    const load = Array.from({ length: 3 }, async () => {
      while (busy) await ask(`${made.url}/burn?ms=200`).catch(() => undefined);
    });
    await eventually(params, wanted(2));
    busy = false;
    await Promise.all(load);
    const { events } = await target.api.listEvents({ params, query: {} });
    const scaled = events.find(({ kind }) => kind === 'scale');
    assert.match(
      scaled?.message ?? '',
      /Scaled from 1 to 2 instances: CPU was above 80 % .* over \d+ samples/,
    );
    await eventually(params, wanted(1));
  });

  async function eventually(
    params: { workspaceId: string; deploymentId: string },
    until: (deployment: DeploymentInfo) => boolean,
  ): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const deployment = await target.api.getDeployment({ params });
      if (until(deployment)) return;
      if (Date.now() > deadline) throw new Error(`It did not become so: ${JSON.stringify(deployment)}`);
      await systemClock.sleep(200);
    }
  }
});
