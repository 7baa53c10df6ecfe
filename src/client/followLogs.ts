import { nextWait, type Backoff } from '../base/backoff.ts';
import { rest, type Clock } from '../base/clock.ts';
import { isProblem } from '../protocol/problems.ts';
import type { LogLine } from '../protocol/shapes/log.ts';
import type { Api } from './client.ts';
import { NotOffered, Unreachable } from './errors.ts';

/** Which lines of a deployment are followed. What a server does not know of it is left to whoever follows. */
export interface LogWish {
  readonly deploymentId: string;
  readonly search?: string | undefined;
  readonly regex?: string | undefined;
  readonly instance?: string | undefined;
  /** Nothing older than this; in the server's grammar. */
  readonly startTime?: string | undefined;
}

/** Who is asked now. */
export interface LogServer {
  readonly api: Pick<Api, 'followLogs' | 'getLogs'>;
  readonly workspaceId: string;
}

/**
 * `lines`: oldest first, none of them told before. `lost`: what comes now is told when the server is back. `deleted`: the
 * deployment is not there any more, and this is the last news.
 */
export type LogNews =
  | { readonly kind: 'lines'; readonly lines: readonly LogLine[] }
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly error: unknown }
  | { readonly kind: 'deleted' };

export interface LogFollowing {
  readonly clock: Clock;
  readonly chance: () => number;
  readonly signal: AbortSignal;
}

const backoff: Backoff = { first: 500, most: 10_000, jitter: 0.5 };
/** Where there is no stream the newest lines are asked for again and again: how often in milliseconds, and how many. */
const askEveryMs = 2000;
const atOnce = 500;
/** After so many streams in a row that gave no line the newest lines are asked for before each further one. */
const deafAfter = 3;
/** Lines that are remembered of a server that does not name them. */
const mostRemembered = 2000;
/** Before everything. */
const beginning = '1970-01-01 00:00:00.0 +00:00:00';

/**
 * Tells lines behind a known one as they come, each once, until the signal fires or the deployment is deleted. `server` is
 * asked for at every attempt, and throws while there is none. `known`: the newest lines that were read, newest first, as
 * pages have them; behind none it begins at the beginning.
 */
export async function followLogsForEver(
  server: () => LogServer,
  wish: LogWish,
  known: readonly LogLine[],
  tell: (news: LogNews) => void,
  { clock, chance, signal }: LogFollowing,
): Promise<void> {
  const seen = new Seen(known);
  const trouble = new LogTrouble(tell);
  for (let failures = 0; !signal.aborted;) {
    try {
      const { api, workspaceId } = server();
      for await (const lines of api.followLogs(asked(workspaceId, wish, seen), { signal })) {
        trouble.over();
        // One that lets in and breaks off again and again is not asked more often for it.
        if (lines.length > 0) failures = 0;
        const fresh = seen.fresh(lines);
        if (fresh.length > 0) tell({ kind: 'lines', lines: fresh });
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof NotOffered) return poll(server, wish, seen, tell, { clock, chance, signal });
      // Some proxies let no stream through and everything else.
      const deaf = failures + 1 >= deafAfter && !isProblem(error);
      const worth = deaf ? await ask(server, wish, seen, tell, trouble, signal) : trouble.met(error);
      if (worth === 'last') return;
    }
    // Why a server has ended a stream is what it answers the next time, if there is a reason at all.
    failures += 1;
    await rest(clock, trouble.wait(nextWait(failures, backoff, chance), chance), signal);
  }
}

function asked(workspaceId: string, { deploymentId, ...filter }: LogWish, seen: Seen) {
  const { id, timestamp } = seen.newest ?? {};
  const startTime = timestamp === undefined ? (filter.startTime ?? beginning) : String(timestamp);
  const query = { ...filter, startTime, ...(id === undefined ? {} : { after: id }) };
  return { params: { workspaceId, deploymentId }, query };
}

