import type { Connection } from './connection.ts';
import {
  EngineError,
  type Engine,
  type PushProgress,
  type RegistryAuth,
  type TransferProgress,
} from './engine.ts';
import { kindOfMessage } from './errors.ts';
import { jsonHeader } from './jsonHeader.ts';
import { jsonLines } from './jsonLines.ts';
import { transferOf, type TransferEvent } from './records/transferRecord.ts';
import { splitTag } from './splitTag.ts';
import { escapePath, type EngineRequest } from './transport.ts';

/**
 * Pulls and pushes. An abort stops the transfer; layers that have arrived stay where they are. A failure is only
 * an event on the wire, with status 200: each event is looked at.
 */
export function transfers(connection: Connection): Pick<Engine, 'pull' | 'push'> {
  return {
    pull(reference, auth, { signal } = {}) {
      const { name, tag } = splitTag(reference);
      // Without a tag the engine would pull every tag there is.
      const query = { fromImage: name, tag: tag ?? (name.includes('@') ? undefined : 'latest') };
      const headers = authHeader(auth);
      return pulled(connection, { method: 'POST', path: '/images/create', query, headers, signal });
    },
    push(reference, auth, { signal } = {}) {
      const { name, tag = 'latest' } = splitTag(reference);
      const path = `/images/${escapePath(name)}/push`;
      const headers = authHeader(auth);
      return pushed(connection, reference, { method: 'POST', path, query: { tag }, headers, signal });
    },
  };
}

/** `X-Registry-Auth`, which a push must carry even when there are no credentials. */
export function authHeader(auth: RegistryAuth | undefined): Record<string, string> {
  const told =
    auth === undefined
      ? {}
      : {
          username: auth.username,
          password: auth.password,
          serveraddress: auth.server,
          identitytoken: auth.identityToken,
        };
  return { 'X-Registry-Auth': jsonHeader(told) };
}

async function* pulled(
  connection: Connection,
  request: EngineRequest,
): AsyncGenerator<TransferProgress, void, void> {
  for await (const event of transferEvents(connection, request)) {
    if (event.kind === 'layer') yield event.progress;
  }
}

async function* pushed(
  connection: Connection,
  reference: string,
  request: EngineRequest,
): AsyncGenerator<PushProgress, void, void> {
  let digest = false;
  for await (const event of transferEvents(connection, request)) {
    if (event.kind === 'layer') yield { kind: 'layer', ...event.progress };
    if (event.kind === 'pushed') {
      digest = true;
      yield event;
    }
  }
  if (!digest) {
    throw new EngineError(
      'failed',
      `The push of ${reference} ended without a digest: it cannot be told what the registry has. Push again; with Podman, use a Docker engine.`,
    );
  }
}

async function* transferEvents(
  connection: Connection,
  request: EngineRequest,
): AsyncGenerator<Exclude<TransferEvent, { kind: 'failed' }>, void, void> {
  const stream = await connection.stream(request);
  try {
    for await (const value of jsonLines(stream)) {
      const event = transferOf(value);
      if (event.kind === 'failed') throw new EngineError(kindOfMessage(event.message), event.message);
      yield event;
    }
  } catch (error) {
    throw connection.explain(error, request.signal);
  } finally {
    stream.destroy();
  }
}
