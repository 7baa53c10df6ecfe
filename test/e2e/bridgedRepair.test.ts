import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { deploy } from '../../src/deploy/journey.ts';
import type { LocalEndpoint } from '../../src/local/contract.ts';
import type { Runner } from '../../src/protocol/shapes/workspace.ts';
import { ask } from '../support/addressLoad.ts';
import { testImages } from '../support/engine.ts';
import { openTestRegion, targetAt, type TestRegion } from '../support/localRegion.ts';

const sample = join(import.meta.dirname, '../fixtures/sample');

/** As on Docker Desktop: control plane, registry and edge in a network of their own, with published ports. */
describe('a region in a network of its own, with parts taken away', function () {
  this.timeout(300_000);
  let region: TestRegion;

  before(async () => {
    region = await openTestRegion('repaired');
  });
  after(() => region.close());

  it('takes free ports, serves, and goes on serving when edge or control plane are replaced', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const ports = { api: 17_170, registry: 17_150, http: 17_180, https: port };
    const host = region.window({ settings: { placement: 'bridged', ports } });
    const up = async (): Promise<{ endpoint: LocalEndpoint; runner: Runner }> => {
      const endpoint = await host.ensure(() => undefined);
      return { endpoint, runner: (await targetAt(endpoint)).region };
    };
    const { endpoint, runner } = await up();
    taken.close();
    const { target } = await targetAt(endpoint);
    const source = {
      folder: sample,
      dockerfile: 'Dockerfile',
      buildArguments: { BASE: testImages().node },
    };
    const tools = { engine: region.engine, clock: systemClock, chance: Math.random, tell: () => undefined };
    const choice = { name: 'sample', regionId: runner.id, ports: [8080] };
    const result = await deploy(target, source, choice, tools);
    assert.ok(result.kind === 'serving', JSON.stringify(result));
    const url = result.url!;
    assert.match((await ask(url)).body, /Hello from the sample/);
    assert.notEqual(runner.edge?.httpsPort, port);

    await region.engine.removeContainer(`patr-${region.name}-edge`);
    await untilAnswers(url);
    await region.engine.removeContainer(`patr-${region.name}-control-plane`);
    assert.match((await ask(url)).body, /Hello from the sample/);
    const again = await up();
    assert.deepEqual(again.runner.edge, runner.edge);
    assert.match((await ask(url)).body, /Hello from the sample/);
    const params = { workspaceId: target.workspaceId, deploymentId: result.deploymentId };
    await (await targetAt(again.endpoint)).target.api.deleteDeployment({ params });
  });
});

async function untilAnswers(url: string): Promise<void> {
  for (;;) {
    const answer = await ask(url).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
