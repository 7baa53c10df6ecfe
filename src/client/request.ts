import type { Endpoint } from '../protocol/endpoint.ts';
import { notUnderstood, isSuccess, refusal, understand, type Answer } from './answer.ts';
import {
  hear,
  isSocketRefusal,
  openFrames,
  openStream,
  type AnyRequest,
  type Connection,
} from './connection.ts';
import { whereTo } from './errors.ts';
import { waitBeforeRetry } from './retry.ts';

export type { Answer } from './answer.ts';
export type { AnyRequest, Connection } from './connection.ts';

/**
 * Sends a request of the table and decodes its answer. One that changes nothing is sent again while the server is
 * away or asks for patience. @throws ProblemError, Unreachable, NotOffered, NotUnderstood, the signal's reason.
 */
export async function request(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal?: AbortSignal,
): Promise<Answer> {
  for (let attempts = 1; ; attempts += 1) {
    const heard = await hear(connection, endpoint, given, signal);
    const answered = heard instanceof Error ? undefined : heard;
    const wait = waitBeforeRetry({
      method: endpoint.method,
      status: answered?.status,
      retryAfter: answered?.headers.get('retry-after') ?? null,
      attempts,
      now: connection.clock.now(),
      chance: connection.chance,
    });
    if (wait === undefined) {
      if (heard instanceof Error) throw heard;
      return understand(whereTo(connection.url), endpoint, heard);
    }
    await connection.clock.sleep(wait, signal);
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
    throw isSocketRefusal(error) ? refusal(whereTo(connection.url), error.status, error.text) : error;
  }
}

/** Opens the stream of an endpoint whose answer is lines; it is not tried again. @throws as `request` does. */
export async function open(
  connection: Connection,
  endpoint: Endpoint,
  given: AnyRequest,
  signal?: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const response = await openStream(connection, endpoint, given, signal);
  if (response instanceof Error) throw response;
  const server = whereTo(connection.url);
  if (!isSuccess(endpoint, response.status)) {
    throw refusal(server, response.status, await response.text().catch(() => ''));
  }
  if (response.body === null) throw notUnderstood(server, endpoint, 'it has no body');
  return response.body;
}
