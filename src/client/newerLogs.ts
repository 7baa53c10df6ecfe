import type { LogLine } from '../protocol/shapes/log.ts';
import { compareTimestamps, formatTimestamp, parseTimestamp } from '../protocol/wire.ts';
import type { Api } from './client.ts';
import type { LogWish } from './followLogs.ts';

/** Lines from a time on, oldest first. `searchedTo`: there are no others up to this time; ask on from here. */
export interface NewerLogs {
  readonly lines: readonly LogLine[];
  readonly searchedTo?: string | number | undefined;
}

/** `after`: a time as a line of the server has it; lines of that very time are among the answer. */
export type ReadNewer = (
  server: { readonly api: Pick<Api, 'getLogs' | 'now'>; readonly workspaceId: string },
  wish: LogWish,
  after: string | number,
  signal: AbortSignal,
) => Promise<NewerLogs>;

/** Lines that are asked for at once. Fewer are all that there are. */
const pageLines = 500;
/**
 * The first span that is looked at, and the longest, in milliseconds: servers of Patr look no further back than an hour
 * from the time that they are asked for.
 */
const [firstSpanMs, longestSpanMs] = [60_000, 3_600_000];
/** Requests for one page. */
const mostRequests = 12;

/** Asks a server that names the capability `logs`. @throws as every call does. */
export const readForwards: ReadNewer = async ({ api, workspaceId }, wish, after, signal) => {
  const { deploymentId, startTime = after, ...filter } = wish;
  const from = String(compareTimestamps(startTime, after) > 0 ? startTime : after);
  const query = { ...filter, startTime: from, direction: 'forward', limit: pageLines } as const;
  const { logs, searchedTo } = await api.getLogs(
    { params: { workspaceId, deploymentId }, query },
    { signal },
  );
  return { lines: logs, searchedTo };
};

/**
 * Asks a server that only reads back from a time: for what comes before the end of a span, which is made shorter until
 * the answer reaches back over all of it, and longer where there is nothing. @throws as every call does.
 */
export const lookForwards: ReadNewer = async (
  { api, workspaceId },
  { deploymentId, search },
  after,
  signal,
) => {
  const params = { workspaceId, deploymentId };
  const same: LogLine[] = [];
  let [from, span] = [parseTimestamp(after) ?? 0, firstSpanMs];
  for (let requests = 0; requests < mostRequests; requests += 1) {
    const isLast = from + span > api.now();
    const endTime = isLast ? undefined : formatTimestamp(from + span);
    const query = { search, endTime, limit: pageLines };
    const { logs } = await api.getLogs({ params, query }, { signal });
    const found = logs.filter(({ timestamp }) => (parseTimestamp(timestamp) ?? 0) >= from).toReversed();
    if (found.length >= pageLines && span > 1) {
      span = shorter(span, found);
      continue;
    }
    if (isLast || found.some(({ timestamp }) => compareTimestamps(timestamp, after) > 0))
      return { lines: [...same, ...found] };
    same.push(...found);
    from += span;
    span = Math.min(longestSpanMs, span * 4);
  }
  return { lines: same, searchedTo: formatTimestamp(from) };
};

/** A span that a page of lines as dense as these reaches over. */
function shorter(span: number, lines: readonly LogLine[]): number {
  const [first, last] = [lines[0], lines.at(-1)].map((line) => parseTimestamp(line?.timestamp ?? 0) ?? 0);
  const reached = ((last ?? 0) - (first ?? 0)) * 0.8;
  return Math.max(1, Math.floor(Math.min(span / 2, reached)));
}
