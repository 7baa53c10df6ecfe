import type { Readable } from 'node:stream';
import type { Connection } from '../connection.ts';
import {
  BuildFailure,
  EngineError,
  type BuildProgress,
  type BuildWanted,
  type Engine,
  type Waiting,
} from '../engine.ts';
import { Refusal } from '../errors.ts';
import { jsonHeader } from '../jsonHeader.ts';
import { jsonLines } from '../jsonLines.ts';
import { record, text } from '../records/facts.ts';
import { speaksBuildKit } from '../records/infoRecord.ts';
import type { CredentialSource } from '../registryCredentials.ts';
import type { EngineRequest, Query } from '../transport.ts';
import { BuildKitProgress } from './buildKitProgress.ts';
import { ClassicProgress } from './classicProgress.ts';
import { buildError, type ProgressReader } from './progress.ts';
import { openSession } from './session.ts';

export interface BuildsOptions {
  /** Credentials for the base images of a build, asked per registry host. None: only public ones. */
  readonly credentials?: CredentialSource;
}

/** Builds with BuildKit where the engine has it, with the classic builder where not. */
export function builds(connection: Connection, { credentials }: BuildsOptions): Pick<Engine, 'build'> {
  return {
    build: (context, wanted, waiting = {}) => build(connection, credentials, context, wanted, waiting),
  };
}

async function* build(
  connection: Connection,
  credentials: CredentialSource | undefined,
  context: Readable,
  wanted: BuildWanted,
  { signal }: Waiting,
): AsyncGenerator<BuildProgress, void, void> {
  let broken: unknown;
  context.once('error', (error) => {
    broken = error;
  });
  try {
    const engineHas = speaksBuildKit(await connection.version(signal));
    const modern = (wanted.builder ?? (engineHas ? 'buildKit' : 'classic')) === 'buildKit';
    const upload = { upload: context, headers: { 'Content-Type': 'application/x-tar' } };
    const request = { method: 'POST', path: '/build', ...upload, signal } as const;
    if (modern) yield* withSession(connection, credentials, request, wanted);
    else yield* classic(connection, credentials, request, wanted);
  } catch (error) {
    signal?.throwIfAborted();
    // A context that cannot be read tells more than the connection that broke because of it.
    throw error instanceof BuildFailure ? error : (broken ?? connection.explain(error, signal));
  } finally {
    context.destroy();
  }
}

async function* withSession(
  connection: Connection,
  credentials: CredentialSource | undefined,
  request: EngineRequest,
  wanted: BuildWanted,
): AsyncGenerator<BuildProgress, void, void> {
  const session = await openSession(connection.transport, credentials, request.signal);
  try {
    const query = { ...queryOf(wanted), version: 2, session: session.id };
    yield* follow(connection, { ...request, query }, new BuildKitProgress());
  } finally {
    session.close();
  }
}

async function* classic(
  connection: Connection,
  credentials: CredentialSource | undefined,
  request: EngineRequest,
  wanted: BuildWanted,
): AsyncGenerator<BuildProgress, void, void> {
  const known: Record<string, object> = {};
  for (const host of credentials === undefined ? [] : (wanted.registries ?? [])) {
    const found = await credentials?.(host, request.signal === undefined ? {} : { signal: request.signal });
    if (found === undefined) continue;
    const { username, password, identityToken } = found;
    known[found.server] = { username, password, serveraddress: found.server, identitytoken: identityToken };
  }
  // The builder is told everything beforehand: it has no way to ask back.
  const headers = { ...request.headers, 'X-Registry-Config': jsonHeader(known) };
  const query = { ...queryOf(wanted), version: 1, rm: true, forcerm: true };
  yield* follow(connection, { ...request, headers, query }, new ClassicProgress());
}

function queryOf(wanted: BuildWanted): Record<string, Query> {
  return {
    dockerfile: wanted.dockerfile,
    t: wanted.tags,
    labels: JSON.stringify(wanted.labels),
    buildargs: JSON.stringify(wanted.buildArguments),
    platform: wanted.platform,
    target: wanted.target,
    nocache: wanted.noCache,
  };
}

async function* follow(
  connection: Connection,
  request: EngineRequest,
  reader: ProgressReader,
): AsyncGenerator<BuildProgress, void, void> {
  const stream = await begin(connection, request, reader);
  let imageId: string | undefined;
  try {
    for await (const event of jsonLines(stream)) {
      for (const progress of reader.read(event)) {
        if (progress.kind === 'built') imageId = progress.imageId;
        else yield progress;
      }
      const raw = record(event);
      const failure = text(record(raw['errorDetail'])['message']) ?? text(raw['error']);
      if (failure !== undefined) throw buildError(failure, reader);
    }
  } finally {
    stream.destroy();
  }
  if (imageId === undefined) {
    throw new EngineError('failed', 'The build ended without an image and without an error. Build again.');
  }
  yield { kind: 'built', imageId };
}

/** A Dockerfile that cannot be read at all is refused before anything is built. */
async function begin(
  connection: Connection,
  request: EngineRequest,
  reader: ProgressReader,
): Promise<Readable & AsyncIterable<Buffer>> {
  try {
    return await connection.stream(request);
  } catch (error) {
    const refusal = error instanceof EngineError && error.cause instanceof Refusal ? error.cause : undefined;
    if (refusal === undefined || !/dockerfile|parse|syntax/i.test(refusal.message)) throw error;
    throw buildError(refusal.message, reader);
  }
}
