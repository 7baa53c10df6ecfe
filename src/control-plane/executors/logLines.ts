import { isEngineError } from '../../docker/engine.ts';
import type { LogEntry } from './executor.ts';

interface Chunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

/** Longest line that is kept, in characters. */
const longestLine = 16_384;

/** Output of a container. It may be removed while it is read: then what was read is all there is. */
export async function* whatIsThere<T>(chunks: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* chunks;
  } catch (error) {
    if (!isEngineError(error, 'notFound')) throw error;
  }
}

/** Lines out of an engine's timestamped output, told apart by stream. Lines without a time are left out. */
export async function readLines(chunks: AsyncIterable<Chunk>, instanceId: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  const open = { stdout: new LineCutter(), stderr: new LineCutter() };
  const take = (stream: Chunk['stream'], lines: readonly string[]): void => {
    for (const line of lines) {
      const entry = parseLine(line);
      if (entry !== undefined) entries.push({ ...entry, instanceId, stream });
    }
  };
  for await (const { stream, bytes } of chunks) take(stream, open[stream].push(bytes));
  for (const stream of ['stdout', 'stderr'] as const) take(stream, open[stream].end());
  return entries;
}

/** Cuts bytes into lines; characters that are split between chunks come together again. */
class LineCutter {
  readonly #decoder = new TextDecoder();
  #rest = '';

  push(bytes: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, longestLine);
    return lines;
  }

  end(): string[] {
    return this.#rest === '' ? [] : [this.#rest];
  }
}

/** Reads `2026-01-01T00:00:00.123456789Z text`. */
function parseLine(line: string): { at: number; text: string } | undefined {
  const space = line.indexOf(' ');
  const at = Date.parse(space < 0 ? line : line.slice(0, space));
  if (Number.isNaN(at)) return undefined;
  const text = space < 0 ? '' : line.slice(space + 1).replace(/\r$/, '');
  return { at, text: text.slice(0, longestLine) };
}
