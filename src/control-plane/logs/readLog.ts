import type { Clock } from '../../base/clock.ts';
import type { DeploymentLog } from './deploymentLog.ts';
import { longestLine } from './lineAssembler.ts';
import type { LogTime, StoredLine } from './logEntry.ts';
import { readPart, Sources, storedLine, type LogSegment } from './logSegment.ts';

/** Which lines are wanted. Absent: any. */
export interface LogFilter {
  readonly instanceId?: string | undefined;
  readonly from?: LogTime | undefined;
  readonly until?: LogTime | undefined;
  readonly matches?: ((text: string) => boolean) | undefined;
}

/**
 * Those that come first in the wanted direction come first. `searchedTo`: the time or the room ran out; all that comes
 * before this was looked through.
 */
export interface LogPage {
  readonly lines: readonly StoredLine[];
  readonly searchedTo: LogTime | undefined;
}

/** `backward`: from the newest line on; `forward`: from the oldest. */
export type LogDirection = 'backward' | 'forward';

export interface PageWanted extends LogFilter {
  readonly limit: number;
  readonly direction: LogDirection;
}

/** How long a search may take, and how long it may keep others waiting, in milliseconds. */
const searchMs = 2000;
const turnMs = 10;
/** What a page holds of all its lines, in bytes; the first one however long it is. */
const pageBytes = 4 * 1024 * 1024;
/** Lines between two looks at the clock. */
const linesPerLook = 128;

/** Whether a line is wanted; what was dropped belongs to whatever is around it, but is no text to find. */
export function wanted(line: StoredLine, { instanceId, from, until, matches }: LogFilter): boolean {
  if (instanceId !== undefined && line.instanceId !== instanceId) return false;
  if ((from !== undefined && line.at < from) || (until !== undefined && line.at > until)) return false;
  if (matches === undefined) return true;
  return line.content.kind !== 'dropped' && matches(line.content.bytes.toString('utf8'));
}

/**
 * The first lines that are wanted, all instances in the order of time. Files are looked through in that order as well,
 * until no other one can have a line that belongs to the page. @throws the signal's reason.
 */
