/** What a `.env` file says, and the lines of it that say nothing that could be understood. */
export interface DotEnv {
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  /** Numbers of lines, from 1. */
  readonly notUnderstood: readonly number[];
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/s;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Reads a whole `.env` file: `NAME=value`, `export`, comments, values in single or double quotes, which may go over
 * several lines. Nothing is expanded: `$` stays what it is. Of a name that comes twice, the last value holds.
 */
export function parseDotEnv(text: string): DotEnv {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const variables = new Map<string, string>();
  const notUnderstood: number[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const first = lines[at] ?? '';
    if (/^\s*(#.*)?$/.test(first)) continue;
    const [, name, rest = ''] = assignment.exec(first) ?? [];
    if (name === undefined) {
      notUnderstood.push(at + 1);
      continue;
    }
    const quote = rest[0];
    if (quote !== '"' && quote !== "'") {
      variables.set(name, rest.replace(/(^|\s)#.*$/, '').trim());
      continue;
    }
    const quoted = [rest, ...lines.slice(at + 1)].join('\n');
    const end = endOfQuote(quoted, quote);
    if (end === undefined) {
      notUnderstood.push(at + 1);
      continue;
    }
    variables.set(name, unquoted(quoted.slice(1, end), quote));
    at += quoted.slice(0, end).split('\n').length - 1;
  }
  return { variables: Array.from(variables, ([name, value]) => ({ name, value })), notUnderstood };
}

/** Where a value that begins with a quote ends; undefined when it does not. */
function endOfQuote(text: string, quote: string): number | undefined {
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === '\\' && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return undefined;
}

function unquoted(text: string, quote: string): string {
  if (quote === "'") return text;
  return text.replaceAll(/\\(.)/gs, (_, character: string) => escapes[character] ?? character);
}

/** Whether a pasted text is a file of variables rather than one value. */
export function looksLikeDotEnv(text: string): boolean {
  const { variables, notUnderstood } = parseDotEnv(text);
  return text.includes('\n') && variables.length > 0 && notUnderstood.length === 0;
}
