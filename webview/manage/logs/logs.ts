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

/** An end of what is held, at which more can be read. */
export type End = 'older' | 'newer';

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
  /** The end at which lines are read right now. */
  readonly loading: End | undefined;
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
/** Nearer to an end than this more is read there, in pixels. */
const near = 400;
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
  /** What is read right now, and for which session. One page at a time: each begins where the one before has ended. */
  #loading: { readonly session: string; readonly end: End } | undefined;
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
      loading: this.#loading?.end,
      trouble: this.#trouble === '' ? this.#refusal : this.#trouble,
      actions: this.#actions,
    };
  }

  /** Begins anew with what is looked for now. What is refused has not begun. */
  async begin(): Promise<void> {
    const session = this.#options.newId();
    this.#session = session;
    this.#following = this.#filter.until === '';
    this.#held = { ...nothingHeld, newer: this.#following ? 'followed' : 'more' };
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
      if (filter.until !== '') await this.#read('older');
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
    // A list that is no longer than what is seen cannot be scrolled.
    if (this.#filter.until !== '' && this.#refusal === '') this.#readNear(list);
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
    const added = this.#add([...note, ...lines]);
    if (!this.#following) this.#unseen += added;
  }

  /** Newer lines. Returns how many were not there yet. */
  #add(lines: readonly LogLine[]): number {
    const before = this.#held.lines.length;
    const { held, gone } = withNewer(this.#held, lines);
    this.#held = held;
    if (!this.#following) this.#shifted -= gone;
    this.#letGo(gone);
    return held.lines.length + gone - before;
  }

  /** A chosen line that went is none any more. */
  #letGo(gone: number): void {
    const isHeld = (): boolean => this.#held.lines.some((line) => keyOf(line) === this.#selected);
    if (gone > 0 && !isHeld()) this.#selected = undefined;
  }

  /** Reads on at an end that is nearly seen. */
  #readNear(list: LogList): void {
    if (list.scrollTop < near) void this.#read('older');
    if (list.scrollHeight - list.scrollTop - list.clientHeight < near) void this.#read('newer');
  }

  async #read(end: End): Promise<void> {
    const session = this.#session;
    const { older, newer } = this.#held;
    if (session === '' || this.#loading?.session === session) return;
    if (end === 'older' ? !older : newer !== 'more') return;
    const loading = { session, end };
    this.#loading = loading;
    this.#refusal = '';
    this.#options.onChange();
    try {
      const { lines } = this.#held;
      const line = end === 'older' ? lines[0] : lines.at(-1);
      await this.#pages(loading, line?.timestamp ?? endOf(this.#filter));
    } catch (error) {
      if (!isAbort(error) && session === this.#session) this.#refusal = describeError(error);
    } finally {
      if (this.#loading === loading) this.#loading = undefined;
      this.#options.onChange();
    }
  }

  /** A search that takes long is asked on, until it has found something or everything was looked through. */
  async #pages({ session, end }: { session: string; end: End }, from: string | number): Promise<void> {
    const { host } = this.#options;
    for (let at = from; ;) {
      const filter = this.#filter;
      const { lines, searchedTo: to } = await (end === 'older'
        ? host.call('olderLogs', { filter, before: at })
        : host.call('newerLogs', { filter, after: at }));
      if (session !== this.#session) return;
      const added = end === 'older' ? this.#addOlder(lines) : this.#add(lines);
      // More of one moment than an answer holds cannot be asked for.
      const searchedTo = to === at ? undefined : to;
      if (searchedTo === undefined && added === 0) this.#held = { ...this.#held, ...nothingMore[end] };
      if (searchedTo === undefined || added > 0) return;
      at = searchedTo;
    }
  }

  #addOlder(lines: readonly LogLine[]): number {
    const before = this.#held.lines.length;
    const { held, added } = withOlder(this.#held, lines);
    this.#held = held;
    this.#shifted += added;
    this.#letGo(before + added - held.lines.length);
    return added;
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
    older: () => void this.#read('older'),
    copy: (lines) => {
      const text = lines.map(({ log }) => plainText(log)).join('\n');
      void this.#ask(() => this.#options.host.call('copy', { text }));
    },
    open: () => void this.#ask(() => this.#options.host.call('openLogs', this.#shown())),
    save: () => void this.#ask(() => this.#options.host.call('saveLogs', this.#shown())),
    openPlace: (line) => void this.#ask(() => this.#options.host.call('openPlace', { line })),
    openUrl: (url) => void this.#ask(() => this.#options.host.call('openUrl', { url })),
  };

  /** What is looked for, up to the newest line that is shown where somebody has jumped to a time. */
  #shown(): { filter: LogFilter; upTo?: string | number } {
    const newest = this.#held.lines.at(-1)?.timestamp;
    const filter = this.#filter;
    return filter.until === '' || newest === undefined ? { filter } : { filter, upTo: newest };
  }

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
    if (!this.#following) this.#readNear(list);
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

const nothingMore = { older: { older: false }, newer: { newer: 'none' } } as const;

function endOf({ until }: LogFilter): string | number {
  const at = Date.parse(until);
  return Number.isNaN(at) ? '' : formatTimestamp(at + 999);
}

/** Stands where more came at once than a page can show. */
function leftOutLine(lines: number, next: LogLine | undefined): LogLine {
  const log = `… ${lines.toLocaleString('en-US')} lines are left out here: they came too fast to be shown. Open or save the output to read them.`;
  return { timestamp: next?.timestamp ?? '', id: `left out before ${next?.id ?? ''}`, log, dropped: lines };
}
