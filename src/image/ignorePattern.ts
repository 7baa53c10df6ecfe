/** One line of an ignore file, compiled. */
export interface IgnorePattern {
  /** As cleaned by Docker's rules, without the exclamation mark. */
  readonly text: string;
  /** Begins with `!`: takes back what earlier lines excluded. */
  readonly exception: boolean;
  /** 1-based line in the ignore file. */
  readonly line: number;
  matches(path: string): boolean;
}

/** What Go's `filepath.Match` takes for plain text and a regular expression would not. */
const plainInGlobs = new Set('.+()|{}$^/');

/** Translates a cleaned pattern, as moby/patternmatcher does; `**` at either end is a plain suffix or prefix. */
export function compileGlob(pattern: string): (path: string) => boolean {
  const suffix = /^\*\*([^*?[\]\\]*)$/.exec(pattern)?.[1];
  if (suffix !== undefined) {
    return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
  }
  const prefix = /^([^*?[\]\\]*)\*\*$/.exec(pattern)?.[1];
  if (prefix !== undefined) return (path) => path.startsWith(prefix);
  if (!/[*?[\]\\]/.test(pattern)) return (path) => path === pattern;
  const expression = new RegExp(`^${globSource(pattern)}$`, 'u');
  return (path) => expression.test(path);
}

function globSource(pattern: string): string {
  let source = '';
  let index = 0;
  const characters = Array.from(pattern);
  while (index < characters.length) {
    const character = characters[index] ?? '';
    if (character === '*' && characters[index + 1] === '*') {
      index += characters[index + 2] === '/' ? 3 : 2;
      source += index >= characters.length ? '.*' : '(?:.*/)?';
      continue;
    }
    if (character === '[') {
      const end = classEnd(characters, index);
      source += classSource(characters.slice(index + 1, end));
      index = end + 1;
      continue;
    }
    if (character === '\\') {
      source += literal(characters[index + 1] ?? '\\');
      index += 2;
      continue;
    }
    source += character === '*' ? '[^/]*' : character === '?' ? '[^/]' : literal(character);
    index += 1;
  }
  return source;
}

function literal(character: string): string {
  return plainInGlobs.has(character) || /[\\*?[\]]/.test(character) ? `\\${character}` : character;
}

/** @throws when the class is never closed, as Docker does. */
function classEnd(characters: readonly string[], start: number): number {
  for (let index = start + 1; index < characters.length; index += 1) {
    if (characters[index] === '\\') index += 1;
    else if (characters[index] === ']' && index > start + 1) return index;
  }
  throw new SyntaxError('a `[` is never closed');
}

function classSource(inside: readonly string[]): string {
  const negated = inside[0] === '^';
  const body = (negated ? inside.slice(1) : inside)
    .join('')
    .replace(/\\(.)/gu, (_written, escaped: string) =>
      ['\\', ']', '^', '-'].includes(escaped) ? `\\${escaped}` : escaped,
    );
  return `[${negated ? '^' : ''}${body}]`;
}
