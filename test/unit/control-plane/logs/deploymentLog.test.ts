import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { systemClock } from '../../../../src/base/clock.ts';
import { DeploymentLog, type LogRules } from '../../../../src/control-plane/logs/deploymentLog.ts';
import { longestLine } from '../../../../src/control-plane/logs/lineAssembler.ts';
import type { LogEntry, StoredLine } from '../../../../src/control-plane/logs/logEntry.ts';
import { firstSeqFrom, LogReader, readPage } from '../../../../src/control-plane/logs/readLog.ts';
import type { LogSegment } from '../../../../src/control-plane/logs/logSegment.ts';
import { logTime } from '../../../support/logFrames.ts';

const roomy: LogRules = { mostBytes: 1_000_000, segmentBytes: 2000 };

function entry(n: number, text: string, instance = 'i1'): LogEntry {
  const content = { kind: 'line', bytes: Buffer.from(text) } as const;
  return { containerId: `c-${instance}`, instanceId: instance, stream: 'stdout', at: logTime(n), content };
}

function textOf({ content }: StoredLine): string {
  return content.kind === 'dropped' ? `${content.lines} dropped` : content.bytes.toString();
}

describe('the output of a deployment', () => {
  let folder: string;
  const opened: DeploymentLog[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-test-log-'));
  });

  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(rules = roomy): Promise<DeploymentLog> {
    const log = await DeploymentLog.open(folder, rules, {
      newGeneration: () => 'generati',
      onListenerError: (error) => assert.fail(String(error)),
    });
    opened.push(log);
    return log;
  }

  async function store(log: DeploymentLog, entries: readonly LogEntry[]): Promise<void> {
    for (let done = 0; done < entries.length;) done += await log.append(entries, done);
  }

  const numbers = (from: number, to: number): LogEntry[] =>
    Array.from({ length: to - from }, (_, index) => entry(from + index, `line ${from + index}`));

  async function page(log: DeploymentLog, wanted: Partial<Parameters<typeof readPage>[1]> = {}) {
    const signal = new AbortController().signal;
    const { lines } = await readPage(
      log,
      { limit: 500, direction: 'backward', ...wanted },
      { clock: systemClock, signal },
    );
    return lines.map(textOf);
  }

  async function readAll(reader: LogReader): Promise<string[]> {
    const found: string[] = [];
    while (reader.behind) {
      const { lines, missed } = await reader.next();
      if (missed > 0) found.push(`${missed} missed`);
      found.push(...lines.map(textOf));
    }
    return found;
  }

  it('is read newest first and in pages, across files', async () => {
    const log = await open();
    await store(log, numbers(0, 300));
    assert.ok(log.segments.length > 3);
    assert.deepEqual(await page(log, { limit: 3 }), ['line 299', 'line 298', 'line 297']);
    assert.deepEqual(await page(log, { limit: 2, until: logTime(100) }), ['line 100', 'line 99']);
    assert.deepEqual(await page(log, { from: logTime(298) }), ['line 299', 'line 298']);
    assert.deepEqual(await page(log, { matches: (text) => text.endsWith('77') }), [
      'line 277',
      'line 177',
      'line 77',
    ]);
  });

  it('is read forwards as well, oldest first, from any time on', async () => {
    const log = await open();
    const [even, odd] = [0, 1].map((rest) => numbers(0, 300).filter((_, n) => n % 2 === rest));
    await store(log, even!);
    await store(log, odd!);
    const from = (n: number, facts: { limit?: number; until?: string } = {}) =>
      page(log, { direction: 'forward', from: logTime(n), ...facts });
    const found: string[] = [];
    for (let at = 0; at < 300; at += 7) found.push(...(await from(at, { limit: 7 })));
    assert.deepEqual(
      found,
      numbers(0, 300).map((_, n) => `line ${n}`),
    );
    assert.deepEqual(await from(298), ['line 298', 'line 299']);
    assert.deepEqual(await from(100, { until: logTime(101) }), ['line 100', 'line 101']);
    assert.deepEqual(await from(300), []);
  });

  it('says how far it was looked through when a search takes long, in both directions', async () => {
    const log = await open();
    await store(log, numbers(0, 300));
    const signal = new AbortController().signal;
    for (const direction of ['backward', 'forward'] as const) {
      let [time, asked] = [0, 0];
      // Every look at the time is a second later.
      const clock = { ...systemClock, now: () => (time += 1000) };
      const found: string[] = [];
      let edge: { from?: string; until?: string } = {};
      for (; ; asked += 1) {
        const wanted = { limit: 500, direction, matches: (text: string) => text.endsWith('7'), ...edge };
        const { lines, searchedTo } = await readPage(log, wanted, { clock, signal });
        found.push(...lines.map(textOf));
        if (searchedTo === undefined) break;
        edge = direction === 'forward' ? { from: searchedTo } : { until: searchedTo };
      }
      assert.ok(asked > 2, `${asked}`);
      const expected = Array.from({ length: 30 }, (_, n) => `line ${n * 10 + 7}`);
      assert.deepEqual(found, direction === 'forward' ? expected : expected.toReversed());
    }
  });

  it('is read in pages that are no larger than anybody can take, none of it left out', async () => {
    const log = await open({ mostBytes: 40_000_000, segmentBytes: 4_000_000 });
    const long = (n: number): LogEntry => entry(n, `${n} ${'x'.repeat(32_000)}`);
    await store(
      log,
      numbers(0, 300).map((_, n) => long(n)),
    );
    const signal = new AbortController().signal;
    for (const direction of ['backward', 'forward'] as const) {
      const found = new Set<string>();
      let edge: { from?: string; until?: string } = {};
      for (;;) {
        const how = { clock: systemClock, signal };
        const { lines, searchedTo } = await readPage(log, { limit: 500, direction, ...edge }, how);
        assert.ok(lines.length * 32_000 < 4_300_000, `${lines.length} long lines`);
        for (const line of lines) found.add(textOf(line));
        if (searchedTo === undefined) break;
        edge = direction === 'forward' ? { from: searchedTo } : { until: searchedTo };
      }
      assert.equal(found.size, 300);
    }
  });

  it('is in the order of time, whenever which instance was read', async () => {
    const log = await open();
    const [even, odd] = [0, 1].map((rest) =>
      numbers(0, 200).flatMap((_, n) => (n % 2 === rest ? entry(n, `line ${n}`, `i${rest}`) : [])),
    );
    await store(log, odd!);
    await store(log, even!);
    const expected = numbers(0, 200).map((_, n) => `line ${199 - n}`);
    assert.deepEqual(await page(log, { limit: 200 }), expected);
    assert.deepEqual(await page(log, { instanceId: 'i1', limit: 2 }), ['line 199', 'line 197']);
  });

  it('is bounded: the oldest goes first, and whoever reads is told how much it missed', async () => {
    const log = await open({ mostBytes: 10_000, segmentBytes: 1000 });
    const reader = new LogReader(log, 1);
    await store(log, numbers(0, 1000));
    const bytes = log.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    assert.ok(bytes <= 10_000, `${bytes}`);
    assert.equal((await readdir(folder)).length, log.segments.length);
    const found = await readAll(reader);
    const missed = Number(/^(\d+) missed/.exec(found[0]!)?.[1]);
    assert.equal(missed + found.length - 1, 1000);
    assert.equal(found.at(-1), 'line 999');
  });

  it('is followed from any line on, each one once', async () => {
    const log = await open();
    await store(log, numbers(0, 150));
    const reader = new LogReader(log, 140);
    assert.deepEqual((await readAll(reader)).slice(0, 2), ['line 139', 'line 140']);
    await store(log, numbers(150, 320));
    assert.deepEqual(
      await readAll(reader),
      numbers(150, 320).map((_, n) => `line ${150 + n}`),
    );
    assert.equal(firstSeqFrom(log, logTime(1e9)), 321);
  });

  it('is followed through the longest lines that there are', async () => {
    const log = await open({ mostBytes: 10_000_000, segmentBytes: 1_000_000 });
    const longest = 'x'.repeat(longestLine);
    const lines = numbers(0, 40).map((_, n) => (n % 2 === 0 ? longest : 'short'));
    await store(
      log,
      lines.map((text, n) => entry(n, text)),
    );
    assert.deepEqual(await readAll(new LogReader(log, 1)), lines);
  });

  it('says after any end how far it was stored, and takes what was half written away', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 0, max: 60 }),
        async (lines, torn) => {
          await rm(folder, { recursive: true, force: true });
          const log = await open();
          await store(log, numbers(0, lines));
          await log.close();
          const last = join(folder, (await readdir(folder)).toSorted().at(-1)!);
          await appendFile(last, `o 0 ${logTime(lines)} ${'x'.repeat(torn)}`.slice(0, torn));
          const again = await open();
          assert.deepEqual(again.marksOf('c-i1'), { stdout: { at: logTime(lines - 1), seen: 1 } });
          assert.equal(again.end, lines + 1);
          await store(again, numbers(lines, lines + 1));
          assert.equal((await page(again, { limit: 1 }))[0], `line ${lines}`);
          await again.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('knows how far a quiet instance was stored, though a noisy one pushed its lines out', async () => {
    const rules = { mostBytes: 4000, segmentBytes: 1000 };
    const log = await open(rules);
    await store(log, [entry(1, 'once', 'quiet'), ...numbers(2, 500)]);
    await log.close();
    const again = await open(rules);
    assert.deepEqual(again.marksOf('c-quiet'), { stdout: { at: logTime(1), seen: 1 } });
    assert.ok(!(await page(again)).includes('once'));
    again.retain(new Set(['c-i1']));
    assert.deepEqual(again.marksOf('c-quiet'), {});
  });

  it('says whose a line is, also after a file could not be opened', async () => {
    await store(await open(), [entry(0, 'before')]);
    await opened.pop()?.close();
    const log = await open();
    const path = log.segments[0]?.path ?? '';
    await rename(path, `${path}.away`);
    await assert.rejects(log.append([entry(1, 'after', 'i2')]));
    await rename(`${path}.away`, path);
    await store(log, [entry(1, 'after', 'i2')]);
    const again = await open();
    assert.deepEqual(again.marksOf('c-i2').stdout, { at: logTime(1), seen: 1 });
    const { lines } = await new LogReader(again, 1).next();
    assert.deepEqual(
      lines.map((line) => [line.instanceId, textOf(line)]),
      [
        ['i1', 'before'],
        ['i2', 'after'],
      ],
    );
  });

  it('can be read though the end of a full file is lost', async () => {
    const log = await open();
    await store(log, numbers(0, 100));
    await log.close();
    const first = join(folder, (await readdir(folder)).toSorted()[0]!);
    await truncate(first, 1990);
    const again = await open();
    const found = await page(again);
    assert.equal(found[0], 'line 99');
    assert.equal(found.at(-1), 'line 0');
  });

  it('is read on behind a file that somebody removed or cut off, and what is missing is counted', async () => {
    const log = await open();
    await store(log, numbers(0, 300));
    const [, removed, cut] = log.segments as [LogSegment, LogSegment, LogSegment];
    await rm(removed.path);
    await truncate(cut.path, 1000);
    const found = await readAll(new LogReader(log, 1));
    const told = found.flatMap((text) => /^(\d+) missed/.exec(text)?.[1] ?? []).map(Number);
    const missed = told.reduce((sum, count) => sum + count, 0);
    assert.ok(told.length === 2 && told[0] === removed.lines, told.join());
    assert.equal(missed + found.length - told.length, 300);
    assert.equal(found.at(-1), 'line 299');
  });

  it('keeps bytes as they came', async () => {
    const log = await open();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n).filter((n) => n !== 10));
    await store(log, [{ ...entry(1, ''), content: { kind: 'line', bytes } }, entry(2, '')]);
    const { lines } = await new LogReader(log, 1).next();
    const [{ content }, empty] = lines as [StoredLine, StoredLine];
    assert.ok(content.kind === 'line' && content.bytes.equals(bytes));
    assert.equal(textOf(empty), '');
  });
});
