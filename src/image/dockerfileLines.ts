/** `# syntax=` and `# escape=`, which stand before everything else. */
export interface Directives {
  readonly escape: '\\' | '`';
  readonly syntax: string | undefined;
}

export function isComment(line: string): boolean {
  return /^\s*#/.test(line);
}

export function readDirectives(lines: readonly string[]): Directives {
  let escape: Directives['escape'] = '\\';
  let syntax: string | undefined;
  for (const line of lines) {
    const match = /^\s*#\s*([a-zA-Z]+)\s*=\s*(\S.*?)\s*$/.exec(line);
    if (match === null) break;
    const name = match[1]?.toLowerCase();
    if (name === 'escape' && match[2] === '`') escape = '`';
    if (name === 'syntax') syntax = match[2];
  }
  return { escape, syntax };
}

/** A line and whether the next one belongs to it: it ends with the escape character, blanks after it allowed. */
export function continuation(line: string, escape: string): { content: string; continues: boolean } {
  const trimmed = line.replace(/[ \t]+$/, '');
  if (!trimmed.endsWith(escape)) return { content: line, continues: false };
  return { content: trimmed.slice(0, -1), continues: true };
}

/** Only these take heredocs; elsewhere `<<` is text. */
const withHeredocs = new Set(['RUN', 'COPY', 'ADD']);

/** Reads the bodies of the heredocs that an instruction opens. `next`: index of the first line after them. */
export function heredocsOf(
  keyword: string,
  argument: string,
  lines: readonly string[],
  start: number,
): { bodies: string[]; next: number } {
  const bodies: string[] = [];
  let next = start;
  if (!withHeredocs.has(keyword)) return { bodies, next };
  for (const match of argument.matchAll(/(?:^|[^<])<<(-?)(["']?)([a-zA-Z_][\w.]*)\2(?=$|[\s;&|)])/g)) {
    const stripsTabs = match[1] === '-';
    const end = match[3];
    const body: string[] = [];
    while (next < lines.length) {
      const line = (lines[next] ?? '').replace(stripsTabs ? /^\t+/ : /^$/, '');
      next += 1;
      if (line === end) break;
      body.push(line);
    }
    bodies.push(body.join('\n'));
  }
  return { bodies, next };
}
