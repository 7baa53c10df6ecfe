import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../../../src/base/clock.ts';
import { silentLog } from '../../../../src/base/log.ts';
import { label } from '../../../../src/control-plane/labels.ts';
import { LogCollector } from '../../../../src/control-plane/logs/logCollector.ts';
import { LogReader } from '../../../../src/control-plane/logs/readLog.ts';
import { logRules, LogStore } from '../../../../src/control-plane/logs/logStore.ts';
import { FakeLogEngine, type Flood } from '../../../support/fakeLogEngine.ts';
import { aMessage } from '../../../support/logFrames.ts';

const deploymentId = 'd'.repeat(32);

describe('collecting output', () => {
  let folder: string;
  let engine: FakeLogEngine;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-test-logs-'));
    engine = new FakeLogEngine();
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const labels = (instance: string) => ({ [label.deployment]: deploymentId, [label.instance]: instance });

  /** Collects while the work goes on, and gives what is stored then. */
  async function collecting(
    work: (collector: LogCollector, store: LogStore) => Promise<void>,
  ): Promise<string[]> {
    const common = { clock: systemClock, log: silentLog };
    const store = new LogStore({ folder, rules: logRules(1), ids: () => '12345678', ...common });
    const collector = new LogCollector({ engine, region: 'test', store, ...common });
    collector.start();
    try {
      await work(collector, store);
    } finally {
      await collector.stop();
    }
    const intake = await store.of(deploymentId);
    const lines = intake === 'gone' ? [] : (await new LogReader(intake.stored, 1).next()).lines;
    await store.close();
    return lines.map(({ instanceId, content }) =>
      content.kind === 'dropped' ? 'dropped' : `${instanceId} ${content.bytes.toString()}`,
    );
  }

  /** Resolves when so many lines are stored. */
  async function stored(store: LogStore, lines: number, id = deploymentId): Promise<void> {
    const intake = await store.of(id);
    assert.ok(intake !== 'gone');
    while (intake.stored.end <= lines) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const listening = intake.stored.onGrown(resolve);
      if (intake.stored.end <= lines) await promise;
      listening.dispose();
    }
  }

  it('follows what is there and what is started later', async () => {
    engine.add('c1', labels('one')).print('a');
    const found = await collecting(async (_, store) => {
      await stored(store, 1);
      engine.add('c2', labels('two')).print('b');
      await stored(store, 2);
    });
    assert.deepEqual(found, ['one a', 'two b']);
  });

  it('reads on where it ended, whether its connection or itself broke off', async () => {
    const container = engine.add('c1', labels('one'));
    container.print('1', '2');
    await collecting((_, store) => stored(store, 2));
    container.print('3');
    const found = await collecting(async (_, store) => {
      await stored(store, 3);
      engine.breakOff();
      container.print('4');
      await stored(store, 4);
    });
    assert.deepEqual(found, ['one 1', 'one 2', 'one 3', 'one 4']);
  });

  it('reads the last words of a container before it is removed', async () => {
    const container = engine.add('c1', labels('one'));
    const found = await collecting(async (collector) => {
      container.print('last words');
      container.end();
      await collector.drained({ id: 'c1', labels: labels('one') });
      engine.remove('c1');
    });
    assert.deepEqual(found, ['one last words']);
  });

  it('reads on what is started again, though it was just read to what was its end', async () => {
    const container = engine.add('c1', labels('one'));
    const follow = engine.followLog.bind(engine);
    let passes = 0;
    engine.followLog = async function* (...given) {
      yield* follow(...given);
      passes += 1;
      if (passes !== 2) return;
      container.start();
      // That it was started is heard of before anybody knows that it was read to its end.
      for (let turns = 0; turns < 5; turns += 1) await setImmediate();
      container.print('after');
    };
    const found = await collecting(async (_, store) => {
      container.print('before');
      await stored(store, 1);
      container.end();
      await stored(store, 2);
    });
    assert.deepEqual(found, ['one before', 'one after']);
  });

  it('forgets how far a container was read once it was removed', async () => {
    const container = engine.add('c1', labels('one'));
    const other = engine.add('c2', labels('two'));
    await collecting(async (collector, store) => {
      container.print('a');
      container.end();
      await collector.drained({ id: 'c1', labels: labels('one') });
      const intake = await store.of(deploymentId);
      assert.ok(intake !== 'gone' && intake.stored.marksOf('c1').stdout !== undefined);
      engine.remove('c1');
      for (let n = 2; intake.stored.marksOf('c1').stdout !== undefined; n += 1) {
        other.print('b');
        await stored(store, n);
      }
      assert.ok(intake.stored.marksOf('c2').stdout !== undefined);
    });
  });

  const piece = Buffer.alloc(16_384, 'x');
  /** Each with the times at which it is printed, in nanoseconds. */
  const noises: Readonly<Record<string, Flood>> = {
    'lines as fast as they can be printed': (n) =>
      Array.from({ length: 1000 }, (_, line) => aMessage((n * 1000 + line) * 1000, 'noise')),
    'lines of a megabyte': (n) => [
      ...Array.from({ length: 60 }, () => aMessage(n * 1e6, piece, { ends: false })),
      aMessage(n * 1e6, 'the end'),
    ],
    'a line without an end': () => [aMessage(1, piece, { ends: false })],
    'what is no text': (n) =>
      Array.from({ length: 100 }, (_, line) => aMessage((n * 100 + line) * 10_000, randomBytes(8000))),
  };

  for (const [kind, flood] of Object.entries(noises))
    it(`is not kept from the output of others by ${kind}, and keeps little of it`, async () => {
      const noisy = 'e'.repeat(32);
      engine.add('n', { ...labels('noisy'), [label.deployment]: noisy }, flood);
      const calm = engine.add('c', labels('calm'));
      const expected = Array.from({ length: 20 }, (_, n) => `line ${n}`);
      const found = await collecting(async (_, store) => {
        const noise = await store.of(noisy);
        assert.ok(noise !== 'gone');
        await stored(store, 1, noisy);
        for (const [n, line] of expected.entries()) {
          calm.print(line);
          await stored(store, n + 1);
          assert.ok(noise.waitingBytes < 6_000_000, `${noise.waitingBytes} bytes wait`);
        }
        const kept = noise.stored.segments.reduce((sum, { bytes }) => sum + bytes, 0);
        assert.ok(kept <= 1024 * 1024, `${kept} bytes are kept`);
      });
      assert.deepEqual(
        found,
        expected.map((line) => `calm ${line}`),
      );
    });

  it('stores nothing of a deployment that was deleted', async () => {
    const container = engine.add('c1', labels('one'));
    const found = await collecting(async (collector, store) => {
      container.print('a');
      await stored(store, 1);
      await store.forget(deploymentId);
      container.print('b');
      container.end();
      await collector.drained({ id: 'c1', labels: labels('one') });
      assert.deepEqual(await store.deploymentIds(), []);
    });
    assert.deepEqual(found, []);
  });
});
