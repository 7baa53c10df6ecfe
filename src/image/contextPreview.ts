import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenContext } from './buildContext.ts';
import { walkContext } from './contextWalk.ts';
import { redFlagOf, type RedFlag } from './redFlags.ts';

/** What a build would send, before it is sent. Sizes in bytes. */
export interface ContextPreview {
  readonly files: number;
  readonly bytes: number;
  /** The ten largest files, largest first. */
  readonly biggest: readonly { readonly path: string; readonly bytes: number }[];
  readonly excluded: {
    /** Excluded files, without those below excluded directories. */
    readonly files: number;
    readonly directories: number;
    /** Which line of the ignore file left out how many, in the order of the lines. */
    readonly byLine: readonly { readonly line: number; readonly pattern: string; readonly count: number }[];
  };
  readonly ignoreFile: string | undefined;
  readonly redFlags: readonly RedFlag[];
  /** Lines for the ignore file that would take care of every red flag. */
  readonly suggestions: readonly string[];
}

const shown = 10;
/** A context with thousands of keys is told by its first ones. */
const mostFlags = 100;

export async function previewContext(
  context: OpenContext,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ContextPreview> {
  const tally = new Tally();
  const excluded = new Exclusions();
  const { ignore, always } = context;
  const onExcluded: Exclusions['add'] = (path, kind, judgement) => excluded.add(path, kind, judgement);
  for await (const entry of walkContext(context.folder, { ignore, always, signal, onExcluded })) {
    if (entry.kind === 'directory') tally.addDirectory(entry.path);
    else tally.addFile(entry.path, entry.kind === 'file' ? entry.size : 0);
  }
  return { ...tally.result(), excluded: excluded.result(), ignoreFile: context.ignoreFile };
}

class Tally {
  #files = 0;
  #bytes = 0;
  #biggest: { path: string; bytes: number }[] = [];
  readonly #flags: RedFlag[] = [];
  /** What is below a flagged directory is not flagged again. */
  #flagged: string | undefined;

  addDirectory(path: string): void {
    const flag = this.#flag(path, true);
    if (flag !== undefined) this.#flagged = `${path}/`;
  }

  addFile(path: string, bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    this.#flag(path, false);
    const least = this.#biggest.at(-1)?.bytes ?? -1;
    if (this.#biggest.length >= shown && bytes <= least) return;
    this.#biggest.push({ path, bytes });
    this.#biggest.sort((left, right) => right.bytes - left.bytes);
    this.#biggest.length = Math.min(this.#biggest.length, shown);
  }

  #flag(path: string, directory: boolean): RedFlag | undefined {
    if (this.#flagged !== undefined && path.startsWith(this.#flagged)) return undefined;
    const flag = redFlagOf(path, directory);
    if (flag !== undefined && this.#flags.length < mostFlags) this.#flags.push(flag);
    return flag;
  }

  result(): Pick<ContextPreview, 'files' | 'bytes' | 'biggest' | 'redFlags' | 'suggestions'> {
    const suggestions = Array.from(new Set(this.#flags.map((flag) => flag.pattern)));
    return {
      files: this.#files,
      bytes: this.#bytes,
      biggest: this.#biggest,
      redFlags: this.#flags,
      suggestions,
    };
  }
}

class Exclusions {
  #files = 0;
  #directories = 0;
  readonly #byLine = new Map<number, { line: number; pattern: string; count: number }>();

  add(
    _path: string,
    kind: 'file' | 'directory',
    { by }: { readonly by: { readonly line: number; readonly text: string } | undefined },
  ): void {
    if (kind === 'file') this.#files += 1;
    else this.#directories += 1;
    if (by === undefined) return;
    const known = this.#byLine.get(by.line) ?? { line: by.line, pattern: by.text, count: 0 };
    known.count += 1;
    this.#byLine.set(by.line, known);
  }

  result(): ContextPreview['excluded'] {
    const byLine = Array.from(this.#byLine.values()).toSorted((left, right) => left.line - right.line);
    return { files: this.#files, directories: this.#directories, byLine };
  }
}

/** What to append to an ignore file of this text so that it holds the given lines; empty when it does already. */
export function ignoreAddition(text: string, lines: readonly string[]): string {
  const there = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = Array.from(new Set(lines)).filter((line) => !there.has(line));
  if (missing.length === 0) return '';
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const before = text === '' || text.endsWith('\n') ? '' : newline;
  return `${before}${missing.join(newline)}${newline}`;
}

/** Adds lines to the ignore file in use, or to a new `.dockerignore`. Resolves with its path in the context. */
export async function addToIgnoreFile(context: OpenContext, lines: readonly string[]): Promise<string> {
  const path = context.ignoreFile ?? '.dockerignore';
  const full = join(context.folder, path);
  const text = context.ignoreFile === undefined ? '' : await readFile(full, 'utf8');
  await appendFile(full, ignoreAddition(text, lines));
  return path;
}
