import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { compileGlob, type IgnorePattern } from './ignorePattern.ts';

/** What an ignore file says about paths, with forward slashes and relative to the context. */
export interface Ignore {
  readonly patterns: readonly IgnorePattern[];
  /** Judgement of one path, given the one about the directory that it is in (none: the context itself). */
  judge(path: string, parent: Judgement | undefined): Judgement;
  /** An excluded directory that may still hold something which an exception takes back. */
  mayHoldExceptions(directory: string): boolean;
}

export interface Judgement {
  readonly excluded: boolean;
  /** The pattern that decided, if any did. */
  readonly by: IgnorePattern | undefined;
  /** For each pattern: whether it has matched here or above. */
  readonly matched: readonly boolean[];
}

/** The ignore file in use. */
export interface IgnoreFile {
  /** Relative to the context, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/**
 * Reads patterns as moby/patternmatcher does. Not @balena/dockerignore: it takes `+ ( ) | { }` for parts of a
 * regular expression, says "not ignored" for a file named `constructor`, and remembers every path it was asked.
 * @throws SyntaxError, naming the line, for what Docker refuses as well.
 */
export function parseIgnore(text: string, windows = process.platform === 'win32'): Ignore {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const patterns = lines.flatMap((line, index) => readLine(line, index + 1, windows) ?? []);
  const exceptions = patterns.filter((pattern) => pattern.exception);
  const onlyPlainExceptions = exceptions.every((pattern) => !/[*?[\]\\]/.test(pattern.text));
  return {
    patterns,
    judge: (path, parent) => judge(patterns, path, parent),
    mayHoldExceptions(directory) {
      if (!onlyPlainExceptions) return true;
      return exceptions.some((pattern) => `${pattern.text}/`.startsWith(`${directory}/`));
    },
  };
}

function readLine(written: string, line: number, windows: boolean): IgnorePattern | undefined {
  // A comment begins in the first column: blanks before it make it a pattern.
  if (written.startsWith('#')) return undefined;
  const trimmed = written.trim();
  if (trimmed === '') return undefined;
  const exception = trimmed.startsWith('!');
  const bare = exception ? trimmed.slice(1).trim() : trimmed;
  if (bare === '')
    throw new SyntaxError(`Line ${line} of the ignore file: "!" alone excepts nothing. Remove it.`);
  const slashed = windows ? bare.replaceAll('\\', '/') : bare;
  const clean = posix.normalize(slashed).replace(/(?<=.)\/$/, '');
  const text = clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean;
  try {
    return { text, exception, line, matches: compileGlob(text) };
  } catch (error) {
    throw new SyntaxError(
      `Line ${line} of the ignore file, "${trimmed}", is no pattern: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

/** Later lines win. A pattern that has matched a directory holds for what is below, as far as exceptions let it. */
function judge(patterns: readonly IgnorePattern[], path: string, parent: Judgement | undefined): Judgement {
  let by: IgnorePattern | undefined;
  let excluded = false;
  const matched = patterns.map((pattern, index) => {
    const inherited = parent?.matched[index] === true;
    // One that would change nothing is not asked; it is asked anew further below. So does Docker.
    if (!inherited && pattern.exception !== excluded) return false;
    const match = inherited || pattern.matches(path);
    if (match) {
      excluded = !pattern.exception;
      by = pattern;
    }
    return match;
  });
  return { excluded, by, matched };
}

/** The ignore file of a Dockerfile: `<Dockerfile>.dockerignore` if there is one, otherwise `.dockerignore`. */
export async function findIgnoreFile(context: string, dockerfile: string): Promise<IgnoreFile | undefined> {
  for (const path of [`${dockerfile}.dockerignore`, '.dockerignore']) {
    try {
      return { path, text: await readFile(join(context, path), 'utf8') };
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    }
  }
  return undefined;
}
