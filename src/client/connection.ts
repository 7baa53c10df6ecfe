import { withTimeout } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { formatBytes } from '../base/formatBytes.ts';
import { fillPath, type Endpoint } from '../protocol/endpoint.ts';
import { largestAnswer, textOf } from './body.ts';
import type { PinnedCertificate } from './certificates.ts';
import { notOffered, NotUnderstood, Unreachable, whereTo } from './errors.ts';
import { troubleOf } from './trouble.ts';

/** How to reach a server. `fetch` is an argument: the editor's own knows proxies and certificates. */
export interface Connection {
  /** Base address without a slash at its end, such as `https://api.patr.cloud`. */
  readonly url: string;
  readonly token: string;
  /** Host of its registry, where it is another one than is usual; see `registryHostOf`. */
  readonly registry?: string;
  readonly fetch: typeof fetch;
  readonly userAgent: string;
  readonly clock: Clock;
  /** 0 to 1, for the jitter of retries. */
  readonly chance: () => number;
  /** Longest time for one attempt, in milliseconds; a stream has it until its first byte can come. */
  readonly timeoutMs: number;
  /** Told of every answer, with the time at which it was asked for. */
  readonly onHeard?: (headers: Headers, sentAt: number) => void;
  /** Absent: nothing is followed over a WebSocket. */
  readonly openSocket?: OpenSocket;
}

/**
 * Opens a WebSocket. Gives an empty message once it is open, then those of the server as they come and no faster than
 * they are taken; ends when the server closes it.
 * @throws SocketRefusal when the server answers otherwise, the signal's reason, and whatever broke.
 */
export type OpenSocket = (
  url: string,
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    readonly signal: AbortSignal | undefined;
    /** Absent: whoever has a certificate that the machine trusts. */
    readonly pinned?: PinnedCertificate;
    /** How often the server is asked whether it is there, in milliseconds; one that is silent until the next time is gone. */
    readonly pingEveryMs?: number;
  },
) => AsyncIterable<string>;

/** An ordinary answer came where a WebSocket was asked for. */
export interface SocketRefusal {
  readonly status: number;
  readonly text: string;
}

/** What a caller gives for any endpoint. */
export interface AnyRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
}

/** A whole answer, as it came. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends once and hears the whole answer. What broke off on the way is a value; a caller's abort is thrown. */
export async function hear(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal: AbortSignal | undefined,
): Promise<Heard | Unreachable> {
  const limited = withTimeout(connection.timeoutMs, signal);
  const sentAt = connection.clock.now();
  try {
    const response = await connection.fetch(...requestOf(connection, endpoint, given, limited));
    const { status, headers } = response;
    connection.onHeard?.(headers, sentAt);
    if (status !== 205) return { status, headers, text: await wholeText(connection, response, limited) };
    // A 205 may carry a body all the same; nothing in it is of use.
    await response.body?.cancel();
    return { status, headers, text: '' };
  } catch (error) {
    if (error instanceof NotUnderstood) throw error;
    return unreachable(connection, error, signal);
  }
}

async function wholeText({ url }: Connection, response: Response, signal: AbortSignal): Promise<string> {
  const text = await textOf(response, largestAnswer, signal);
  if (text !== undefined) return text;
  const size = formatBytes(largestAnswer);
  throw new NotUnderstood(`${whereTo(url)} answers with more than ${size}. Nothing of it was used.`);
}

/** Sends once and gives the answer while its body is still to come. */
export async function openStream(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal: AbortSignal | undefined,
): Promise<Response | Unreachable> {
  const opening = new AbortController();
  const late = setTimeout(
    () => opening.abort(new DOMException('The server is silent.', 'TimeoutError')),
    connection.timeoutMs,
  );
  const limited = signal === undefined ? opening.signal : AbortSignal.any([signal, opening.signal]);
  try {
    return await connection.fetch(...requestOf(connection, endpoint, given, limited));
  } catch (error) {
    return unreachable(connection, error, signal);
  } finally {
    clearTimeout(late);
  }
}

/** Messages of a WebSocket. @throws Unreachable, and the refusal as a value that `isSocketRefusal` tells. */
export async function* openFrames(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, void> {
  const { openSocket, timeoutMs, token, userAgent } = connection;
  if (openSocket === undefined) throw notOffered(whereTo(connection.url));
  const url = addressOf(connection, endpoint, given).replace(/^http/, 'ws');
  const headers = { authorization: `Bearer ${token}`, 'user-agent': userAgent };
  try {
    yield* openSocket(url, { headers, timeoutMs, signal });
  } catch (error) {
    throw isSocketRefusal(error) ? error : unreachable(connection, error, signal);
  }
}

/** The socket's code is a bundle of its own: what it throws is told by its shape. */
export function isSocketRefusal(error: unknown): error is Error & SocketRefusal {
  return error instanceof Error && error.name === 'SocketRefusal';
}

function requestOf(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal: AbortSignal,
): [string, RequestInit] {
  const headers: Record<string, string> = {
    authorization: `Bearer ${connection.token}`,
    'user-agent': connection.userAgent,
    accept: 'application/json',
  };
  const init: RequestInit = { method: endpoint.method, headers, redirect: 'manual', signal };
  if (endpoint.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(given.body);
  }
  return [addressOf(connection, endpoint, given), init];
}

function addressOf({ url }: Connection, endpoint: Endpoint, { params = {}, query = {} }: AnyRequest): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) asked.set(name, String(value));
  }
  return `${url}${fillPath(endpoint.path, params)}${asked.size === 0 ? '' : `?${asked}`}`;
}

function unreachable(
  { url, timeoutMs }: Connection,
  error: unknown,
  callers: AbortSignal | undefined,
): Unreachable {
  if (callers?.aborted === true) throw callers.reason;
  const { says, sent, lasting } = troubleOf(error, timeoutMs);
  return new Unreachable(`${whereTo(url)} ${says}`, { cause: error, sent, lasting });
}
