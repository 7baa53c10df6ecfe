import assert from 'node:assert/strict';
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { openServer } from '../../src/client/server.ts';
import { PreflightFailed } from '../../src/deploy/errors.ts';
import { deploy, push, type JourneyTools } from '../../src/deploy/journey.ts';
import type { Source, Target } from '../../src/deploy/target.ts';
import { configFolder, ownDockerHome } from '../../src/docker/configFile.ts';
import type { Engine } from '../../src/docker/engine.ts';
import { openTestEngine, type TestEngine } from '../support/engine.ts';
import { PatrSite } from '../support/patr/site.ts';
import { startRewrite } from '../support/patr/rewrite.ts';
import { removeBuilt } from '../support/removeBuilt.ts';

/** What the engine would be asked for, it must not be. */
const noEngine = {
  build: () => assert.fail('Nothing is built in vain.'),
} as unknown as Engine;

/** Looks again at once. */
const clock = {
  now: () => Date.now(),
  sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(5, signal),
};

describe('build and push to Patr', () => {
  let folder: string;
  let test: TestEngine;
  let source: Source;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-push-'));
    test = await openTestEngine();
    source = { folder, dockerfile: 'Dockerfile', buildArguments: {} };
  });
  after(async () => {
    await test?.close();
    await rm(folder, { recursive: true, force: true });
  });
  const write = (text: string): Promise<void> =>
    writeFile(
      join(folder, 'Dockerfile'),
      `FROM scratch\nLABEL cloud.patr.test=${test.prefix}\nEXPOSE 8080\nENV TEXT=${text}\n`,
    );
  beforeEach(() => write('one'));

  const targetOf = async (url: string, token: string, registry?: string): Promise<Target> => {
    const ways = { fetch, userAgent: 'patr-deployments/test', clock: systemClock, chance: () => 0 };
    const named = registry === undefined ? {} : { registry };
    const server = await openServer({ url, token, ...ways, ...named, timeoutMs: 20_000 });
    const { workspaces } = await server.api.listWorkspaces();
    return { ...server, workspaceId: workspaces[0]!.id, token };
  };
  const tools = (engine: Engine): JourneyTools => ({ engine, clock, chance: () => 0, tell: () => undefined });
  const dockerConfig = (): Promise<string> =>
    readFile(join(configFolder(ownDockerHome()), 'config.json'), 'utf8').catch(() => 'none');
  const refused = async (target: Target, why: RegExp): Promise<void> => {
    const choice = { name: 'nobody', regionId: '0'.repeat(30) + 'a3', ports: [8080] };
    const [outcome] = await Promise.allSettled([deploy(target, source, choice, tools(noEngine))]);
    assert.ok(outcome?.status === 'rejected' && outcome.reason instanceof PreflightFailed);
    assert.match(outcome.reason.message, why);
  };

  for (const generation of ['legacy', 'current'] as const) {
    describe(`of the ${generation} generation`, () => {
      let site: PatrSite;
      let target: Target;

      before(async () => {
        site = await PatrSite.start(generation);
        target = await targetOf(site.url, site.world.token);
      });
      after(async () => {
        await removeBuilt(`push-${generation}`);
        await site?.stop();
      });

      it('makes the repository, and the deployment runs what was pushed; a push updates it', async () => {
        const config = await dockerConfig();
        const regionId = site.world.runnerId;
        const choice = { name: `Push ${generation}`, regionId, ports: [8080] };
        const first = await deploy(target, source, choice, tools(test.engine));
        assert.ok(first.kind === 'serving', JSON.stringify(first));
        const [repository] = site.world.repositories;
        assert.deepEqual(
          [repository?.name, repository?.tags.get('latest')],
          [`push-${generation}`, first.digest],
        );
        assert.equal(first.url, `https://8080-${first.deploymentId}.onpatr.cloud`);

        await write('two');
        const second = await push(target, source, first.deploymentId, tools(test.engine));
        assert.ok(second.kind === 'serving', JSON.stringify(second));
        assert.notEqual(second.digest, first.digest);
        assert.equal(site.world.deployment(first.deploymentId)?.currentLiveDigest, second.digest);
        // The engine is given the token for the push alone.
        assert.equal(await dockerConfig(), config);
      });

      it('says that it is not rolled out, where the server does not', async () => {
        const row = site.world.deployments[0]!;
        await write('three');
        row.status = 'stopped';
        const stopped = await push(target, source, row.id, tools(test.engine));
        assert.equal(stopped.kind === 'pushed' && stopped.because, 'stopped');
        if (generation === 'legacy') return;
        Object.assign(row, { status: 'errored' });
        await write('four');
        const errored = await push(target, source, row.id, tools(test.engine));
        assert.equal(errored.kind === 'pushed' && errored.because, 'errored');
      });

      it('builds nothing for a registry that does not let in, or is none', async () => {
        const { token } = site.world;
        const revoked = { ...target, token: `patrv1.${'1'.repeat(32)}.${'2'.repeat(32)}` };
        await refused(revoked, /does not let patr have .*connect again/);
        const elsewhere = await targetOf(site.url, token, new URL(site.double.url).host);
        await refused(elsewhere, /is no registry\. .*another name/);
      });
    });
  }

  it('builds nothing for the generation that has no registry', async () => {
    const double = await startRewrite();
    try {
      await refused(await targetOf(double.url, double.world.token), /no registry that could be pushed to/);
      assert.deepEqual(
        double.asked.filter((line) => !line.startsWith('GET')),
        [],
      );
    } finally {
      await double.stop();
    }
  });
});
