import { isAbort, withTimeout } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { decode } from '../protocol/decode.ts';
import { fillPath, type Endpoint } from '../protocol/endpoint.ts';
import { ProblemError, type FieldProblem } from '../protocol/problems.ts';
import { NotOffered, NotUnderstood, Unreachable, whereTo } from './errors.ts';
import { waitBeforeRetry } from './retry.ts';

/** How to reach a server. `fetch` is an argument: the editor's own knows proxies and certificates. */
export interface Connection {
  /** Base address without a slash at its end, such as `https://api.patr.cloud`. */
  readonly url: string;
  readonly token: string;
  readonly fetch: typeof fetch;
  readonly userAgent: string;
  readonly clock: Clock;
  /** 0 to 1, for the jitter of retries. */
  readonly chance: () => number;
  /** Longest time for one attempt, in milliseconds; streams have none. */
  readonly timeoutMs: number;
}

/** What a caller gives for any endpoint. */
export interface AnyRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
}

/** An answer, and the total of a paged list when the server told it. */
export interface Answer {
  readonly value: unknown;
  readonly total: number | undefined;
}

/** Sends a request of the table and decodes its answer. @throws ProblemError, Unreachable, NotOffered, NotUnderstood. */
export async function request(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal?: AbortSignal,
): Promise<Answer> {
  for (let attempts = 1; ; attempts += 1) {
    const outcome = await attempt(connection, endpoint, given, signal);
    const wait = waitBeforeRetry({
      method: endpoint.method,
      status: outcome instanceof Response ? outcome.status : undefined,
      retryAfter: outcome instanceof Response ? outcome.headers.get('retry-after') : null,
      attempts,
      now: connection.clock.now(),
      chance: connection.chance,
    });
    const done = outcome instanceof Response && outcome.status === endpoint.status;
    if (done || wait === undefined) {
      if (outcome instanceof Error) throw outcome;
      return read(connection, endpoint, outcome, signal);
    }
    if (outcome instanceof Response) await outcome.body?.cancel();
    await connection.clock.sleep(wait, signal);
  }
}

/** Opens the stream of an endpoint whose answer is lines. @throws as `request` does. */
export async function open(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal?: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const outcome = await send(connection, endpoint, given, signal);
  if (outcome instanceof Error) throw outcome;
  if (outcome.status !== endpoint.status) throw await refusal(connection, outcome);
  if (outcome.body === null) throw notUnderstood(connection, endpoint, 'it has no body');
  return outcome.body;
}

async function attempt(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal: AbortSignal | undefined,
): Promise<Response | Unreachable> {
  const limited = withTimeout(connection.timeoutMs, signal);
  return send(connection, endpoint, given, limited, signal);
}

async function send(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal: AbortSignal | undefined,
  callers: AbortSignal | undefined = signal,
): Promise<Response | Unreachable> {
  const url = address(connection, endpoint, given);
  const headers: Record<string, string> = {
    authorization: `Bearer ${connection.token}`,
    'user-agent': connection.userAgent,
    accept: 'application/json',
  };
  const init: RequestInit = { method: endpoint.method, headers, redirect: 'error' };
  if (endpoint.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(given.body);
  }
  if (signal !== undefined) init.signal = signal;
  try {
    return await connection.fetch(url, init);
  } catch (error) {
    if (callers?.aborted === true) throw callers.reason;
    const why = isAbort(error)
      ? `did not answer within ${Math.round(connection.timeoutMs / 1000)} s`
      : 'cannot be reached';
    return new Unreachable(
      `${whereTo(connection.url)} ${why}. Check that it runs and that the network is up.`,
      {
        cause: error,
      },
    );
  }
}

function address(connection: Connection, endpoint: Endpoint, given: AnyRequest): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const tail = query.size === 0 ? '' : `?${query}`;
  return `${connection.url}${fillPath(endpoint.path, given.params ?? {})}${tail}`;
}

async function read(
  connection: Connection,
  endpoint: Endpoint,
  response: Response,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  if (response.status !== endpoint.status && !isKindred(endpoint, response.status)) {
    throw await refusal(connection, response);
  }
  if (endpoint.returns === undefined || response.status === 205) {
    // A 205 may carry a body all the same; nothing in it is of use.
    await response.body?.cancel();
    return { value: undefined, total: undefined };
  }
  const body = await json(connection, endpoint, response, signal);
  const decoded = decode(endpoint.returns, body);
  if (!decoded.ok) {
    const [first] = decoded.fields;
    throw notUnderstood(connection, endpoint, `${first?.field ?? 'it'}: ${first?.message ?? 'unexpected'}`);
  }
  const header = response.headers.get('x-total-count');
  return { value: decoded.value, total: header === null ? undefined : Number(header) };
}

/** Patr's generations answer successes with different numbers of the 200s. */
function isKindred(endpoint: Endpoint, status: number): boolean {
  return status >= 200 && status < 300 && endpoint.answer === 'json';
}

async function json(
  connection: Connection,
  endpoint: Endpoint,
  response: Response,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw notUnderstood(connection, endpoint, 'it is not JSON or breaks off', error);
  }
}

function notUnderstood(
  connection: Connection,
  endpoint: Endpoint,
  why: string,
  cause?: unknown,
): NotUnderstood {
  const what = `${endpoint.method} ${endpoint.path}`;
  const message = `The answer of ${whereTo(connection.url)} to ${what} was not understood (${why}). Check the address, or update the extension.`;
  return new NotUnderstood(message, { cause });
}

/** The error that an answer outside the successes stands for. */
async function refusal(connection: Connection, response: Response): Promise<Error> {
  const text = (await response.text().catch(() => '')).slice(0, 100_000);
  if (response.status === 404 && text === '') {
    return new NotOffered(`${whereTo(connection.url)} does not offer this.`);
  }
  const failure = asFailure(text);
  if (failure === undefined) {
    const message = `${whereTo(connection.url)} answered with status ${response.status} and without a reason that can be read. Try again; if it stays, look into the server's log.`;
    return new ProblemError('internalServerError', response.status, message);
  }
  return new ProblemError(failure.error, response.status, failure.message, failure.fields);
}

function asFailure(text: string): { error: string; message: string; fields: FieldProblem[] } | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null || !('error' in body) || typeof body.error !== 'string') {
    return undefined;
  }
  const message = 'message' in body && typeof body.message === 'string' ? body.message : body.error;
  const fields = 'fields' in body && Array.isArray(body.fields) ? body.fields.filter(isFieldProblem) : [];
  return { error: body.error, message, fields };
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'field' in value &&
    typeof value.field === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
