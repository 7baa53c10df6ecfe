import type { Readable } from 'node:stream';
import type { Connection } from './connection.ts';
import { BuildFailure, type BuildProgress, type BuildWanted, type Engine } from './engine.ts';
import { jsonLines } from './jsonLines.ts';
import type { EngineOptions } from './openEngine.ts';
import { record, text } from './records/facts.ts';

export function builds(connection: Connection, _options: EngineOptions): Pick<Engine, 'build'> {
  return { build: (context, wanted, { signal } = {}) => classic(connection, context, wanted, signal) };
}

async function* classic(
  connection: Connection,
  context: Readable,
  wanted: BuildWanted,
  signal: AbortSignal | undefined,
): AsyncGenerator<BuildProgress, void, void> {
  const query = {
    dockerfile: wanted.dockerfile,
    t: wanted.tags,
    labels: JSON.stringify(wanted.labels),
    buildargs: JSON.stringify(wanted.buildArguments),
    platform: wanted.platform,
    target: wanted.target,
    nocache: wanted.noCache,
    rm: true,
    forcerm: true,
    version: 1,
  };
  const headers = { 'Content-Type': 'application/x-tar' };
  const stream = await connection.stream({
    method: 'POST',
    path: '/build',
    query,
    upload: context,
    headers,
    signal,
  });
  try {
    for await (const value of jsonLines(stream)) {
      const raw = record(value);
      const failure = text(raw['error']);
      if (failure !== undefined) throw new BuildFailure(failure, { output: [] });
      const output = text(raw['stream']);
      if (output !== undefined) yield { kind: 'output', step: '', text: output };
      const id = text(record(raw['aux'])['ID']);
      if (id !== undefined) yield { kind: 'built', imageId: id };
    }
  } catch (error) {
    throw error instanceof BuildFailure ? error : connection.explain(error, signal);
  } finally {
    stream.destroy();
    context.destroy();
  }
}
