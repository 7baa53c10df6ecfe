/**
 * The file of a folder that a path in a container means: the one that shares the most names with it, counted from the
 * end. Undefined where none does, or two do equally well. `files`: paths in the folder, with forward slashes.
 */
export function matchPath(containerPath: string, files: readonly string[]): string | undefined {
  const names = namesOf(containerPath);
  let best: string | undefined;
  let most = 0;
  for (const file of files) {
    const shared = sharedEnd(names, namesOf(file));
    if (shared < most || shared === 0) continue;
    // One that is wholly in the path is meant rather than one that only ends alike.
    best = shared > most ? file : preferred(best, file, shared);
    most = shared;
  }
  return best;
}

function preferred(one: string | undefined, other: string, shared: number): string | undefined {
  const whole = [one, other].filter((file) => file !== undefined && namesOf(file).length === shared);
  return whole.length === 1 ? whole[0] : undefined;
}

function namesOf(path: string): readonly string[] {
  return path.split(/[\\/]/).filter((name) => name !== '' && name !== '.');
}

function sharedEnd(a: readonly string[], b: readonly string[]): number {
  let shared = 0;
  while (shared < Math.min(a.length, b.length) && a.at(-1 - shared) === b.at(-1 - shared)) shared += 1;
  return shared;
}
