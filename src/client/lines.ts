import type { Clock } from '../base/clock.ts';
import { Unreachable } from './errors.ts';

/** Longest line that is taken, in characters; a longer one ends the stream. */
const longestLine = 1_000_000;

/**
 * The lines of a stream, as they come. A stream on which nothing at all came for `silenceMs` is dead.
 * @throws Unreachable when it is dead or breaks off.
 */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  options: { silenceMs: number; clock: Clock; signal?: AbortSignal },
): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await nextChunk(reader, options);
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) throw new Unreachable('The server sent a line without an end.');
      for (const line of lines) if (line.trim() !== '') yield line;
    }
  } finally {
    // What ends here must end there too; a stream that is broken already has nothing left to cancel.
    await reader.cancel().catch(() => undefined);
  }
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { silenceMs, clock, signal }: { silenceMs: number; clock: Clock; signal?: AbortSignal },
): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
  const waiting = new AbortController();
  const limit = signal === undefined ? waiting.signal : AbortSignal.any([waiting.signal, signal]);
  const silence = clock.sleep(silenceMs, limit).then(
    () => new Unreachable('The server has fallen silent.'),
    () => undefined,
  );
  const chunk = reader.read().catch((error: unknown) => {
    throw new Unreachable('The connection broke off.', { cause: error });
  });
  try {
    const first = await Promise.race([chunk, silence]).catch((error: unknown) => {
      // An abort breaks the stream too, and is not the server's fault.
      signal?.throwIfAborted();
      throw error;
    });
    signal?.throwIfAborted();
    if (first instanceof Error) throw first;
    return first ?? (await chunk);
  } finally {
    waiting.abort();
    // Whoever lost the race is nobody's concern any more.
    chunk.catch(() => undefined);
  }
}
