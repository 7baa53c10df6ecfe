import { createHash } from 'node:crypto';
import type { ConfigGeneration } from '../domain.ts';

/**
 * The folder of a deployment's config mounts, as the kubelet lays it out: `<name>` is a link to `..data/<name>`, and
 * `..data` a link to a folder with one generation. Swapping that one link changes every file at once.
 */
export const dataLink = '..data';
/** Tells the folder from one that was at its place before. */
export const keyFile = '..key';
/** A generation and a link while they are made. There is one writer, so each name is used once at a time. */
export const [draftFolder, draftLink] = ['..new', '..link'];

/** How long readers that have an old generation open may go on with it, in milliseconds. */
export const oldForMs = 60_000;
/** Old generations that are kept whatever their age, and that are kept at most. */
export const [leastKept, mostKept] = [5, 1000];

/**
 * Name of a generation's folder: its number, and a digest that differs where the content does. A further number tells
 * it from one of that name which is not whole.
 */
export function generationFolder({ generation, files }: ConfigGeneration): string {
  const hash = createHash('sha256');
  for (const name of Array.from(files.keys()).toSorted()) {
    const content = files.get(name) ?? Buffer.alloc(0);
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return `..${generation}-${hash.digest('hex').slice(0, 12)}`;
}

/** The number of a generation by its folder; undefined for a folder of another kind. */
export function generationOf(folder: string): number | undefined {
  const digits = /^\.\.(\d{1,15})-[0-9a-f]{12}(?:-\d+)?$/.exec(folder)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Folders of generations but the one in force, oldest first. Those of an earlier version have no number. */
export function oldGenerations(names: readonly string[], current: string): readonly string[] {
  return names
    .filter(
      (name) => name !== current && (generationOf(name) !== undefined || /^\.\.[0-9a-f]{24}$/.test(name)),
    )
    .toSorted((one, other) => (generationOf(one) ?? -1) - (generationOf(other) ?? -1));
}
