import assert from 'node:assert/strict';
import { noLogFilter } from '../../../../src/protocol/panelLogs.ts';
import type { LogLine } from '../../../../src/protocol/shapes/log.ts';
import { logQueryOf } from '../../../../src/extension/manage/logQuery.ts';
import { piecesOf, plainText } from '../../../../webview/manage/logs/ansi.ts';
import {
  mostHeld,
  mostText,
  nothingHeld,
  withNewer,
  withOlder,
} from '../../../../webview/manage/logs/held.ts';
import { structuredOf } from '../../../../webview/manage/logs/structured.ts';
import { revealed, rowHeight, windowOf } from '../../../../webview/manage/logs/window.ts';

const escape = '\u001b[';

describe('colours of a line', () => {
  const toned = (line: string) => piecesOf(line).map(({ text, tone }) => [text, tone]);

  it('are those of a terminal, and end where they are said to', () => {
    assert.deepEqual(toned(`a${escape}31mb${escape}1;92mc${escape}0md`), [
      ['a', undefined],
      ['b', 1],
      ['c', 10],
      ['d', undefined],
    ]);
    assert.equal(piecesOf(`${escape}1mx`)[0]?.bold, true);
  });

  it('of 256 and of all are the nearest of the sixteen', () => {
    assert.deepEqual(toned(`${escape}38;5;9ma${escape}38;2;0;0;120mb${escape}38:5:46mc${escape}48;5;1md`), [
      ['a', 9],
      ['b', 4],
      ['c', 10],
      ['d', 10],
    ]);
  });

  it('are all that is left of what acts on a terminal', () => {
    const line = `${escape}2Ja${escape}?25l\u001b]0;title\u0007b\u0000\u0008c`;
    assert.equal(plainText(line), 'abc');
    assert.deepEqual(toned(line), [
      ['a', undefined],
      ['bc', undefined],
    ]);
    assert.equal(piecesOf(`${escape}31m`.repeat(2000)).length, 0);
  });
});

describe('a line of JSON', () => {
  it('says its level, its message and the rest apart', () => {
    assert.deepEqual(structuredOf('{"level":50,"time":1,"msg":"paid","order":4711,"who":{"id":1}}'), {
      level: 'error',
      message: 'paid',
      fields: [
        ['order', '4711'],
        ['who', '{"id":1}'],
      ],
    });
    assert.equal(structuredOf('{"severity":"WARNING","message":"x"}')?.level, 'warning');
  });

  it('is one object, or a text like any other', () => {
    for (const text of ['', 'x', '[1]', '{"a":', '{}x', 'null']) assert.equal(structuredOf(text), undefined);
    assert.deepEqual(structuredOf('{}'), { level: undefined, message: '', fields: [] });
  });
});

