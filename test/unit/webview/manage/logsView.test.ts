import assert from 'node:assert/strict';
import { noLogFilter, type LogFilter } from '../../../../src/protocol/panelLogs.ts';
import { problem } from '../../../../src/protocol/problems.ts';
import type { LogLine } from '../../../../src/protocol/shapes/log.ts';
import { Logs, type LogList, type LogsOptions } from '../../../../webview/manage/logs/logs.ts';
import { rowHeight } from '../../../../webview/manage/logs/window.ts';

/** Heights of the list with and without the details of a line below it, in pixels. */
const tall = 20 * rowHeight;
const short = 10 * rowHeight;

function line(n: number): LogLine {
  const timestamp = `2026-01-01 00:00:00.${String(n).padStart(9, '0')} +00:00:00`;
  return { timestamp, log: String(n), id: `g.${n}` };
}

function lines(first: number, last: number): LogLine[] {
  return Array.from({ length: last - first + 1 }, (_, n) => line(first + n));
}

/** A list as the page would draw it: never scrolled past its end. */
class DrawnList implements LogList {
  readonly #logs: () => Logs;
  #top = 0;

  constructor(logs: () => Logs) {
    this.#logs = logs;
  }

  get clientHeight(): number {
    return this.#logs().view.selected === undefined ? tall : short;
  }

