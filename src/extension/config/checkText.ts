import { looksLikeCredential } from '../../protocol/credentials.ts';

/** A part of a text: offsets in UTF-16 code units, as the editor counts them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SyntaxProblem extends Span {
  readonly message: string;
}

/** What looks like a password or a key; `name` is empty where the value stands alone. */
export interface FoundCredential extends Span {
  readonly name: string;
  readonly value: string;
}

/** A value that shall be a secret; `name` is empty where it stands alone. */
export interface SecretMeant extends Span {
  readonly name: string;
}

export type Checked = 'yaml' | 'json' | 'jsonc';

/** Files whose JSON may have comments, by custom. */
const withComments = /^(?:.*\.jsonc|.*\.code-workspace|[jt]sconfig(?:\..*)?\.json|devcontainer\.json)$/i;

/** Which syntax a file is held to, by its name. */
export function checkedAs(name: string): Checked | undefined {
  if (withComments.test(name)) return 'jsonc';
  if (/\.json$/i.test(name)) return 'json';
  return /\.ya?ml$/i.test(name) ? 'yaml' : undefined;
}

/** What of a text is not the syntax that its name promises; empty where the name promises nothing. */
export async function syntaxProblems(name: string, text: string): Promise<readonly SyntaxProblem[]> {
  const kind = checkedAs(name);
  if (kind === undefined) return [];
  return kind === 'yaml' ? yamlProblems(text) : jsonProblems(text, kind === 'jsonc');
}

/** Problems of one text that are told. */
const mostProblems = 20;

async function yamlProblems(text: string): Promise<readonly SyntaxProblem[]> {
  // Only who saves such a file needs it, so it is not part of the activation.
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents
    .flatMap(({ errors }) => errors.map(({ message, pos: [start, end] }) => ({ message, start, end })))
    .slice(0, mostProblems);
}

async function jsonProblems(text: string, comments: boolean): Promise<readonly SyntaxProblem[]> {
  const { parse, printParseErrorCode } = await import('jsonc-parser');
  const errors: { error: number; offset: number; length: number }[] = [];
  parse(text, errors, { disallowComments: !comments, allowTrailingComma: comments });
  return errors.slice(0, mostProblems).map(({ error, offset, length }) => ({
    message: jsonWords[printParseErrorCode(error)] ?? 'This is not JSON.',
    start: offset,
    end: offset + length,
  }));
}

const jsonWords: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This is no value of JSON: a text needs double quotes.',
  InvalidNumberFormat: 'This is not a number as JSON writes it.',
  PropertyNameExpected: 'The name of a property in double quotes is expected here.',
  ValueExpected: 'A value is expected here.',
  ColonExpected: 'A colon is expected here.',
  CommaExpected: 'A comma is expected here.',
  CloseBraceExpected: 'A closing brace is expected here.',
  CloseBracketExpected: 'A closing bracket is expected here.',
  EndOfFileExpected: 'The file should end here.',
  InvalidCommentToken: 'JSON has no comments.',
  UnexpectedEndOfComment: 'The comment does not end.',
  UnexpectedEndOfString: 'The text does not end on its line.',
  UnexpectedEndOfNumber: 'The number does not end.',
  InvalidUnicode: 'This is no character by its number: \\u and four digits are.',
  InvalidEscapeCharacter: 'There is no such escape in a text of JSON.',
  InvalidCharacter: 'This character has to be escaped in a text of JSON.',
};

/** Characters of a text that are looked through for credentials, and how many of these are told. */
const mostLooked = 256 * 1024;
const mostFound = 20;

/** `name: value`, `name = value`, `"name": "value",` and what else configurations write in one line. */
const setting = /^(\s*(?:-\s+)?(?:export\s+)?["']?)([\w.-]+)(["']?\s*[:=]\s*)(.*)$/;

/** Values that look like passwords or keys, line by line. What stands for a value from elsewhere is none. */
export function credentialsIn(text: string): readonly FoundCredential[] {
  const found: FoundCredential[] = [];
  let start = 0;
  for (const line of text.slice(0, mostLooked).split('\n')) {
    const one = credentialIn(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (one !== undefined) found.push({ ...one, start: start + one.start, end: start + one.end });
    if (found.length === mostFound) break;
    start += line.length + 1;
  }
  return found;
}

function credentialIn(line: string): FoundCredential | undefined {
  const [, before = '', name = '', between = '', rest] = setting.exec(line) ?? [];
  const [value, start] =
    rest === undefined ? bare(line, 0) : bare(rest, before.length + name.length + between.length);
  if (/^(?:\$|\{\{|<|%[({])/.test(value) || value === 'null' || /^[[{|>&*]/.test(value)) return undefined;
  if (!looksLikeCredential(name, value)) return undefined;
  return { name, value, start, end: start + value.length };
}

/**
 * A value without its quotes, a comma and a comment behind it, and where it begins. No pattern here can read a part of
 * the text in two ways, or begin everywhere in it: a long line would take for ever.
 */
function bare(text: string, offset: number): [value: string, start: number] {
  const quoted = /^(["'])((?:\\.|(?!\1)[^\\])*)\1/.exec(text);
  if (quoted !== null) return [quoted[2] ?? '', offset + 1];
  const comment = text.search(/\s#/);
  const value = withoutEnd(comment === -1 ? text : text.slice(0, comment));
  const blanks = value.length - value.trimStart().length;
  return [value.trimStart(), offset + blanks];
}

function withoutEnd(value: string): string {
  let end = value.length;
  while (end > 0 && /[,;\s]/.test(value.charAt(end - 1))) end -= 1;
  return value.slice(0, end);
}
