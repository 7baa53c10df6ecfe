import { isAbort } from '../../../src/base/abort.ts';
import { describeError } from '../../../src/base/log.ts';
import type { PanelCaller } from '../../../src/protocol/panelCaller.ts';
import { longestSearch, noLogFilter, type LogFilter } from '../../../src/protocol/panelLogs.ts';
import type { ManageContract } from '../../../src/protocol/panelManage.ts';
import type { NewsOf } from '../../../src/protocol/panel.ts';
import type { LogLine } from '../../../src/protocol/shapes/log.ts';
import { formatTimestamp } from '../../../src/protocol/wire.ts';
import { plainText } from './ansi.ts';
import { keyOf, nothingHeld, withNewer, withOlder, type Held } from './held.ts';
import { revealed, rowHeight } from './window.ts';

/** What is asked of the list on the page, in pixels. */
export type LogList = Pick<HTMLElement, 'scrollTop' | 'scrollHeight' | 'clientHeight'>;

export interface LogsOptions {
  readonly host: Pick<PanelCaller<ManageContract>, 'call'>;
  readonly newId: () => string;
  /** As it was drawn last; null while it is not on the page. */
  readonly list: () => LogList | null;
  readonly kept: () => LogFilter | undefined;
  readonly keep: (filter: LogFilter) => void;
  /** What is shown has changed. */
  readonly onChange: () => void;
}

/** What is shown of a log. Heights and places in pixels. */
export interface LogsView {
  readonly filter: LogFilter;
  /** Whether the server knows more than a text to look for. */
  readonly filters: boolean;
  readonly held: Held;
  readonly top: number;
  readonly height: number;
  readonly following: boolean;
  /** Lines that came since somebody scrolled away from the end. */
  readonly unseen: number;
  readonly readable: boolean;
  readonly selected: string | undefined;
  readonly loading: boolean;
  readonly trouble: string;
  readonly actions: LogsActions;
}

export interface LogsActions {
  change(filter: Partial<LogFilter>): void;
  clear(): void;
  follow(following: boolean): void;
  read(readable: boolean): void;
  select(key: string | undefined): void;
  /** By so many lines, or to an end. */
  move(by: number): void;
  scrolled(list: LogList): void;
  older(): void;
  copy(lines: readonly LogLine[]): void;
  open(): void;
  save(): void;
  openPlace(line: string): void;
  openUrl(url: string): void;
}

/** Typing is waited out for this long, in milliseconds. */
const typingMs = 400;
/** Nearer to the first row than this more is read, in pixels. */
const nearTop = 400;
export const listId = 'log-list';

/** The logs of one panel: what is followed, what is held of it, and where somebody looks. */
export class Logs {
  readonly #options: LogsOptions;
  #filter: LogFilter;
  #session = '';
  #held = nothingHeld;
  #filters = true;
  #top = 0;
  #height = 600;
  #following = true;
  #unseen = 0;
  #readable = true;
  #selected: string | undefined;
  /** The session that older lines are read for. */
  #loading: string | undefined;
  /** Why nothing comes right now. */
  #trouble = '';
  /** Why what was asked for last was not done. */
  #refusal = '';
  #typing: ReturnType<typeof setTimeout> | undefined;
  /** The chosen line is brought into view by the next drawing. */
  #reveal = false;
  /** Where the list was scrolled to by a drawing, and not by a person. */
  #placed: number | undefined;
  /** Rows that came above what is seen, and went, since it was last drawn. */
  #shifted = 0;

  constructor(options: LogsOptions) {
    this.#options = options;
    this.#filter = options.kept() ?? noLogFilter;
  }

  /** Whether lines are followed, or were asked for. */
  get begun(): boolean {
    return this.#session !== '';
  }

  get view(): LogsView {
    return {
      filter: this.#filter,
      filters: this.#filters,
      held: this.#held,
      top: this.#top,
      height: this.#height,
      following: this.#following,
      unseen: this.#unseen,
      readable: this.#readable,
      selected: this.#selected,
      loading: this.#loading !== undefined,
      trouble: this.#trouble === '' ? this.#refusal : this.#trouble,
      actions: this.#actions,
    };
  }

