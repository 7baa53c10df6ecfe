import { Readable } from 'node:stream';
import { extract } from 'tar-stream';

/** The files of a tar archive, as text by their paths. */
export async function tarFiles(tar: Readable | ReadableStream<Uint8Array>): Promise<Record<string, string>> {
  const bytes =
    tar instanceof Readable ? tar : Readable.fromWeb(tar as Parameters<typeof Readable.fromWeb>[0]);
  const entries = bytes.pipe(extract());
  bytes.on('error', (error) => entries.destroy(error));
  const found: Record<string, string> = {};
  for await (const entry of entries) {
    const chunks = await Array.fromAsync(entry as AsyncIterable<Buffer>);
    if (entry.header.type === 'file') found[entry.header.name] = Buffer.concat(chunks).toString('utf8');
  }
  return found;
}
