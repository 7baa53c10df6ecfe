import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unreachable } from '../../../src/client/errors.ts';
import type { JourneyEvent, JourneyResult } from '../../../src/deploy/contract.ts';
import { JourneyError, PreflightFailed } from '../../../src/deploy/errors.ts';
import { deploy, push } from '../../../src/deploy/journey.ts';
import { EngineError, isBuildFailure } from '../../../src/docker/engine.ts';
import type { Reason } from '../../../src/protocol/shapes/deployment.ts';
import { regionId, workspaceId } from '../../support/fakePatrState.ts';
import { digestOf } from '../../support/fakeRegistry.ts';
import { FakeTarget } from '../../support/fakeTarget.ts';
import { handClock, type HandClock } from '../../support/handClock.ts';

describe('the journey', () => {
  let folder: string;
  let fake: FakeTarget;
  let clock: HandClock;
  let events: JourneyEvent[];
  let left: AbortController;

  const source = () => ({ folder, dockerfile: 'Dockerfile', buildArguments: {} });
  const tools = () => ({
    engine: fake.engine,
    clock,
    chance: () => 0,
    signal: left.signal,
    tell: (event: JourneyEvent) => void events.push(event),
  });
  const deployAs = (name = 'My Shop'): Promise<JourneyResult> =>
    deploy(fake.target, source(), { name, regionId, ports: [8080] }, tools());
  const pushTo = (id: string): Promise<JourneyResult> => push(fake.target, source(), id, tools());
  const failureOf = async (work: Promise<unknown>): Promise<Error> => {
    const [outcome] = await Promise.allSettled([work]);
    assert.ok(outcome?.status === 'rejected' && outcome.reason instanceof Error, JSON.stringify(outcome));
    return outcome.reason;
  };
  const changes = (): string[] =>
    fake.called.filter((what) => /^(create|delete|build|push)/.test(what)).map((what) => what.split(' ')[0]!);
  const said = (): string =>
    events
      .map((event) => ('message' in event ? event.message : 'text' in event ? event.text : ''))
      .join('\n');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-journey-'));
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nEXPOSE 8080\n');
    fake = new FakeTarget();
    clock = handClock(10_000);
    events = [];
    left = new AbortController();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  describe('of a new deployment', () => {
    it('checks, builds, pushes, creates and watches, in this order', async () => {
      const result = await deployAs();
      assert.ok(result.kind === 'serving');
      assert.deepEqual([result.release, result.digest, result.unchanged], [1, digestOf(1), undefined]);
      assert.equal(result.url, 'http://sample.localhost:7080');
      assert.deepEqual(changes(), ['createRepository', 'build', 'push', 'createDeployment']);
      assert.ok(fake.called.includes(`build 127.0.0.1:5000/${workspaceId}/my-shop:latest`));
      const steps = events.flatMap((event) => (event.kind === 'finished' ? [event.step] : []));
      assert.deepEqual(steps, ['preflight', 'build', 'push', 'create', 'rollout']);
    });

    it('builds nothing when the name is taken or the Dockerfile is missing', async () => {
      fake.add('My Shop');
      const taken = await failureOf(deployAs('my shop'));
      assert.ok(taken instanceof PreflightFailed);
      assert.match(taken.message, /already a deployment called my shop/);
      assert.deepEqual(taken.next, ['chooseName']);
      await rm(join(folder, 'Dockerfile'));
      const missing = await failureOf(deployAs('Other'));
      assert.ok(missing instanceof PreflightFailed);
      assert.deepEqual(changes(), []);
    });

    it('takes the repository away again when the build fails', async () => {
      fake.buildFails = true;
      assert.ok(isBuildFailure(await failureOf(deployAs())));
      assert.deepEqual(changes(), ['createRepository', 'build', 'deleteRepository']);
      assert.equal(fake.repositories.size, 0);
    });

    it('leaves a repository that was there before', async () => {
      fake.buildFails = true;
      fake.repositories.set('f'.repeat(32), 'my-shop');
      await failureOf(deployAs());
      assert.deepEqual([changes(), fake.repositories.size], [['build'], 1]);
    });

    it('tells the first failure, also when tidying up fails', async () => {
      fake.buildFails = true;
      fake.before = (what) => {
        if (what === 'deleteRepository') throw new Unreachable('The server is gone.');
      };
      assert.ok(isBuildFailure(await failureOf(deployAs())));
      assert.match(said(), /The repository my-shop stays: The server is gone/);
    });

    it('says that a name was taken in the meantime', async () => {
      fake.before = (what) => {
        if (what === 'push') fake.add('My Shop');
      };
      const failure = await failureOf(deployAs());
      assert.ok(failure instanceof JourneyError);
      assert.match(failure.message, /was made in the meantime/);
      assert.deepEqual(failure.next, ['chooseName']);
    });

    for (const step of ['createRepository', 'build', 'push', 'listMachineTypes']) {
      it(`leaves nothing behind when it is cancelled at ${step}`, async () => {
        const reason = new Error('the person left');
        fake.before = (what) => {
          if (what !== step) return;
          left.abort(reason);
          if (step !== 'createRepository') left.signal.throwIfAborted();
        };
        assert.equal(await failureOf(deployAs()), reason);
        assert.deepEqual([fake.repositories.size, fake.deployments.size], [0, 0]);
      });
    }

    it('tells which deployment there is when it is cancelled while that is made', async () => {
      fake.before = (what) => {
        if (what === 'createDeployment') left.abort(new Error('the person left'));
        if (what === 'getDeployment') left.signal.throwIfAborted();
      };
      assert.equal((await failureOf(deployAs())).message, 'the person left');
      assert.equal(events.find((event) => event.kind === 'created')?.name, 'My Shop');
      assert.equal(fake.repositories.size, 1);
    });

    it('finds what was made when the server goes away before it has answered', async () => {
      fake.before = (what) => {
        if (what === 'created') throw new Unreachable('The connection broke off.');
      };
      assert.equal((await deployAs()).kind, 'serving');
      assert.equal(fake.deployments.size, 1);
    });

    it('makes it once the server is back when the server went away before it was made', async () => {
      let away = 3;
      fake.before = (what) => {
        if (!changes().includes('createDeployment') || !/Deployment/.test(what)) return;
        if (away > 0) throw new Unreachable(`The server is away (${(away -= 1)}).`);
      };
      assert.equal((await deployAs()).kind, 'serving');
      assert.deepEqual(clock.waits.slice(0, 2), [1000, 1000]);
    });
  });

  describe('of a push', () => {
    let id: string;
    beforeEach(() => {
      id = fake.add('shop');
      fake.release(id);
    });

    it('waits for the release that came of it, not for one from before', async () => {
      fake.release(id, { digest: digestOf(2) });
      const result = await pushTo(id);
      assert.ok(result.kind === 'serving');
      assert.equal(result.release, 3);
    });

    it('says that nothing changed when the image is served already', async () => {
      const result = await pushTo(id);
      assert.ok(result.kind === 'serving');
      assert.deepEqual([result.unchanged, result.release], [true, 1]);
    });

    it('says that nothing changed since the release that failed', async () => {
      const reason = { code: 'exited', message: 'It ended with code 1.' } as const;
      fake.releases.set(id, []);
      fake.release(id, { state: 'failed', reason });
      const result = await pushTo(id);
      assert.ok(result.kind === 'unhealthy');
      assert.match(result.reason.message, /Nothing has changed since release 1.*ended with code 1/);
    });

    it('tells the reason of a release that fails', async () => {
      const reason: Reason = {
        code: 'portNotListening',
        message: 'Nothing listens on 8080.',
        listening: [9000],
      };
      fake.pushes = [digestOf(2)];
      fake.rollOut = (one, digest) => fake.release(one, { digest, state: 'failed', reason });
      const result = await pushTo(id);
      assert.ok(result.kind === 'unhealthy');
      assert.deepEqual(result.reason, reason);
    });

    it('does not wait for a rollout that will not be: stopped, or not deployed on push', async () => {
      const stopped = { status: 'stopped', deployOnPush: false } as const;
      for (const [because, change] of [
        ['stopped', stopped],
        ['deployOnPushOff', { deployOnPush: false }],
      ] as const) {
        const result = await pushTo(fake.add(`other ${because}`, change));
        assert.ok(result.kind === 'pushed');
        assert.equal(result.because, because);
      }
    });

    it('sees that it was stopped while the image was built, or while it was rolled out', async () => {
      const stop = (): void =>
        void fake.deployments.set(id, { ...fake.deployments.get(id)!, status: 'stopped' });
      fake.before = (what) => (what === 'push' ? stop() : undefined);
      assert.equal((await pushTo(id)).kind, 'pushed');
      fake.deployments.set(id, { ...fake.deployments.get(id)!, status: 'running' });
      fake.pushes = [digestOf(3)];
      fake.rollOut = (one, digest) => fake.release(one, { digest, state: 'rolling' });
      fake.before = (what) => (what === 'listReleases' && changes().length > 3 ? stop() : undefined);
      const result = await pushTo(id);
      assert.ok(result.kind === 'unhealthy');
      assert.match(result.reason.message, /shop was stopped before.*Start it/);
    });

    it('says that it was deleted, or replaced by a newer one', async () => {
      fake.pushes = [digestOf(3)];
      fake.rollOut = (one, digest) => {
        fake.release(one, { digest, state: 'superseded' });
        fake.release(one, { digest: digestOf(4), state: 'rolling' });
      };
      const result = await pushTo(id);
      assert.ok(result.kind === 'unhealthy');
      assert.match(result.reason.message, /Release 2 was replaced by a newer one/);
      fake.pushes = [digestOf(5)];
      fake.rollOut = () => undefined;
      fake.before = (what) =>
        void (what === 'listReleases' && changes().length > 2 && fake.deployments.delete(id));
      assert.match((await failureOf(pushTo(id))).message, /was deleted while/);
    });

    it('lets pushes that wait since a revert be rolled out again, once there is something to push', async () => {
      const id = fake.add('shop', { pushesPaused: true });
      fake.pushes = [digestOf(2)];
      assert.equal((await pushTo(id)).kind, 'serving');
      const order = fake.called.filter((what) => /^(build|updateDeployment|push)/.test(what));
      assert.deepEqual(
        order.map((what) => what.split(' ')[0]),
        ['build', 'updateDeployment', 'push'],
      );
      assert.equal(fake.deployments.get(id)?.pushesPaused, false);
      const other = fake.add('other', { pushesPaused: true });
      fake.buildFails = true;
      await failureOf(pushTo(other));
      assert.equal(fake.deployments.get(other)?.pushesPaused, true);
    });

    it('does not wait for ever for a push that the region does not take up', async () => {
      fake.pushes = [digestOf(3)];
      fake.rollOut = () => undefined;
      const result = await pushTo(id);
      assert.ok(result.kind === 'unhealthy');
      assert.match(result.reason.message, /no release came of it/);
    });

    it('goes on watching while the server is away for a while, but not for ever', async () => {
      fake.pushes = [digestOf(2)];
      let away = 10;
      fake.before = (what) => {
        if (what !== 'listReleases' || !changes().includes('push')) return;
        if ((away -= 1) >= 0) throw new Unreachable('The server is away.');
      };
      assert.equal((await pushTo(id)).kind, 'serving');
      assert.match(said(), /waiting for the control plane to answer/);
      fake.pushes = [digestOf(4)];
      away = 1000;
      assert.match((await failureOf(pushTo(id))).message, /The server is away/);
    });

    it('pushes again when the registry was away, and says so when it stays away', async () => {
      fake.pushes = ['failed', 'failed', 'failed', digestOf(2)];
      assert.equal((await pushTo(id)).kind, 'serving');
      assert.deepEqual(clock.waits.slice(0, 3), [1000, 3000, 6000]);
      fake.pushes = ['failed'];
      const failure = await failureOf(pushTo(id));
      assert.ok(failure instanceof JourneyError);
      assert.match(failure.message, /The push to 127\.0\.0\.1:5000 broke off: the engine says no/);
      assert.deepEqual(failure.next, ['retry', 'showOutput']);
    });

    it('does not push again when it is refused', async () => {
      fake.pushes = ['denied'];
      assert.match(
        (await failureOf(pushTo(id))).message,
        /refuses the push. The token may have been revoked/,
      );
      assert.equal(changes().filter((what) => what === 'push').length, 1);
    });

    it('says where the engine wants a certificate that it does not trust, and does not push again', async () => {
      fake.before = (what) => {
        if (what !== 'push') return;
        const words = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
        throw new EngineError('failed', words);
      };
      const failure = await failureOf(pushTo(id));
      assert.match(
        failure.message,
        /does not trust the certificate .* \/etc\/docker\/certs\.d\/127\.0\.0\.1:5000\/ca\.crt/,
      );
      assert.equal(changes().filter((what) => what === 'push').length, 1);
    });

    it('is not for images of other registries', async () => {
      const { repositoryId: _, ...rest } = fake.deployments.get(id) as never as { repositoryId: string };
      fake.deployments.set(id, { ...rest, registry: 'docker.io', imageName: 'library/nginx' } as never);
      assert.match((await failureOf(pushTo(id))).message, /image of another registry/);
    });

    it('goes by the status where a server keeps no releases', async () => {
      fake.capabilities = new Set();
      const is = (changes_: object): void =>
        void fake.deployments.set(id, { ...fake.deployments.get(id)!, ...changes_ });
      is({ currentLiveDigest: digestOf(1) });
      const same = await pushTo(id);
      assert.ok(same.kind === 'serving' && same.unchanged === true);
      fake.pushes = [digestOf(2)];
      let looks = 0;
      fake.before = (what) => {
        if (what === 'getDeployment' && (looks += 1) === 4) is({ currentLiveDigest: digestOf(2) });
      };
      assert.equal((await pushTo(id)).kind, 'serving');
      assert.ok(looks >= 4);
    });
  });
});
