import type { LogContent, LogEntry, LogMark, LogStream, LogTime } from './logEntry.ts';

/**
 * A file of the store is text, one record per line, told apart by its first letter:
 *
 *     # patr-log 1 3fa2c19e                       the store's generation
 *     i 0 <container> <instance>                  who number 0 is
 *     m 0 o 2026-01-01T00:00:00.123456789Z 1      how far stdout of number 0 was stored when the file began
 *     o 0 2026-01-01T00:00:00.123456789Z text     a line of stdout; `e` of stderr
 *     o+0 …                                       the beginning of a line that was longer
 *     o-0 2026-01-01T00:00:00.123456789Z 12345    so many lines were dropped here
 *     z <oldest> <newest> <lines>                 the end of a file that is full
 *
 * Only what ends with a line break was written whole.
 */
const newline = 10;
const letters = { stdout: 'o', stderr: 'e' } as const;
const marksOf = { line: ' ', cut: '+', dropped: '-' } as const;

export interface FileSource {
  readonly containerId: string;
  readonly instanceId: string;
}

/** What a full file says of itself. `oldest` and `newest` are absent when it has no line. */
export interface FileSummary {
  readonly lines: number;
  readonly oldest: LogTime | undefined;
  readonly newest: LogTime | undefined;
}

export type FileRecord =
  | { readonly kind: 'generation'; readonly generation: string }
  | { readonly kind: 'source'; readonly index: number; readonly source: FileSource }
  | { readonly kind: 'mark'; readonly index: number; readonly stream: LogStream; readonly mark: LogMark }
  | { readonly kind: 'end'; readonly summary: FileSummary };

/** A line as it lies in a file: where its text is, not the text. */
export interface FileLine {
  readonly index: number;
  readonly stream: LogStream;
  readonly at: LogTime;
  readonly mark: keyof typeof marksOf;
  readonly start: number;
  readonly end: number;
}

export const generationText = (generation: string): string => `# patr-log 1 ${generation}\n`;
export const sourceText = (index: number, { containerId, instanceId }: FileSource): string =>
  `i ${index} ${containerId} ${instanceId}\n`;
export const markText = (index: number, stream: LogStream, { at, seen }: LogMark): string =>
  `m ${index} ${letters[stream]} ${at} ${seen}\n`;
export const endText = ({ oldest = '-', newest = '-', lines }: FileSummary): string =>
  `z ${oldest} ${newest} ${lines}\n`;

/** Longest text of `endText`, in bytes. */
export const longestEnd = 100;

/** Writes a line behind `at` of the target, which has room for it. Returns where it ends. */
export function writeLine(target: Buffer, at: number, index: number, entry: LogEntry): number {
  const { stream, content } = entry;
  let place =
    at + target.write(`${letters[stream]}${marksOf[content.kind]}${index} ${entry.at} `, at, 'latin1');
  if (content.kind === 'dropped') place += target.write(String(content.lines), place, 'latin1');
  else place += content.bytes.copy(target, place);
  target[place] = newline;
  return place + 1;
}

/** Bytes that `writeLine` takes at most. */
export function lineRoom({ content }: LogEntry): number {
  return 64 + (content.kind === 'dropped' ? 0 : content.bytes.length);
}

/**
 * Reads the whole records of a file or a part of one, which begins with a record. Returns where the first one begins
 * that is not whole. What is none of ours is passed over.
 */
export function readRecords(
  bytes: Buffer,
  to: { line(line: FileLine): void; record(record: FileRecord): void },
): number {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(newline, start);
    if (end < 0) return start;
    const line = lineAt(bytes, start, end);
    if (line !== undefined) to.line(line);
    else {
      const record = recordOf(bytes.toString('latin1', start, end));
      if (record !== undefined) to.record(record);
    }
    start = end + 1;
  }
}

const [stdoutLetter, stderrLetter, space, plus] = [111, 101, 32, 43];

function lineAt(bytes: Buffer, start: number, end: number): FileLine | undefined {
  const letter = bytes[start];
  if (letter !== stdoutLetter && letter !== stderrLetter) return undefined;
  const gap = bytes.indexOf(space, start + 2);
  const text = gap + 32;
  if (gap < 0 || text > end) return undefined;
  const mark = bytes[start + 1];
  return {
    index: Number(bytes.toString('latin1', start + 2, gap)),
    stream: letter === stdoutLetter ? 'stdout' : 'stderr',
    at: bytes.toString('latin1', gap + 1, gap + 31),
    mark: mark === space ? 'line' : mark === plus ? 'cut' : 'dropped',
    start: text,
    end,
  };
}

/** What a line says; its bytes are a part of the file's. */
export function contentOf(bytes: Buffer, { mark, start, end }: FileLine): LogContent {
  if (mark === 'dropped') return { kind: 'dropped', lines: Number(bytes.toString('latin1', start, end)) };
  return { kind: mark, bytes: bytes.subarray(start, end) };
}

function recordOf(text: string): FileRecord | undefined {
  const [kind = '', first = '', second = '', third = '', fourth = ''] = text.split(' ');
  switch (kind) {
    case '#':
      return first === 'patr-log' && second === '1' ? { kind: 'generation', generation: third } : undefined;
    case 'i':
      return {
        kind: 'source',
        index: Number(first),
        source: { containerId: second, instanceId: third },
      };
    case 'm':
      return {
        kind: 'mark',
        index: Number(first),
        stream: second === 'e' ? 'stderr' : 'stdout',
        mark: { at: third, seen: Number(fourth) },
      };
    case 'z':
      return {
        kind: 'end',
        summary: { oldest: timeOf(first), newest: timeOf(second), lines: Number(third) },
      };
    default:
      return undefined;
  }
}

function timeOf(text: string): LogTime | undefined {
  return text === '-' ? undefined : text;
}