/** For servers without a stream. */
async function poll(
  server: () => LogServer,
  wish: LogWish,
  seen: Seen,
  tell: (news: LogNews) => void,
  { clock, chance, signal }: LogFollowing,
): Promise<void> {
  const trouble = new LogTrouble(tell);
  while ((await ask(server, wish, seen, tell, trouble, signal)) === 'passing' && !signal.aborted)
    await rest(clock, trouble.wait(askEveryMs, chance), signal);
}

/** Asks once for the newest lines, and tells those that are new. Whether it is worth to ask again. */
async function ask(
  server: () => LogServer,
  { deploymentId, ...filter }: LogWish,
  seen: Seen,
  tell: (news: LogNews) => void,
  trouble: LogTrouble,
  signal: AbortSignal,
): Promise<'passing' | 'last'> {
  try {
    const { api, workspaceId } = server();
    const given = { params: { workspaceId, deploymentId }, query: { ...filter, limit: atOnce } };
    const { logs } = await api.getLogs(given, { signal });
    trouble.over();
    const fresh = seen.fresh(logs.toReversed());
    if (fresh.length > 0) tell({ kind: 'lines', lines: fresh });
    return 'passing';
  } catch (error) {
    return signal.aborted ? 'last' : trouble.met(error);
  }
}

/** What keeps lines away, told once for as long as it is the same: that the server is away, or what it refuses. */
export class LogTrouble {
  readonly #tell: (news: LogNews) => void;
  #told: string | undefined;
  #failures = 0;
  #askedMs = 0;

  constructor(tell: (news: LogNews) => void) {
    this.#tell = tell;
  }

  /** Whether it is worth to ask again. */
  met(error: unknown): 'passing' | 'last' {
    // Who knows without asking that there is no server to ask may find out again soon that there is.
    const away = error instanceof Unreachable;
    this.#failures = away ? this.#failures + 1 : 0;
    this.#askedMs = away ? error.retryAfterMs : 0;
    if (isProblem(error, 'resourceDoesNotExist')) {
      this.#tell({ kind: 'deleted' });
      return 'last';
    }
    const name = isProblem(error) ? error.code : 'away';
    if (name !== this.#told) this.#tell({ kind: 'lost', error });
    this.#told = name;
    return 'passing';
  }

  over(): void {
    this.#failures = this.#askedMs = 0;
    if (this.#told !== undefined) this.#tell({ kind: 'connected' });
    this.#told = undefined;
  }

  /** How long to leave the server alone, in milliseconds: the usual time, longer while it fails, and as it wants it. */
  wait(usualMs: number, chance: () => number): number {
    const failing = this.#failures === 0 ? 0 : nextWait(this.#failures, backoff, chance);
    const asked = this.#askedMs;
    // It was asked for once: a stream that says nothing after that is no reason to wait for so long again.
    this.#askedMs = 0;
    return Math.max(usualMs, failing, asked);
  }
}

/** What was told already. A line with a name is known by it; of others the newest are remembered. */
class Seen {
  readonly #keys = new Map<string, number>();
  newest: LogLine | undefined;

  /** Newest first. */
  constructor(known: readonly LogLine[]) {
    this.fresh(known.toReversed());
  }

  /** Oldest first. The same text may come twice at the same time: as often as it comes at once, it is there. */
  fresh(lines: readonly LogLine[]): readonly LogLine[] {
    const counts = new Map<string, number>();
    const found: LogLine[] = [];
    for (const line of lines) {
      const key = line.id ?? `${line.timestamp} ${line.instance ?? ''} ${line.log}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      const known = this.#keys.get(key) ?? 0;
      if (known >= count) continue;
      // Put anew, so that the oldest is the first to be forgotten.
      this.#keys.delete(key);
      this.#keys.set(key, count);
      found.push(line);
    }
    for (const key of this.#keys.keys()) {
      if (this.#keys.size <= mostRemembered) break;
      this.#keys.delete(key);
    }
    this.newest = found.at(-1) ?? this.newest;
    return found;
  }
}
