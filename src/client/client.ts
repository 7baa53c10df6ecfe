import { decode } from '../protocol/decode.ts';
import type { AnswerOf, RequestOf } from '../protocol/endpoint.ts';
import { endpoints, type EndpointName, type Endpoints } from '../protocol/endpoints.ts';
import type { LogLine } from '../protocol/shapes/log.ts';
import type { Change } from '../protocol/shapes/workspace.ts';
import { notOffered, whereTo } from './errors.ts';
import { ownDialect, type Dialect, type Spoken } from './generations/dialect.ts';
import { readLines } from './lines.ts';
import { linesOf } from './logFrames.ts';
import { readPages } from './pages.ts';
import { ServerTime } from './serverTime.ts';
import { frames, open, request, type AnyRequest, type Answer, type Connection } from './request.ts';

/** Endpoints that answer with a stream. */
const streamNames = ['followChanges', 'followLogs', 'archiveVolumeData'] as const;
type StreamName = (typeof streamNames)[number];

/** Endpoints that answer once, as JSON. */
export type CallName = Exclude<EndpointName, StreamName>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Instead of the connection's, for what takes its time. In milliseconds. */
  readonly timeoutMs?: number;
}

type Call<K extends CallName> =
  unknown extends RequestOf<Endpoints[K]>
    ? (given?: undefined, options?: CallOptions) => Promise<AnswerOf<Endpoints[K]>>
    : (given: RequestOf<Endpoints[K]>, options?: CallOptions) => Promise<AnswerOf<Endpoints[K]>>;

/** One method for each endpoint of the table, and one for all rows of a list. */
export type Api = { readonly [K in CallName]: Call<K> } & {
  /** The time by the server's clock, in milliseconds since the epoch, as far as its answers tell. */
  now(): number;
  /**
   * Every row of a paged list, page after page, a few of them read at a time. `rows` picks them out of an answer. Rows
   * that come or go meanwhile may be given twice, or not at all.
   */
  pages<K extends CallName, T>(
    name: K,
    given: RequestOf<Endpoints[K]>,
    rows: (answer: AnswerOf<Endpoints[K]>) => readonly T[],
    options?: CallOptions,
  ): AsyncGenerator<T>;
  /** Changes as they happen, until the signal fires. @throws Unreachable when the stream dies. */
  followChanges(given: RequestOf<Endpoints['followChanges']>, options?: CallOptions): AsyncGenerator<Change>;
  /** No line once the server lets in, then lines as they come, some at a time, until the signal fires. @throws Unreachable when the stream dies. */
  followLogs(
    given: RequestOf<Endpoints['followLogs']>,
    options?: CallOptions,
  ): AsyncGenerator<readonly LogLine[]>;
  /** A tar archive, as it is made. It breaks off when the signal fires; one that broke off was not whole. */
  archiveVolumeData(
    given: RequestOf<Endpoints['archiveVolumeData']>,
    options?: CallOptions,
  ): Promise<ReadableStream<Uint8Array>>;
};

/** The server says `alive` every 20 s at the latest. */
const silenceMs = 45_000;

/** A client of one server, in the words of its generation. It holds nothing open between calls. */
export function createClient(reached: Connection, dialect: Dialect = ownDialect): Api {
  const time = new ServerTime(reached.clock);
  const connection: Connection = { ...reached, onHeard: (headers, sentAt) => time.note(headers, sentAt) };
  /** What a generation has not is not asked for. */
  const said = (name: EndpointName, given: AnyRequest): Spoken => {
    if (!dialect.has(name)) throw notOffered(whereTo(connection.url));
    return dialect.say(name, given);
  };
  const ask = async (name: EndpointName, given: AnyRequest, options: CallOptions): Promise<Answer> => {
    const { signal, timeoutMs = connection.timeoutMs } = options;
    const spoken = said(name, given);
    return await request({ ...connection, timeoutMs }, spoken.endpoint, spoken.given, signal);
  };
  const call = async (name: CallName, given: AnyRequest = {}, options: CallOptions = {}): Promise<unknown> =>
    (await ask(name, given, options)).value;

  const calls = Object.fromEntries(
    Object.keys(endpoints)
      .filter((name) => !streamNames.some((stream) => stream === name))
      .map((name) => [
        name,
        (given?: AnyRequest, options?: CallOptions) => call(name as CallName, given, options),
      ]),
  ) as unknown as { readonly [K in CallName]: Call<K> };

  const openOf = async (name: StreamName, given: AnyRequest, signal: AbortSignal | undefined) => {
    const spoken = said(name, given);
    return await open(connection, spoken.endpoint, spoken.given, signal);
  };

  return {
    ...calls,
    now: () => time.now(),
    pages(name, given, rows, options = {}) {
      const { query, ...asked } = given as AnyRequest;
      const count = dialect.pageSize(name);
      return readPages(count, options.signal, async (page, signal) => {
        const one = { ...asked, query: { ...query, count, page } };
        const { value, total } = await ask(name, one, { ...options, signal });
        return { rows: rows(value as Parameters<typeof rows>[0]), total };
      });
    },
    async *followChanges(given, options = {}) {
      const stream = await openOf('followChanges', given, options.signal);
      const signal = options.signal === undefined ? {} : { signal: options.signal };
      for await (const line of readLines(stream, { silenceMs, clock: connection.clock, ...signal })) {
        const change = parseChange(line);
        if (change !== undefined) yield change;
      }
    },
    async *followLogs(given, { signal } = {}) {
      const spoken = said('followLogs', given);
      for await (const text of frames(connection, spoken.endpoint, spoken.given, signal)) {
        yield linesOf(text);
      }
    },
    archiveVolumeData: (given, options = {}) => openOf('archiveVolumeData', given, options.signal),
  };
}

/** Kinds of change that a newer server may have are passed over. */
function parseChange(line: string): Change | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const decoded = decode(endpoints.followChanges.returns, value);
  return decoded.ok ? decoded.value : undefined;
}