  /** Begins anew with what is looked for now. What is refused has not begun. */
  async begin(): Promise<void> {
    const session = this.#options.newId();
    this.#session = session;
    this.#held = nothingHeld;
    this.#following = this.#filter.until === '';
    this.#unseen = 0;
    this.#trouble = '';
    this.#refusal = '';
    this.#selected = undefined;
    this.#options.onChange();
    const filter = this.#filter;
    try {
      const { filters } = await this.#options.host.call('followLogs', { session, filter });
      if (session !== this.#session) return;
      this.#filters = filters;
      if (filter.until !== '') await this.#older();
    } catch (error) {
      if (session !== this.#session) return;
      this.#session = '';
      if (!isAbort(error)) this.#trouble = describeError(error);
    }
    this.#options.onChange();
  }

  end(): void {
    clearTimeout(this.#typing);
    if (this.#session === '') return;
    this.#session = '';
    void this.#ask(() => this.#options.host.call('stopLogs', null));
  }

  hear(news: NewsOf<ManageContract>): void {
    if (news.kind === 'look' || news.session !== this.#session) return;
    if (news.kind === 'logTrouble') this.#trouble = news.message;
    else this.#take(news.lines, news.leftOut);
    this.#options.onChange();
  }

  /** The page was drawn: what is seen stays where it is, or is the end, or the line that was chosen. */
  drawn(): void {
    const list = this.#options.list();
    if (list === null) return;
    const before = list.scrollTop;
    const shift = this.#shifted * rowHeight;
    this.#shifted = 0;
    if (this.#following) list.scrollTop = list.scrollHeight;
    else if (shift !== 0) list.scrollTop += shift;
    this.#revealIn(list);
    if (list.scrollTop !== before) this.#placed = list.scrollTop;
    if (list.clientHeight === this.#height && Math.abs(list.scrollTop - this.#top) < rowHeight) return;
    this.#height = list.clientHeight;
    this.#top = list.scrollTop;
    this.#options.onChange();
  }

  /** The list is smaller while a line is chosen, so this waits until that is drawn. */
  #revealIn(list: LogList): void {
    const isDue = this.#reveal;
    this.#reveal = false;
    const { lines, older } = this.#held;
    const at = isDue ? lines.findIndex((line) => keyOf(line) === this.#selected) : -1;
    // Where nothing older comes, a row above the first one says so.
    const row = older ? at : at + 1;
    if (at >= 0) list.scrollTop = revealed(row, list.scrollTop, list.clientHeight);
  }

  #take(lines: readonly LogLine[], leftOut: number): void {
    const note = leftOut === 0 ? [] : [leftOutLine(leftOut, lines[0])];
    const before = this.#held.lines.length;
    const { held, gone } = withNewer(this.#held, [...note, ...lines]);
    this.#held = held;
    if (gone > 0 && !held.lines.some((line) => keyOf(line) === this.#selected)) this.#selected = undefined;
    if (this.#following) return;
    this.#shifted -= gone;
    this.#unseen += held.lines.length + gone - before;
  }

  async #older(): Promise<void> {
    const session = this.#session;
    if (session === '' || this.#loading === session || !this.#held.older) return;
    this.#loading = session;
    this.#refusal = '';
    this.#options.onChange();
    try {
      const before = this.#held.lines[0]?.timestamp ?? endOf(this.#filter);
      await this.#page(session, before);
    } catch (error) {
      if (!isAbort(error) && session === this.#session) this.#refusal = describeError(error);
    } finally {
      if (this.#loading === session) this.#loading = undefined;
      this.#options.onChange();
    }
  }

  /** A search that takes long is asked on, until it has found something or everything was looked through. */
  async #page(session: string, from: string | number): Promise<void> {
    let before = from;
    for (;;) {
      const filter = this.#filter;
      const { lines, searchedTo } = await this.#options.host.call('olderLogs', { filter, before });
      if (session !== this.#session) return;
      const { held, added } = withOlder(this.#held, lines, searchedTo !== undefined || lines.length > 0);
      const isEnd = searchedTo === undefined && added === 0;
      this.#held = isEnd ? { ...held, older: false } : held;
      this.#shifted += added;
      if (searchedTo === undefined || added > 0) return;
      before = searchedTo;
    }
  }

  readonly #actions: LogsActions = {
    change: (changes) => {
      const filter = { ...this.#filter, ...changes };
      this.#filter = { ...filter, search: filter.search.slice(0, longestSearch) };
      this.#options.keep(this.#filter);
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => void this.begin(), typingMs);
    },
    clear: () => {
      clearTimeout(this.#typing);
      this.#filter = noLogFilter;
      this.#options.keep(this.#filter);
      void this.begin();
    },
    follow: (following) => {
      this.#following = following;
      if (following) this.#unseen = 0;
      this.#options.onChange();
    },
    read: (readable) => {
      this.#readable = readable;
      this.#options.onChange();
    },
    select: (key) => {
      this.#selected = key;
      this.#reveal = key !== undefined;
      this.#following = false;
      this.#options.onChange();
    },
    move: (by) => this.#move(by),
    scrolled: (list) => this.#scrolled(list),
    older: () => void this.#older(),
    copy: (lines) => {
      const text = lines.map(({ log }) => plainText(log)).join('\n');
      void this.#ask(() => this.#options.host.call('copy', { text }));
    },
    open: () => void this.#ask(() => this.#options.host.call('openLogs', { filter: this.#filter })),
    save: () => void this.#ask(() => this.#options.host.call('saveLogs', { filter: this.#filter })),
    openPlace: (line) => void this.#ask(() => this.#options.host.call('openPlace', { line })),
    openUrl: (url) => void this.#ask(() => this.#options.host.call('openUrl', { url })),
  };

  #scrolled(list: LogList): void {
    const byPerson = list.scrollTop !== this.#placed;
    this.#placed = byPerson ? undefined : this.#placed;
    this.#top = list.scrollTop;
    this.#height = list.clientHeight;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < rowHeight * 1.5;
    if (!atEnd) this.#following = false;
    if (atEnd) this.#unseen = 0;
    // Who goes back to the end follows again; what is chosen stays in sight.
    if (atEnd && byPerson && this.#filter.until === '' && this.#selected === undefined)
      this.#following = true;
    if (list.scrollTop < nearTop && !this.#following) void this.#older();
    this.#options.onChange();
  }

  #move(by: number): void {
    const { lines } = this.#held;
    const at = lines.findIndex((line) => keyOf(line) === this.#selected);
    // With none chosen it begins with the newest, unless it goes to an end.
    const from = at < 0 ? lines.length - 1 : at;
    const step = at < 0 && Number.isFinite(by) ? 0 : by;
    const to = Math.min(lines.length - 1, Math.max(0, from + step));
    const line = lines[to];
    if (line === undefined) return;
    this.#actions.select(keyOf(line));
  }

  async #ask(ask: () => Promise<unknown>): Promise<void> {
    this.#refusal = '';
    try {
      await ask();
    } catch (error) {
      if (!isAbort(error)) this.#refusal = describeError(error);
    }
    this.#options.onChange();
  }
}

function endOf({ until }: LogFilter): string | number {
  const at = Date.parse(until);
  return Number.isNaN(at) ? '' : formatTimestamp(at + 999);
}

/** Stands where more came at once than a page can show. */
function leftOutLine(lines: number, next: LogLine | undefined): LogLine {
  const log = `… ${lines.toLocaleString('en-US')} lines are left out here: they came too fast to be shown. Open or save the output to read them.`;
  return { timestamp: next?.timestamp ?? '', id: `left out before ${next?.id ?? ''}`, log, dropped: lines };
}
