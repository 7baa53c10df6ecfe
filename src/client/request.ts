import { ProblemError } from '../protocol/problems.ts';
import type { Endpoint } from '../protocol/endpoint.ts';
import { isSuccess, isWebPage, notUnderstood, refusal, understand, webPage, type Answer } from './answer.ts';
import { textOf } from './body.ts';
import {
  hear,
  isSocketRefusal,
  openFrames,
  openStream,
  type AnyRequest,
  type Connection,
  type Heard,
} from './connection.ts';
import { Unreachable, whereTo } from './errors.ts';
import { isRepeatable, patienceAsked, waitBeforeRetry, type Attempt } from './retry.ts';

export type { Answer } from './answer.ts';
export type { AnyRequest, Connection } from './connection.ts';

/**
 * Sends a request of the table and decodes its answer. While the server is away or asks for patience it is sent again,
 * if that makes no difference to what it does. @throws ProblemError, Unreachable, NotOffered, NotUnderstood, the
 * signal's reason.
 */
export async function request(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal?: AbortSignal,
): Promise<Answer> {
  const { clock, chance } = connection;
  const began = clock.now();
  let mayHaveCome = false;
  for (let attempts = 1; ; attempts += 1) {
    const heard = await hear(connection, endpoint, given, signal);
    const attempt = attemptOf(endpoint, heard);
    const wait = waitBeforeRetry({
      attempt,
      repeatable: isRepeatable(endpoint, given),
      askedMs: heard instanceof Error ? 0 : patienceAsked(heard.headers, clock.now()),
      attempts,
      elapsedMs: clock.now() - began,
      chance,
    });
    if (wait === undefined) {
      if (heard instanceof Error) throw heard;
      return outcome(connection, endpoint, heard, mayHaveCome);
    }
    mayHaveCome ||= attempt === 'away';
    await clock.sleep(wait, signal);
  }
}

/** Statuses of a proxy whose server is away; with a reason in Patr's words they are the server's own. */
const away = new Set([502, 503, 504]);

function attemptOf(endpoint: Endpoint, heard: Heard | Unreachable): Attempt {
  if (heard instanceof Unreachable) {
    if (heard.lasting) return 'final';
    return heard.sent ? 'away' : 'unsent';
  }
  if (heard.status === 429) return 'refused';
  if (!away.has(heard.status)) return 'final';
  // A server that says why has done nothing; asked again it may have more to say.
  const reasoned = refusal('', heard, 0) instanceof ProblemError;
  return reasoned && endpoint.method !== 'GET' ? 'final' : 'away';
}

/** What was deleted by an attempt whose answer was lost is not there any more, as it was wished. */
function outcome(connection: Connection, endpoint: Endpoint, heard: Heard, mayHaveCome: boolean): Answer {
  try {
    return understand(whereTo(connection.url), endpoint, heard, connection.clock.now());
  } catch (error) {
    const gone = error instanceof ProblemError && error.code.endsWith('DoesNotExist');
    if (endpoint.method === 'DELETE' && mayHaveCome && gone) return { value: undefined, total: undefined };
    throw error;
  }
}

/** Messages of an endpoint whose answer is frames; it is not tried again. @throws as `request` does. */
export async function* frames(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal?: AbortSignal,
): AsyncGenerator<string, void, void> {
  try {
    yield* openFrames(connection, endpoint, given, signal);
  } catch (error) {
    if (!isSocketRefusal(error)) throw error;
    const heard = { status: error.status, headers: new Headers(), text: error.text };
    throw refusal(whereTo(connection.url), heard, connection.clock.now());
  }
}

/** The most that is read of why a stream was refused, in bytes. */
const longestRefusal = 64 * 1024;

/** Opens the stream of an endpoint whose answer is lines; it is not tried again. @throws as `request` does. */
export async function open(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal?: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const response = await openStream(connection, endpoint, given, signal);
  if (response instanceof Error) throw response;
  const { status, headers, body } = response;
  const server = whereTo(connection.url);
  if (!isSuccess(endpoint, status)) {
    const limited = AbortSignal.timeout(connection.timeoutMs);
    const text = await textOf(response, longestRefusal, limited).catch(() => '');
    signal?.throwIfAborted();
    throw refusal(server, { status, headers, text: text ?? '' }, connection.clock.now());
  }
  if (body === null) throw notUnderstood(server, endpoint, 'it has no body');
  if (isWebPage(headers, '')) {
    await body.cancel();
    throw webPage(server);
  }
  return body;
}
