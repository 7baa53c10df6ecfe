import { fired } from './abandonable.ts';
import type { Connection } from './connection.ts';
import type { Engine, LogChunk, LogsWanted, Waiting } from './engine.ts';
import { frames } from './frames.ts';
import { escapePath } from './transport.ts';

/** Ends, without an error, when the container stops or the signal fires. */
export function logs(connection: Connection): Pick<Engine, 'logs'> {
  return { logs: (id, wanted, { signal } = {}) => read(connection, id, wanted, { signal }) };
}

async function* read(
  connection: Connection,
  id: string,
  wanted: LogsWanted,
  { signal }: { signal: Waiting['signal'] | undefined },
): AsyncGenerator<LogChunk, void, void> {
  if (fired(signal)) return;
  const query = {
    stdout: true,
    stderr: true,
    follow: wanted.follow,
    timestamps: wanted.timestamps ?? false,
    tail: wanted.tail ?? 'all',
    since: wanted.since === undefined ? undefined : (wanted.since / 1000).toFixed(3),
  };
  try {
    const path = `/containers/${escapePath(id)}/logs`;
    const stream = await connection.stream({ method: 'GET', path, query, signal });
    try {
      yield* frames(stream);
    } finally {
      stream.destroy();
    }
  } catch (error) {
    if (!fired(signal)) throw connection.explain(error, signal);
  }
}