describe('lines that are held', () => {
  const line = (n: number, facts: Partial<LogLine> = {}): LogLine => {
    const timestamp = `2026-01-01 00:00:00.${String(n).padStart(9, '0')} +00:00:00`;
    return { timestamp, log: String(n), id: `g.${n}`, ...facts };
  };
  const texts = (lines: readonly LogLine[]) => lines.map(({ log }) => log);
  const from = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, n) => line(first + n));

  it('are in the order of time, each once', () => {
    const { held } = withNewer(withNewer(nothingHeld, [line(1), line(3)]).held, [line(3), line(2), line(4)]);
    assert.deepEqual(texts(held.lines), ['1', '2', '3', '4']);
  });

  it('are bounded: the oldest go, and are known to be there', () => {
    const { held, gone } = withNewer({ lines: from(1, mostHeld), older: false, newer: 'followed' }, [
      line(mostHeld + 1),
    ]);
    assert.deepEqual([held.lines.length, gone, held.older, held.lines[0]?.log], [mostHeld, 1, true, '2']);
  });

  it('are bounded by their text as well, and the newest one stays', () => {
    const long = (n: number) => line(n, { log: 'x'.repeat(mostText / 2) });
    const { held, gone } = withNewer({ lines: [long(1), long(2)], older: false, newer: 'followed' }, [
      line(3),
    ]);
    assert.deepEqual([held.lines.map(({ id }) => id), gone, held.older], [['g.2', 'g.3'], 1, true]);
    const full = withOlder({ ...nothingHeld, lines: [long(2), long(3)] }, [line(1)]);
    assert.deepEqual([full.added, full.held.older], [0, false]);
    const huge = line(1, { log: 'x'.repeat(mostText + 1) });
    assert.deepEqual(withNewer(nothingHeld, [huge]).held.lines, [huge]);
  });

  it('get older ones before them, as many as there is room for', () => {
    const some = withOlder({ ...nothingHeld, lines: from(5, 6) }, from(3, 5).toReversed());
    assert.deepEqual([texts(some.held.lines), some.added, some.held.older], [['3', '4', '5', '6'], 2, true]);
    const full = withOlder({ ...nothingHeld, lines: from(10, mostHeld + 8) }, from(7, 9).toReversed());
    assert.deepEqual([full.added, full.held.older, full.held.lines[0]?.log], [1, false, '9']);
  });

  it('make room at the other end where somebody has jumped to a time', () => {
    const jumped = { lines: from(10, mostHeld + 9), older: false, newer: 'none' } as const;
    const { held, added } = withOlder(jumped, from(8, 10).toReversed());
    assert.deepEqual([added, held.lines.length, held.lines[0]?.log], [2, mostHeld, '8']);
    assert.deepEqual([held.lines.at(-1)?.log, held.newer], [String(mostHeld + 7), 'more']);
    const back = withNewer(held, from(mostHeld + 7, mostHeld + 9));
    assert.deepEqual(
      [back.gone, back.held.older, back.held.lines.at(-1)?.log],
      [2, true, String(mostHeld + 9)],
    );
  });
});

describe('rows that are drawn', () => {
  it('are those that are seen and some around them; all others are room', () => {
    const { from, to, above, below } = windowOf(1000, 500 * rowHeight, 10 * rowHeight);
    assert.deepEqual([from, to], [480, 530]);
    assert.equal(above + (to - from) * rowHeight + below, 1000 * rowHeight);
    assert.deepEqual(windowOf(0, 0, 100), { from: 0, to: 0, above: 0, below: 0 });
    const past = windowOf(3, 90_000, 100);
    assert.ok(past.from < past.to && past.to === 3);
  });
});

describe('a row that is to be seen', () => {
  it('is scrolled to from above and from below, and stays where it is otherwise', () => {
    const height = 10 * rowHeight;
    assert.equal(revealed(3, 5 * rowHeight, height), 3 * rowHeight);
    assert.equal(revealed(20, 5 * rowHeight, height), 11 * rowHeight);
    assert.equal(revealed(14, 5 * rowHeight, height), 5 * rowHeight);
  });
});

describe('the filter of logs', () => {
  it('is an expression where the server knows them, and a text where it does not', () => {
    const filter = { ...noLogFilter, search: 'a.b', instance: 'x' };
    assert.deepEqual(logQueryOf(filter, true), { regex: String.raw`(?i)a\.b`, instance: 'x' });
    assert.deepEqual(logQueryOf({ ...filter, expression: true, matchCase: true }, true), {
      regex: 'a.b',
      instance: 'x',
    });
    assert.deepEqual(logQueryOf({ ...filter, matchCase: true, instance: '' }, true), { search: 'a.b' });
    assert.deepEqual(logQueryOf(filter, false), { search: 'a.b' });
  });

  it('has times of this machine as the server writes them, the last moment of a second included', () => {
    const { startTime, endTime } = logQueryOf(
      { ...noLogFilter, from: '2026-01-01T00:00:00', until: 'x' },
      true,
    );
    assert.equal(
      Date.parse(`${startTime?.slice(0, 10)}T${startTime?.slice(11, 23)}Z`),
      new Date(2026, 0, 1).getTime(),
    );
    assert.equal(endTime, undefined);
    assert.match(
      logQueryOf({ ...noLogFilter, until: '2026-01-01T00:00:07' }, false).endTime ?? '',
      /:07\.999 /,
    );
  });
});
