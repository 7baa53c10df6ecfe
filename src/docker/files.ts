import type { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import type { Connection } from './connection.ts';
import { EngineError, type Engine } from './engine.ts';
import { escapePath } from './transport.ts';

const mostBytes = 1024 * 1024;

/** Files into and out of containers, as tar archives on the wire. */
export function files(connection: Connection): Pick<Engine, 'putArchive' | 'readFile' | 'archive'> {
  const path = (id: string): string => `/containers/${escapePath(id)}/archive`;
  return {
    async putArchive(id, directory, tar, { signal } = {}) {
      const query = { path: directory };
      const headers = { 'Content-Type': 'application/x-tar' };
      try {
        await connection.call({ method: 'PUT', path: path(id), query, upload: tar, headers, signal });
      } finally {
        if (!Buffer.isBuffer(tar)) tar.destroy();
      }
    },

    async archive(id, directory, { signal } = {}) {
      return connection.stream({ method: 'GET', path: path(id), query: { path: directory }, signal });
    },

    async readFile(id, file, { signal } = {}) {
      try {
        const stream = await connection.stream({
          method: 'GET',
          path: path(id),
          query: { path: file },
          signal,
        });
        try {
          return await onlyFile(stream, file);
        } finally {
          stream.destroy();
        }
      } catch (error) {
        const told = connection.explain(error, signal);
        if (
          told instanceof EngineError &&
          told.kind === 'notFound' &&
          !/no such container/i.test(told.message)
        ) {
          return 'absent';
        }
        throw told;
      }
    },
  };
}

async function onlyFile(stream: Readable, file: string): Promise<Buffer> {
  const entries = stream.pipe(extract());
  stream.on('error', (error) => entries.destroy(error));
  for await (const entry of entries) {
    if (entry.header.type !== 'file')
      throw new EngineError('failed', `${file} is a ${entry.header.type}, not a file.`);
    if ((entry.header.size ?? 0) > mostBytes)
      throw new EngineError('failed', `${file} is larger than 1 MiB.`);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  throw new EngineError('failed', `The engine sent nothing for ${file}.`);
}
