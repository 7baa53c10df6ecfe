import type { FieldProblem } from './problems.ts';

/** What fits into /etc/config of one deployment. All of it travels in one request, which has at most 8 MiB. */
export const configLimits = {
  mounts: 100,
  /** Bytes of one config mount. */
  fileBytes: 1024 * 1024,
  /** Bytes of all of them together. */
  totalBytes: 4 * 1024 * 1024,
} as const;

/** Characters of Patr's rule for names, which leaves no room for slashes, NUL and letters that Unicode writes in two ways. */
const characters = /^[a-zA-Z0-9_\-.()]+$/;
/** Names that Windows gives to devices, with any ending. */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const mostCharacters = 240;

/**
 * The rule for the name of a config mount, which is a bare file name under /etc/config. Undefined when the name is
 * good; otherwise what is wrong with it, to be read after the name.
 */
export function configNameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (!characters.test(name))
    return 'must be a file name of letters (a to z), digits, dots, hyphens, underscores and round brackets';
  if (name.length > mostCharacters) return `must have at most ${mostCharacters} characters`;
  // What begins so belongs to the swap of generations (see `docs/config-mounts.md`).
  if (name.startsWith('..')) return 'must not begin with two dots';
  if (name.endsWith('.')) return 'must not end with a dot';
  if (device.test(name)) return 'must not be the name of a device on Windows, such as NUL or COM1';
  return undefined;
}

/** Names that could not be files beside each other everywhere: they differ in upper and lower case alone. */
export function caseTwins(names: Iterable<string>): readonly (readonly [string, string])[] {
  const seen = new Map<string, string>();
  const twins: [string, string][] = [];
  for (const name of names) {
    const key = name.toLowerCase();
    const there = seen.get(key);
    if (there === undefined) seen.set(key, name);
    else if (there !== name) twins.push([there, name]);
  }
  return twins;
}

/** What is wrong with config mounts as a whole: bytes by name. The server and forms hold to the same. */
export function configBreaches(sizes: ReadonlyMap<string, number>): readonly FieldProblem[] {
  const total = Array.from(sizes.values()).reduce((sum, size) => sum + size, 0);
  return [
    ...caseTwins(sizes.keys()).map(([one, other]) => ({
      field: `configMounts.${other}`,
      message: `must differ from ${one} in more than upper and lower case`,
    })),
    ...Array.from(sizes).flatMap(([name, size]) =>
      size <= configLimits.fileBytes
        ? []
        : [{ field: `configMounts.${name}`, message: `must have at most ${mebibytes('fileBytes')}` }],
    ),
    ...(sizes.size <= configLimits.mounts
      ? []
      : [{ field: 'configMounts', message: `must be at most ${configLimits.mounts}` }]),
    ...(total <= configLimits.totalBytes
      ? []
      : [{ field: 'configMounts', message: `must have at most ${mebibytes('totalBytes')} together` }]),
  ];
}

function mebibytes(limit: 'fileBytes' | 'totalBytes'): string {
  return `${configLimits[limit] / 1024 / 1024} MiB`;
}

/** Bytes that Base64 with padding stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
