import assert from 'node:assert/strict';
import type { LogEntry } from '../../../../src/control-plane/logs/logEntry.ts';
import { logTimeFrom, wireTime } from '../../../../src/control-plane/api/logViews.ts';
import type { LogLine } from '../../../../src/protocol/shapes/log.ts';
import { testControlPlane, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment } from '../../../support/deployments.ts';
import { logTime } from '../../../support/logFrames.ts';

const [one, two] = ['a'.repeat(32), 'b'.repeat(32)];

/** Of another instance. */
const other = { containerId: 'c2', instanceId: two };

function entry(n: number, text: string | Buffer, facts: Partial<LogEntry> = {}): LogEntry {
  const content = { kind: 'line', bytes: Buffer.from(text) } as const;
  return { containerId: 'c', instanceId: one, stream: 'stdout', at: logTime(n), content, ...facts };
}

describe('the API of logs', () => {
  let plane: TestControlPlane;
  let deploymentId: string;

  beforeEach(() => {
    plane = testControlPlane();
    deploymentId = addDeployment(plane.notary).id;
  });

  afterEach(async () => {
    await plane.logs.close();
    plane.dispose();
  });

  async function store(...entries: LogEntry[]): Promise<void> {
    const intake = await plane.logs.of(deploymentId);
    assert.ok(intake !== 'gone');
    intake.offer('c', entries);
    await intake.settled();
  }

  async function ask(query: Record<string, string> = {}): Promise<readonly LogLine[]> {
    const path = `/deployment/${deploymentId}/logs?${new URLSearchParams(query)}`;
    const { status, body, text } = await plane.send('GET', path);
    assert.equal(status, 200, text);
    return body['logs'] as LogLine[];
  }

  it('answers newest first, each line with who printed it, where to, and a name of its own', async () => {
    await store(entry(1, 'hello'), entry(2, 'oh', { ...other, stream: 'stderr' }));
    const [newest, oldest] = await ask();
    assert.deepEqual([newest?.log, newest?.instance, newest?.stream], ['oh', two, 'stderr']);
    assert.equal(oldest?.timestamp, '2026-01-01 00:00:00.000000001 +00:00:00');
    assert.notEqual(oldest?.id, newest?.id);
  });

  it('goes back page by page, and filters by time, instance, text and expression', async () => {
    const lines = Array.from({ length: 9 }, (_, n) => entry(n, `line ${n}`, n % 2 === 0 ? {} : other));
    await store(...lines);
    const texts = async (query: Record<string, string>) => (await ask(query)).map(({ log }) => log);
    assert.deepEqual(await texts({ limit: '2', endTime: wireTime(logTime(5)) }), ['line 5', 'line 4']);
    assert.deepEqual(await texts({ startTime: wireTime(logTime(7)) }), ['line 8', 'line 7']);
    const forward = { direction: 'forward', limit: '2' };
    assert.deepEqual(await texts({ ...forward, startTime: wireTime(logTime(3)) }), ['line 3', 'line 4']);
    assert.deepEqual(await texts({ instance: two, limit: '1' }), ['line 7']);
    assert.deepEqual(await texts({ search: 'line 3' }), ['line 3']);
    assert.deepEqual(await texts({ regex: '(?i)LINE [12]$' }), ['line 2', 'line 1']);
  });

  it('says what was cut or dropped, and shows what is no text as such', async () => {
    await store(
      entry(1, Buffer.from([0x61, 0xff, 0xfe])),
      entry(2, '', { content: { kind: 'cut', bytes: Buffer.from('long') } }),
      entry(3, '', { content: { kind: 'dropped', lines: 12_345 } }),
    );
    const [dropped, cut, rubbish] = await ask();
    assert.match(dropped?.log ?? '', /^… 12,345 lines dropped/);
    assert.equal(dropped?.dropped, 12_345);
    assert.match(cut?.log ?? '', /^long … .*was cut/);
    assert.equal(rubbish?.log, 'a\ufffd\ufffd');
  });

  it('refuses what it cannot read, with the reason', async () => {
    for (const query of ['regex=(', 'endTime=yesterday', 'limit=501', 'instance=x', 'direction=up']) {
      const { status, body } = await plane.send('GET', `/deployment/${deploymentId}/logs?${query}`);
      assert.deepEqual([status, body['error']], [400, 'wrongParameters'], query);
    }
    assert.equal((await plane.send('GET', `/deployment/${two}/logs`)).status, 404);
  });

  it('takes no longer for a malicious expression', async () => {
    await store(entry(1, 'a'.repeat(20_000)));
    assert.deepEqual(await ask({ regex: '^(a+)+$|(a|aa)*b' }), await ask());
  });

  it('reads a time as exactly as it is written', () => {
    assert.equal(logTimeFrom('2026-01-01 00:00:00.5 +00:00:00', 'first'), '2026-01-01T00:00:00.500000000Z');
    assert.equal(logTimeFrom('2026-01-01 00:00:00.5 +00:00:00', 'last'), '2026-01-01T00:00:00.599999999Z');
    assert.equal(logTimeFrom('2026-01-01 01:00:00 +01:00:00', 'last'), '2026-01-01T00:00:00.999999999Z');
    assert.equal(logTimeFrom('2026-01-01T00:00:00.123456789Z', 'last'), '2026-01-01T00:00:00.123456789Z');
    assert.equal(logTimeFrom('nonsense', 'first'), undefined);
  });
});
