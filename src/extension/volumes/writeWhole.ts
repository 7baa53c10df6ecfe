import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Told the bytes written so far, this often at most, in milliseconds. */
const tellEveryMs = 250;

export interface WriteOptions {
  readonly signal: AbortSignal;
  readonly tell: (bytes: number) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Writes a stream to a file that is there only when all of it is: what breaks off or is given up leaves nothing, and a
 * file of that name as it was. Resolves with the number of bytes. @throws what the stream or the disk failed with.
 */
export async function writeWhole(
  stream: ReadableStream<Uint8Array>,
  file: string,
  { signal, tell, now }: WriteOptions,
): Promise<number> {
  const part = `${file}.part`;
  let bytes = 0;
  let toldAt = now();
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (now() - toldAt >= tellEveryMs) {
        toldAt = now();
        tell(bytes);
      }
      done(null, chunk);
    },
  });
  try {
    const source = Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]);
    // For its owner alone: it may hold anything.
    await pipeline(source, counting, createWriteStream(part, { mode: 0o600 }), { signal });
    await rename(part, file);
    return bytes;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
