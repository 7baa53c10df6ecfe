import { closeSync, constants, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { OpenContext } from './buildContext.ts';
import { walkContext, type ContextEntry } from './contextWalk.ts';
import { tarBlock, tarHeader, tarPadding } from './tarHeader.ts';

type FileEntry = Extract<ContextEntry, { kind: 'file' }>;

const blockSize = 64 * 1024;
/** How many blocks are out at most when they are used again: several times what a pipe and a socket hold. */
const ringSize = 32;
/** Up to here a file is read in one go: that takes some ten microseconds, going through the thread pool a hundred. */
const smallFile = 32 * 1024;
/** A link that was put in the place of a file since it was looked at is not followed. Windows has no such flag. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

export interface PackOptions {
  readonly signal?: AbortSignal;
  /**
   * Uses the memory of a chunk again after 31 more: only for a reader that hands each on and heeds back-pressure,
   * as a pipe into a connection does. Without it a gigabyte passes through fresh memory, faster than it is given
   * back.
   */
  readonly reuse?: boolean;
}

/**
 * The context as a tar archive, as a stream that reads no faster than it is read: memory stays the same whatever
 * the context's size. Owners are root, as the docker command line has it; modes, times and links are kept (web
 * servers make ETags of times, and neither builder's cache looks at them). Destroying the stream, or the signal,
 * ends the reading.
 */
export function packContext(context: OpenContext, { signal, reuse = false }: PackOptions = {}): Readable {
  return Readable.from(blocks(context, reuse, signal), { objectMode: false, highWaterMark: blockSize });
}

async function* blocks(
  context: OpenContext,
  reuse: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, void> {
  const block = new Block(reuse);
  const { folder, ignore, always } = context;
  for await (const entry of walkContext(folder, { ignore, always, signal })) {
    signal?.throwIfAborted();
    const header = tarHeader(entry);
    if (block.room < header.length) yield block.take();
    block.add(header);
    if (entry.kind !== 'file') continue;
    if (entry.size <= smallFile) {
      if (block.room < entry.size + tarBlock) yield block.take();
      addSmall(block, join(folder, entry.path), entry);
    } else {
      yield* addLarge(block, join(folder, entry.path), entry, signal);
    }
  }
  if (block.room < 2 * tarBlock) yield block.take();
  block.pad(2 * tarBlock);
  yield block.take();
}

/** Small files and headers are gathered into blocks: fewer, larger writes. */
class Block {
  readonly #ring: Buffer[] | undefined;
  #turn = 0;
  #bytes: Buffer = Buffer.allocUnsafeSlow(blockSize);
  #used = 0;

  constructor(reuse: boolean) {
    this.#ring = reuse ? [this.#bytes] : undefined;
  }

  get room(): number {
    return blockSize - this.#used;
  }

  add(bytes: Buffer): void {
    bytes.copy(this.#bytes, this.#used);
    this.#used += bytes.length;
  }

  pad(length: number): void {
    this.#bytes.fill(0, this.#used, this.#used + length);
    this.#used += length;
  }

  /** Room to read into, at most `length` bytes; `advance` tells how much was read. */
  free(length: number): Buffer {
    return this.#bytes.subarray(this.#used, Math.min(blockSize, this.#used + length));
  }

  advance(length: number): void {
    this.#used += length;
  }

  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#used);
    this.#bytes = this.#next();
    this.#used = 0;
    return taken;
  }

  #next(): Buffer {
    if (this.#ring === undefined) return Buffer.allocUnsafeSlow(blockSize);
    this.#turn = (this.#turn + 1) % ringSize;
    return (this.#ring[this.#turn] ??= Buffer.allocUnsafeSlow(blockSize));
  }
}

function addSmall(block: Block, path: string, entry: FileEntry): void {
  const file = openSync(path, readFlags);
  try {
    for (let left = entry.size; left > 0;) {
      const read = readSync(file, block.free(left));
      if (read === 0) throw changed(entry.path);
      block.advance(read);
      left -= read;
    }
  } finally {
    closeSync(file);
  }
  block.pad(tarPadding(entry.size));
}

async function* addLarge(
  block: Block,
  path: string,
  entry: FileEntry,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, void> {
  const file = await open(path, readFlags);
  try {
    for (let left = entry.size; left > 0;) {
      signal?.throwIfAborted();
      if (block.room === 0) yield block.take();
      const { bytesRead } = await file.read(block.free(left));
      if (bytesRead === 0) throw changed(entry.path);
      block.advance(bytesRead);
      left -= bytesRead;
    }
  } finally {
    await file.close();
  }
  if (block.room < tarBlock) yield block.take();
  block.pad(tarPadding(entry.size));
}

function changed(path: string): Error {
  return new Error(
    `${path} became shorter while it was being sent to the engine. Build again once it is written.`,
  );
}
