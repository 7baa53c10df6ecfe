import { findIgnoreFile, parseIgnore, type Ignore } from './ignore.ts';

/** Where a build takes its files from. */
export interface ContextSource {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Path of the Dockerfile within the folder, with forward slashes. */
  readonly dockerfile: string;
}

export interface OpenContext extends ContextSource {
  readonly ignore: Ignore;
  /** Path of the ignore file in use, within the folder. */
  readonly ignoreFile: string | undefined;
  readonly always: ReadonlySet<string>;
}

/** Reads the ignore file. @throws SyntaxError when it holds what is no pattern. */
export async function openContext(source: ContextSource): Promise<OpenContext> {
  const file = await findIgnoreFile(source.folder, source.dockerfile);
  const always = new Set([source.dockerfile, ...(file === undefined ? [] : [file.path])]);
  return { ...source, ignore: parseIgnore(file?.text ?? ''), ignoreFile: file?.path, always };
}