export async function readPage(
  log: DeploymentLog,
  page: PageWanted,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<LogPage> {
  const order = orders[page.direction];
  const files = log.segments.filter((segment) => overlaps(segment, page)).toSorted(order.files);
  const end = clock.now() + searchMs;
  let best: StoredLine[] = [];
  for (const [index, segment] of files.entries()) {
    const edge = order.edge(segment);
    const last = best.at(-1);
    if (best.length === page.limit && last !== undefined && order.times(last.at, edge) < 0) break;
    if (index > 0 && clock.now() > end && order.times(edge, order.begin(page)) > 0) {
      return bounded({ lines: best.filter(({ at }) => order.times(at, edge) < 0), searchedTo: edge });
    }
    const found = await linesIn(segment, page, { clock, signal });
    best = [...best, ...found].toSorted(order.lines).slice(0, page.limit);
  }
  return bounded({ lines: best, searchedTo: undefined });
}

/** Without the lines that there is no room for. */
function bounded(page: LogPage): LogPage {
  let bytes = 0;
  const { lines } = page;
  const over = lines.findIndex(({ content }) => {
    bytes += content.kind === 'dropped' ? 0 : content.bytes.length;
    return bytes > pageBytes;
  });
  if (over <= 0) return page;
  return { lines: lines.slice(0, over), searchedTo: lines[over]?.at };
}

function overlaps({ oldest, newest }: LogSegment, { from, until }: LogFilter): boolean {
  if (oldest === undefined || newest === undefined) return false;
  return (until === undefined || oldest <= until) && (from === undefined || newest >= from);
}

/** What comes before what. `edge`: the first time of a file; `begin`: where a page begins. */
interface Order {
  readonly times: (a: LogTime, b: LogTime) => number;
  readonly lines: (a: StoredLine, b: StoredLine) => number;
  readonly files: (a: LogSegment, b: LogSegment) => number;
  readonly edge: (segment: LogSegment) => LogTime;
  readonly begin: (page: LogFilter) => LogTime;
}

/** Every time comes between these texts. */
const [beforeAll, afterAll] = ['', '~'];

const forward: Order = {
  times: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
  lines: (a, b) => forward.times(a.at, b.at) || a.seq - b.seq,
  files: (a, b) => forward.times(forward.edge(a), forward.edge(b)) || a.firstSeq - b.firstSeq,
  edge: ({ oldest = beforeAll }) => oldest,
  begin: ({ from = beforeAll }) => from,
};

const backward: Order = {
  times: (a, b) => forward.times(b, a),
  lines: (a, b) => forward.lines(b, a),
  files: (a, b) => backward.times(backward.edge(a), backward.edge(b)) || b.firstSeq - a.firstSeq,
  edge: ({ newest = beforeAll }) => newest,
  begin: ({ until = afterAll }) => until,
};

const orders = { forward, backward } as const;

/** Wanted lines of a file, the first ones that can belong to a page; others get their turn in between. */
async function linesIn(
  segment: LogSegment,
  page: PageWanted,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<StoredLine[]> {
  const bytes = await readPart(segment, 0, segment.bytes);
  if (bytes === 'gone') return [];
  const sources = new Sources();
  const candidates: StoredLine[] = [];
  const cheap = { ...page, matches: undefined };
  let seq = segment.firstSeq;
  sources.read(bytes, (line) => {
    const stored = storedLine(bytes, line, seq++, sources);
    if (wanted(stored, cheap)) candidates.push(stored);
  });
  candidates.sort(orders[page.direction].lines);
  if (page.matches === undefined) return candidates.slice(0, page.limit).map(apart);
  const found: StoredLine[] = [];
  let turn = clock.now();
  for (const [index, line] of candidates.entries()) {
    if (index % linesPerLook === 0 && clock.now() - turn >= turnMs) {
      await new Promise(setImmediate);
      signal.throwIfAborted();
      turn = clock.now();
    }
    if (wanted(line, page)) found.push(apart(line));
    if (found.length === page.limit) break;
  }
  return found;
}

/** A line with bytes of its own, so that it does not hold a whole file in memory. */
function apart(line: StoredLine): StoredLine {
  const { content } = line;
  if (content.kind === 'dropped') return line;
  return { ...line, content: { kind: content.kind, bytes: Buffer.from(content.bytes) } };
}

/**
 * Read at once, in bytes: the longest line, and little more. What is made of it is gone before it gets old, which costs
 * the garbage collector half of what a larger part does.
 */
const partBytes = longestLine + 8 * 1024;

/**
 * Reads lines in the order in which they were stored, from a place on. The store is its buffer: whoever reads slowly
 * keeps nothing in memory, and misses only what was dropped from the store before it came by.
 */
export class LogReader {
  readonly #log: DeploymentLog;
  #seq: number;
  #segment: LogSegment | undefined;
  #offset = 0;
  #inFile = 0;
  #sources = new Sources();
  /** Lines that were gone when it came to them, and were not told of yet. */
  #missed = 0;

  /** Begins with the line of this number. */
  constructor(log: DeploymentLog, seq: number) {
    this.#log = log;
    this.#seq = seq;
  }

  /** The next lines, and how many before them were gone; nothing while there is nothing more. */
  async next(): Promise<{ readonly lines: readonly StoredLine[]; readonly missed: number }> {
    const segment = this.#place();
    if (segment === undefined) return { lines: [], missed: 0 };
    this.#skipTo(segment.firstSeq);
    const end = segment.firstSeq + segment.lines;
    const bytes = await readPart(segment, this.#offset, partBytes);
    const lines: StoredLine[] = [];
    const read =
      bytes === 'gone'
        ? 0
        : this.#sources.read(bytes, (line) => {
            const seq = segment.firstSeq + this.#inFile++;
            if (seq >= this.#seq) lines.push(storedLine(bytes, line, seq, this.#sources));
          });
    // A file that does not have what was stored in it never will: what there was is behind, and not waited for.
    if (read === 0) this.#skipTo(end);
    this.#offset += read;
    this.#seq += lines.length;
    return { lines, missed: lines.length === 0 ? 0 : this.#told() };
  }

  #skipTo(seq: number): void {
    this.#missed += Math.max(0, seq - this.#seq);
    this.#seq = Math.max(seq, this.#seq);
  }

  #told(): number {
    const missed = this.#missed;
    this.#missed = 0;
    return missed;
  }

  /** Whether there is more to read right now. */
  get behind(): boolean {
    return this.#seq < this.#log.end;
  }

  #place(): LogSegment | undefined {
    if (!this.behind) return undefined;
    const { segments } = this.#log;
    const segment =
      segments.findLast(({ firstSeq, lines }) => firstSeq <= this.#seq && this.#seq < firstSeq + lines) ??
      segments.find(({ firstSeq, lines }) => firstSeq > this.#seq && lines > 0);
    if (segment !== undefined && segment !== this.#segment) {
      this.#segment = segment;
      this.#offset = 0;
      this.#inFile = 0;
      this.#sources = new Sources();
    }
    return segment;
  }
}

/** Number of the first line that may be from this time or later. */
export function firstSeqFrom(log: DeploymentLog, from: LogTime): number {
  return log.segments.find(({ newest }) => newest !== undefined && newest >= from)?.firstSeq ?? log.end;
}
