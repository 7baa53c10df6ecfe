import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack, type Pack } from 'tar-stream';
import { abandonable } from '../docker/abandonable.ts';
import type { OpenContext } from './buildContext.ts';
import { walkContext, type ContextEntry } from './contextWalk.ts';

type EntryHeader = Parameters<Pack['entry']>[0];

/** Files up to this size are read ahead, a few at a time; larger ones are streamed in pieces. */
const smallFile = 64 * 1024;
const readAhead = 16;
const blockSize = 256 * 1024;

/**
 * The context as a tar archive, as a stream that reads no faster than it is read: memory stays the same whatever
 * the context's size. Owners are root, as the docker command line has it; modes, times and links are kept.
 * Destroying the stream, or the signal, ends the reading.
 */
export function packContext(context: OpenContext, { signal }: { signal?: AbortSignal } = {}): Readable {
  return Readable.from(blocks(context, signal), { objectMode: false, highWaterMark: blockSize });
}

async function* blocks(
  context: OpenContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, void> {
  const archive = pack();
  const left = new AbortController();
  const fill = fillArchive(
    archive,
    context,
    AbortSignal.any([left.signal, ...(signal === undefined ? [] : [signal])]),
  );
  fill.catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    yield* joined(archive as unknown as AsyncIterable<Uint8Array>);
    await fill;
  } finally {
    left.abort();
    archive.destroy();
    // Whatever it was reading is closed before the stream counts as ended.
    await fill.catch(() => undefined);
  }
}

/** Archives of small files come in pieces of a few hundred bytes: joined, they cost far fewer writes. */
async function* joined(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of archive) {
    held.push(chunk);
    size += chunk.length;
    if (size < blockSize) continue;
    yield Buffer.concat(held);
    held = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(held);
}

async function fillArchive(archive: Pack, context: OpenContext, signal: AbortSignal): Promise<void> {
  const entries = walkContext(context.folder, { ignore: context.ignore, always: context.always, signal });
  for await (const { entry, content } of withContents(entries, context.folder)) {
    signal.throwIfAborted();
    if (entry.kind === 'file') await addFile(archive, entry, await content, context.folder, signal);
    else await addPlain(archive, header(entry), signal);
  }
  archive.finalize();
}

interface Prepared {
  readonly entry: ContextEntry;
  /** Content of a small file, already being read. */
  readonly content: Promise<Buffer | undefined>;
}

/** Starts reading the small files that come next while the ones before are being sent. */
async function* withContents(
  entries: AsyncIterable<ContextEntry>,
  folder: string,
): AsyncGenerator<Prepared, void, void> {
  const waiting: Prepared[] = [];
  for await (const entry of entries) {
    const small = entry.kind === 'file' && entry.size <= smallFile;
    const content = small ? readSmall(join(folder, entry.path), entry) : Promise.resolve(undefined);
    // A failure is met when its turn comes; until then it has been seen.
    content.catch(() => undefined);
    waiting.push({ entry, content });
    if (waiting.length <= readAhead) continue;
    const next = waiting.shift();
    if (next !== undefined) yield next;
  }
  yield* waiting;
}

async function readSmall(path: string, entry: ContextEntry & { kind: 'file' }): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(entry.size);
  const file = await open(path, 'r');
  try {
    await fillBuffer(file, buffer, entry.path);
    return buffer;
  } finally {
    await file.close();
  }
}

async function fillBuffer(file: FileHandle, buffer: Buffer, path: string): Promise<void> {
  for (let done = 0; done < buffer.length;) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done);
    if (bytesRead === 0) throw changed(path);
    done += bytesRead;
  }
}

async function addFile(
  archive: Pack,
  entry: ContextEntry & { kind: 'file' },
  content: Buffer | undefined,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  if (content !== undefined) {
    await addPlain(archive, header(entry), signal, content);
    return;
  }
  const file = await open(join(folder, entry.path), 'r');
  try {
    const ended = Promise.withResolvers<void>();
    const sink = archive.entry(header(entry), (error) => {
      if (error === undefined || error === null) ended.resolve();
      else ended.reject(error);
    });
    for (let left = entry.size; left > 0;) {
      signal.throwIfAborted();
      const buffer = Buffer.allocUnsafe(Math.min(blockSize, left));
      await fillBuffer(file, buffer, entry.path);
      left -= buffer.length;
      if (!sink.write(buffer)) await drained(sink, signal);
    }
    sink.end(undefined);
    await abandonable(ended.promise, signal);
  } finally {
    await file.close();
  }
}

async function drained(sink: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  await once(sink, 'drain', { signal });
}

/** Settles with the signal at the latest: an archive that was destroyed calls nobody back. */
function addPlain(archive: Pack, entry: EntryHeader, signal: AbortSignal, content?: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = (error?: Error | null): void => {
    if (error === undefined || error === null) resolve();
    else reject(error);
  };
  if (content === undefined) archive.entry(entry, done);
  else archive.entry(entry, content, done);
  return abandonable(promise, signal);
}

function header(entry: ContextEntry): EntryHeader {
  const common = {
    name: entry.path,
    mode: entry.mode,
    mtime: wholeSeconds(entry.modifiedAt),
    uid: 0,
    gid: 0,
  };
  switch (entry.kind) {
    case 'directory':
      return { ...common, type: 'directory', name: `${entry.path}/` };
    case 'symlink':
      return { ...common, type: 'symlink', linkname: entry.target };
    case 'file':
      return { ...common, type: 'file', size: entry.size };
  }
}

function wholeSeconds(time: Date): Date {
  return new Date(Math.max(0, Math.floor(time.getTime() / 1000)) * 1000);
}

function changed(path: string): Error {
  return new Error(
    `${path} became shorter while it was being sent to the engine. Build again once it is written.`,
  );
}