  get scrollHeight(): number {
    return Math.max(this.clientHeight, this.#logs().view.held.lines.length * rowHeight);
  }

  get scrollTop(): number {
    return Math.min(this.#top, this.scrollHeight - this.clientHeight);
  }

  set scrollTop(top: number) {
    this.#top = Math.max(0, Math.min(top, this.scrollHeight - this.clientHeight));
  }

  sees(row: number): boolean {
    return row * rowHeight >= this.scrollTop && (row + 1) * rowHeight <= this.scrollTop + this.clientHeight;
  }
}

/** What the page hands over with a call. */
interface Asked {
  readonly filter?: LogFilter;
  readonly before?: string;
  readonly after?: string;
  readonly upTo?: string;
}

describe('the logs of a panel', () => {
  let sessions = 0;
  let asked: { name: string; filter: LogFilter | undefined }[] = [];
  let kept: LogFilter | undefined;
  let answer: (name: string, input: Asked) => unknown;
  let wake: () => void;
  let logs: Logs;
  let list: DrawnList;

  beforeEach(async () => {
    sessions = 0;
    asked = [];
    kept = undefined;
    wake = () => undefined;
    answer = (name) => (name === 'olderLogs' ? { lines: [] } : { filters: true });
    list = new DrawnList(() => logs);
    logs = open();
    await logs.begin();
  });

  const open = (): Logs =>
    new Logs({
      host: {
        call: async (name: string, input: Asked | null) => {
          asked.push({ name, filter: input?.filter });
          return await answer(name, input ?? {});
        },
      } as unknown as LogsOptions['host'],
      newId: () => `session ${(sessions += 1)}`,
      list: () => list,
      kept: () => kept,
      keep: (filter) => (kept = filter),
      onChange: () => wake(),
    });

  const tell = (some: LogLine[]): void =>
    logs.hear({ kind: 'logLines', session: `session ${sessions}`, lines: some, leftOut: 0 });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const names = (): string[] => asked.map(({ name }) => name);
  const scrollTo = (top: number): void => {
    list.scrollTop = top;
    logs.view.actions.scrolled(list);
  };

  it('show the line that was chosen, though its details take room from the list', () => {
    tell(lines(0, 99));
    logs.drawn();
    assert.ok(list.sees(99));
    logs.view.actions.select('g.99');
    assert.ok(!list.sees(99), 'the list did not shrink');
    logs.drawn();
    assert.ok(list.sees(99));
    logs.view.actions.move(-Infinity);
    logs.drawn();
    assert.ok(list.sees(0));
    scrollTo(50 * rowHeight);
    logs.drawn();
    assert.equal(list.scrollTop, 50 * rowHeight, 'it was brought back though somebody had scrolled away');
  });

  it('follow again at the end, and not where somebody paused or has chosen a line', () => {
    tell(lines(0, 99));
    logs.drawn();
    logs.view.actions.follow(false);
    logs.view.actions.scrolled(list);
    assert.equal(logs.view.following, false, 'the scrolling of a drawing was taken for a person’s');
    scrollTo(0);
    tell([line(100)]);
    assert.deepEqual([logs.view.following, logs.view.unseen], [false, 1]);
    scrollTo(list.scrollHeight);
    assert.deepEqual([logs.view.following, logs.view.unseen], [true, 0]);
    logs.view.actions.select('g.100');
    scrollTo(0);
    scrollTo(list.scrollHeight);
    assert.equal(logs.view.following, false);
  });

  it('have not begun when the host refuses, and say why', async () => {
    answer = () => Promise.reject(problem('wrongParameters', { says: 'The server is not connected.' }));
    await logs.begin();
    assert.equal(logs.begun, false);
    assert.match(logs.view.trouble, /not connected/);
    answer = () => ({ filters: false });
    await logs.begin();
    assert.deepEqual([logs.begun, logs.view.filters, logs.view.trouble], [true, false, '']);
  });

  it('say what was refused until something else is asked for, and what keeps lines away until they come', async () => {
    answer = () => Promise.reject(problem('resourceDoesNotExist', { says: 'No file is meant.' }));
    logs.view.actions.openPlace('/app/server.js:12');
    await until(() => logs.view.trouble.includes('No file is meant'));
    answer = () => null;
    logs.view.actions.copy([line(1)]);
    await until(() => logs.view.trouble === '');
    const told = { kind: 'logTrouble', session: `session ${sessions}` } as const;
    logs.hear({ ...told, message: 'It is away.' });
    logs.view.actions.copy([line(1)]);
    assert.equal(logs.view.trouble, 'It is away.');
    logs.hear({ ...told, message: '' });
    assert.equal(logs.view.trouble, '');
  });

  it('are read up to a time though older ones of before are still on their way', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    answer = (name) => (name === 'olderLogs' ? promise : { filters: true });
    tell(lines(0, 99));
    logs.view.actions.older();
    answer = (name) => (name === 'olderLogs' ? { lines: [line(7)] } : { filters: true });
    logs.view.actions.change({ until: '2026-01-01T00:00:00' });
    await until(() => logs.view.held.lines.length === 1 && !logs.view.loading);
    const late = new Promise<void>((done) => (wake = done));
    resolve({ lines: [line(1)] });
    await late;
    assert.deepEqual(
      logs.view.held.lines.map(({ log }) => log),
      ['7'],
    );
  });

  describe('after a jump to a time', () => {
    const all = lines(0, 2999);
    const texts = (): string[] => logs.view.held.lines.map(({ log }) => log);
    const seen = (): number => logs.view.held.lines.findIndex((_, row) => list.sees(row));

    /** Five hundred at once; the time that is jumped to is that of line 999. */
    const page = (name: string, { before = '', after = '' }: Asked): unknown => {
      const at = all.findIndex(({ timestamp }) => timestamp === before || timestamp === after);
      if (name === 'newerLogs') return { lines: all.slice(at, at + 500) };
      const end = at < 0 ? 1000 : at + 1;
      if (name === 'olderLogs') return { lines: all.slice(Math.max(0, end - 500), end).toReversed() };
      return { filters: true };
    };

    /** Draws until nothing is read any more. */
    async function settle(): Promise<void> {
      for (logs.drawn(); logs.view.loading !== undefined; logs.drawn())
        await new Promise((resolve) => setImmediate(resolve));
    }

    beforeEach(async () => {
      answer = page;
      kept = { ...noLogFilter, until: '2026-01-01T00:00:00' };
      logs = open();
      await logs.begin();
    });

    it('are read on forwards as one scrolls down, and back as one scrolls up, each line once', async () => {
      assert.deepEqual([texts()[0], texts().at(-1)], ['500', '999']);
      await settle();
      assert.deepEqual([texts().at(-1), logs.view.held.newer], ['1498', 'more']);
      assert.ok(list.sees(499), 'what was jumped to went out of sight');
      while (logs.view.held.newer === 'more') {
        const row = texts()[seen()];
        scrollTo(list.scrollHeight);
        assert.notEqual(texts()[seen()], row);
        await settle();
      }
      assert.deepEqual(
        texts(),
        all.slice(500).map(({ log }) => log),
      );
      assert.deepEqual([logs.view.following, logs.view.held.newer], [false, 'none']);
      scrollTo(0);
      await settle();
      assert.deepEqual(
        texts(),
        all.slice(1).map(({ log }) => log),
      );
      assert.ok(list.sees(499), 'what was seen has moved');
    });

    it('are read at both ends where there are too few to scroll, also where a search takes long', async () => {
      const few = [line(10), line(20)];
      let searches = 0;
      answer = (name, { after }) => {
        if (name === 'olderLogs') return { lines: [line(10)] };
        if (name !== 'newerLogs') return { filters: true };
        searches += 1;
        if (after === few[1]!.timestamp) return { lines: [] };
        return after === 'later' ? { lines: few } : { lines: [], searchedTo: 'later' };
      };
      await logs.begin();
      await settle();
      assert.deepEqual([texts(), logs.view.held.newer, logs.view.held.older], [['10', '20'], 'none', false]);
      assert.equal(searches, 3);
    });

    it('end where more is of one moment than an answer holds', async () => {
      const { timestamp } = line(10);
      answer = (name) =>
        name.endsWith('erLogs') ? { lines: [line(10)], searchedTo: timestamp } : { filters: true };
      await logs.begin();
      await settle();
      assert.deepEqual([texts(), logs.view.held.newer, logs.view.held.older], [['10'], 'none', false]);
    });

    it('say why they cannot be read on, and try again when somebody scrolls', async () => {
      answer = (name, input) =>
        name === 'newerLogs' ? Promise.reject(new Error('It is away.')) : page(name, input);
      await logs.begin();
      await settle();
      await settle();
      assert.equal(logs.view.trouble, 'It is away.');
      assert.equal(names().filter((name) => name === 'newerLogs').length, 1);
      answer = page;
      scrollTo(list.scrollTop - 1);
      await settle();
      assert.deepEqual([logs.view.trouble, texts().at(-1)], ['', '1498']);
    });

    it('are saved up to the newest line that is shown', async () => {
      const given: Asked[] = [];
      await settle();
      answer = (_, input) => given.push(input);
      logs.view.actions.save();
      assert.deepEqual(given, [{ filter: kept, upTo: line(1498).timestamp }]);
    });
  });

  it('end with what was typed just now: nothing begins on another tab', () => {
    const before = names().length;
    logs.view.actions.change({ search: 'x' });
    logs.end();
    assert.deepEqual(names().slice(before), ['stopLogs']);
    assert.equal(kept?.search, 'x');
    assert.equal(logs.begun, false);
  });

  it('keep no more of a search than may be asked, so that it can be brought back', () => {
    logs.view.actions.change({ search: 'x'.repeat(5000) });
    logs.end();
    assert.equal(kept?.search.length, 1000);
    assert.deepEqual({ ...kept, search: '' }, noLogFilter);
  });

  it('let go of a chosen line that went', () => {
    tell(lines(0, 99));
    logs.view.actions.select('g.0');
    tell(lines(100, 20_099));
    assert.equal(logs.view.selected, undefined);
  });
});
