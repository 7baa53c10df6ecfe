import assert from 'node:assert/strict';
import { LineAssembler, longestLine } from '../../../../src/control-plane/logs/lineAssembler.ts';
import type { LogEntry, LogMarks } from '../../../../src/control-plane/logs/logEntry.ts';
import { aMessage, logTime } from '../../../support/logFrames.ts';

const source = { containerId: 'c1', instanceId: 'i1' };

function assembler(marks: LogMarks = {}, pace = { bytesPerSecond: 1e9, burstBytes: 1e9 }): LineAssembler {
  return new LineAssembler(source, marks, pace);
}

function words(entries: readonly LogEntry[]): string[] {
  return entries.map(({ content }) =>
    content.kind === 'dropped' ? `${content.lines} dropped` : `${content.kind} ${content.bytes.toString()}`,
  );
}

describe('lines out of messages', () => {
  it('are joined from parts, and belong to the time of the first', () => {
    const lines = assembler();
    assert.deepEqual(
      lines
        .push([aMessage(1, 'a', { ends: false }), aMessage(2, 'x', { stream: 'stderr' })])
        .map(({ stream }) => stream),
      ['stderr'],
    );
    const [joined] = lines.push([aMessage(1, 'b\r')]);
    assert.deepEqual([joined?.at, words([joined!])], [logTime(1), ['line ab']]);
  });

  it('are cut when they are too long, at once and between characters, and take no memory after that', () => {
    const lines = assembler();
    const long = Buffer.from(`a${'ü'.repeat(30_000)}`);
    const pieces = [0, 1, 2].map((n) => long.subarray(n * 16_384, (n + 1) * 16_384));
    const found = pieces.flatMap((piece) => lines.push([aMessage(1, piece, { ends: false })]));
    assert.deepEqual(
      found.map(({ content }) => content.kind),
      ['cut'],
    );
    const [{ content }] = found as [LogEntry];
    assert.ok(content.kind === 'cut' && content.bytes.length <= longestLine);
    assert.ok(!content.bytes.toString().includes('\ufffd'));
    assert.deepEqual(words(lines.push([aMessage(1, 'end'), aMessage(2, 'next')])), ['line next']);
  });

  it('keep a character whole that the engine cut in two, and bytes that are none as they came', () => {
    const lines = assembler();
    const bytes = Buffer.from(`${'x'.repeat(16_383)}ü`);
    const pieces = [bytes.subarray(0, 16_384), bytes.subarray(16_384)];
    const [{ content }] = lines.push([aMessage(1, pieces[0]!, { ends: false }), aMessage(1, pieces[1]!)]) as [
      LogEntry,
    ];
    assert.ok(content.kind === 'line' && content.bytes.equals(bytes));
    const rubbish = Buffer.from([0, 0xff, 0xc3, 0x1b, 0x80]);
    const [kept] = lines.push([aMessage(2, rubbish)]);
    assert.ok(kept?.content.kind === 'line' && kept.content.bytes.equals(rubbish));
  });

  it('are one, and nothing after that, where none ends for minutes', () => {
    const lines = assembler();
    const piece = Buffer.alloc(16_384, 'x');
    const found: LogEntry[] = [];
    // 160 MB in 10,000 pieces, each with the time of the first.
    for (let n = 0; n < 10_000; n += 1) found.push(...lines.push([aMessage(1, piece, { ends: false })]));
    assert.deepEqual(
      found.map(({ content }) => content.kind),
      ['cut'],
    );
    assert.deepEqual(words(lines.push([aMessage(1, 'the end'), aMessage(2, 'a line')])), ['line a line']);
  });

  it('end where another time begins, or with a short last piece, when the engine does not say so', () => {
    const piece = 'x'.repeat(16_384);
    const lines = assembler();
    assert.deepEqual(lines.push([aMessage(1, 'a', { ends: false })]), []);
    assert.deepEqual(words(lines.push([aMessage(2, 'b')])), ['line a', 'line b']);
    const long = [aMessage(3, piece, { ends: false }), aMessage(3, 'y', { ends: false })];
    assert.deepEqual(words(lines.push(long)), [`line ${piece}y`]);
    const longer = Array.from({ length: 4 }, () => aMessage(4, piece, { ends: false }));
    assert.equal(lines.push([...longer, aMessage(4, 'z', { ends: false })]).length, 1);
    assert.deepEqual(words(lines.push([aMessage(5, 'after')])), ['line after']);
  });

  it('go on where the store ends, with none missing and none twice', () => {
    const all = [1, 1, 2, 2, 2, 3].map((n, index) => aMessage(n, `line ${index}`));
    for (let stored = 1; stored <= all.length; stored += 1) {
      const at = all[stored - 1]!.at;
      const seen = all.slice(0, stored).filter((message) => message.at === at).length;
      const found = assembler({ stdout: { at, seen } }).push(all);
      assert.deepEqual(
        words(found),
        all.slice(stored).map(({ bytes }) => `line ${bytes.toString()}`),
      );
    }
  });

  it('of the other stream are not taken for stored ones', () => {
    const found = assembler({ stdout: { at: logTime(5), seen: 1 } }).push([
      aMessage(4, 'late', { stream: 'stderr' }),
      aMessage(5, 'stored'),
    ]);
    assert.deepEqual(words(found), ['line late']);
  });

  it('that come too fast are dropped and counted, and a calm one is kept again', () => {
    const lines = assembler({}, { bytesPerSecond: 1000, burstBytes: 1000 });
    const many = Array.from({ length: 100 }, (_, n) => aMessage(n, 'noise'));
    const found = words([...lines.push(many), ...lines.push([aMessage(5e9, 'calm')])]);
    assert.deepEqual(found.slice(-2), ['91 dropped', 'line calm']);
    assert.equal(found.length, 11);
  });

  it('that are dropped for long are told of now and then', () => {
    const lines = assembler({}, { bytesPerSecond: 1, burstBytes: 200 });
    const noise = Array.from({ length: 30 }, (_, n) => aMessage(n * 100_000_000, 'noise'));
    assert.deepEqual(words(lines.push(noise)), ['line noise', '11 dropped', '11 dropped']);
    assert.deepEqual(words(lines.end()), ['7 dropped']);
  });

  it('without an end are what is left when nothing more comes', () => {
    const lines = assembler();
    assert.deepEqual(lines.push([aMessage(1, 'last words', { ends: false })]), []);
    assert.deepEqual(words(lines.end()), ['line last words']);
    assert.deepEqual(lines.end(), []);
  });
});
