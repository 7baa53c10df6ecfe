import { fired } from './abandonable.ts';
import type { Connection } from './connection.ts';
import type { Engine, LogChunk, LogMessage, LogsWanted, Waiting } from './engine.ts';
import { frames } from './frames.ts';
import { LogMessages } from './logMessages.ts';
import { escapePath } from './transport.ts';

/** Both end, without an error, when the container stops or the signal fires. */
export function logs(connection: Connection): Pick<Engine, 'logs' | 'followLog'> {
  return {
    logs: (id, wanted, { signal } = {}) => read(connection, id, wanted, { signal }),
    followLog: (id, since, { signal } = {}) => follow(connection, id, since, { signal }),
  };
}

async function* follow(
  connection: Connection,
  id: string,
  since: string | undefined,
  { signal }: { signal: Waiting['signal'] | undefined },
): AsyncGenerator<readonly LogMessage[], void, void> {
  if (fired(signal)) return;
  const query = { stdout: true, stderr: true, follow: true, timestamps: true, since: secondsOf(since) };
  const messages = new LogMessages();
  try {
    const path = `/containers/${escapePath(id)}/logs`;
    const stream = await connection.stream({ method: 'GET', path, query, signal });
    try {
      for await (const chunk of stream) {
        const found = messages.push(chunk as Buffer);
        if (found.length > 0) yield found;
      }
    } finally {
      stream.destroy();
    }
  } catch (error) {
    if (!fired(signal)) throw connection.explain(error, signal);
  }
}

/** Seconds since the epoch with nine digits behind the point, as the engine takes them. */
function secondsOf(time: string | undefined): string | undefined {
  if (time === undefined) return undefined;
  return `${Math.floor(Date.parse(`${time.slice(0, 19)}Z`) / 1000)}.${time.slice(20, 29)}`;
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
