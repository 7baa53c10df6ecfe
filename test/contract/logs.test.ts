import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { label, labelsOf } from '../../src/control-plane/labels.ts';
import { LogCollector } from '../../src/control-plane/logs/logCollector.ts';
import type { StoredLine } from '../../src/control-plane/logs/logEntry.ts';
import { longestLine } from '../../src/control-plane/logs/lineAssembler.ts';
import { LogReader } from '../../src/control-plane/logs/readLog.ts';
import { logRules, LogStore } from '../../src/control-plane/logs/logStore.ts';
import { aContainer, openTestEngine, type TestEngine } from '../support/engine.ts';

const deploymentId = 'd'.repeat(32);
const script = join(import.meta.dirname, '../support/collectLogs.ts');

/** Prints numbers on both streams; `pace`: so many before each rest of ten milliseconds. */
function counting(upTo: number, pace: number): string {
  return `i=0; while [ $i -lt ${upTo} ]; do i=$((i+1)); echo "out $i"; echo "err $i" >&2; [ $((i % ${pace})) = 0 ] && usleep 10000; done; exit 0`;
}

describe('logs on the real engine', function () {
  this.timeout(60_000);
  let test: TestEngine;
  let region: string;
  let folder: string;
  const children: ChildProcess[] = [];

  before(async () => {
    test = await openTestEngine();
    region = test.prefix.slice(-8);
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-test-logs-'));
  });

  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await rm(folder, { recursive: true, force: true });
  });

  after(() => test.close());

  /** An instance that runs a script of its image's shell. */
  async function run(instance: string, words: string): Promise<string> {
    const made = await test.engine.createContainer(
      aContainer({
        name: `${test.prefix}-${instance}`,
        labels: {
          ...test.labels,
          ...labelsOf(region, 'instance'),
          [label.deployment]: deploymentId,
          [label.instance]: instance,
        },
        command: ['sh', '-c', words],
        log: { maxBytes: 20_000_000, files: 5 },
      }),
    );
    assert.ok(typeof made === 'object');
    await test.engine.startContainer(made.id);
    return made.id;
  }

  function collect(): ChildProcess {
    const child = spawn(process.execPath, [script, folder, region], { stdio: 'inherit' });
    children.push(child);
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  function openStore(): LogStore {
    const common = { clock: systemClock, log: silentLog };
    return new LogStore({ folder, rules: logRules(64), ids: randomUUID, ...common });
  }

  /** Everything that is stored now. */
  async function lines(): Promise<StoredLine[]> {
    const store = openStore();
    const intake = await store.of(deploymentId);
    assert.ok(intake !== 'gone');
    const reader = new LogReader(intake.stored, 1);
    const found: StoredLine[] = [];
    while (reader.behind) found.push(...(await reader.next()).lines);
    await store.close();
    return found;
  }

  async function storedAtLeast(count: number): Promise<void> {
    while ((await lines()).length < count) await systemClock.sleep(20);
  }

  /** Reads what is left, as a control plane does before it removes a container. */
  async function collectRest(ids: Readonly<Record<string, string>>): Promise<void> {
    const store = openStore();
    const collector = new LogCollector({
      engine: test.engine,
      region,
      store,
      clock: systemClock,
      log: silentLog,
    });
    for (const [instance, id] of Object.entries(ids)) {
      for (;;) {
        const record = await test.engine.inspectContainer(id);
        if (record !== 'absent' && record.state === 'exited') break;
        await systemClock.sleep(20);
      }
      const labels = { [label.deployment]: deploymentId, [label.instance]: instance };
      await collector.drained({ id, labels });
      await test.engine.removeContainer(id);
    }
    await collector.stop();
    await store.close();
  }

  function texts(all: readonly StoredLine[], instance: string, stream: string): string[] {
    return all
      .filter((line) => line.instanceId === instance && line.stream === stream)
      .map(({ content }) => (content.kind === 'dropped' ? 'dropped' : content.bytes.toString()));
  }

  it('are stored once each and in order, however often who collects them is killed', async () => {
    const upTo = 3000;
    let collector = collect();
    const one = await run('one', counting(upTo, 20));
    await storedAtLeast(200);
    await kill(collector);
    const two = await run('two', counting(upTo, 50));
    for (const count of [1500, 3000]) {
      collector = collect();
      await storedAtLeast(count);
      await kill(collector);
    }
    await collectRest({ one, two });
    const all = await lines();
    for (const instance of ['one', 'two']) {
      for (const [stream, word] of [
        ['stdout', 'out'],
        ['stderr', 'err'],
      ] as const) {
        const expected = Array.from({ length: upTo }, (_, n) => `${word} ${n + 1}`);
        assert.deepEqual(texts(all, instance, stream), expected);
      }
    }
  });

  it('bound what is noise: lines of a megabyte, no line at all, and what is no text', async () => {
    const megabyte = 'head -c 1000000 /dev/zero | tr "\\0" x; echo; echo after';
    const id = await run('noisy', `${megabyte}; head -c 100000 /dev/urandom; echo; printf 'no end'`);
    await collectRest({ noisy: id });
    const all = await lines();
    const [first, second] = all;
    assert.ok(first?.content.kind === 'cut' && first.content.bytes.length === longestLine);
    assert.ok(second?.content.kind === 'line' && second.content.bytes.toString() === 'after');
    assert.equal(texts(all, 'noisy', 'stdout').at(-1), 'no end');
    assert.ok(all.every(({ content }) => content.kind === 'dropped' || content.bytes.length <= longestLine));
  });
});
