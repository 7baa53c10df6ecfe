import { continuation, heredocsOf, isComment, readDirectives, type Directives } from './dockerfileLines.ts';

/** One instruction, with its continuation lines joined. Lines count from 1. */
export interface Instruction {
  /** In capitals, such as `RUN`; whatever stands there when it is no known one. */
  readonly keyword: string;
  /** What follows the keyword; continuation lines are joined by one blank, comments between them left out. */
  readonly argument: string;
  /** Flags before the argument, such as `--from=build`, without the hyphens. */
  readonly flags: Readonly<Record<string, string>>;
  readonly line: number;
  readonly endLine: number;
  /** Bodies of heredocs, in order. */
  readonly heredocs: readonly string[];
}

/** One `FROM` and what follows it. */
export interface Stage {
  readonly name: string | undefined;
  readonly base: string;
  readonly platform: string | undefined;
  readonly line: number;
  /** Including the FROM. */
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  readonly directives: Directives;
  readonly instructions: readonly Instruction[];
  readonly stages: readonly Stage[];
}

export const knownKeywords: ReadonlySet<string> = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);

/** Reads any text; what is no Dockerfile gives unknown keywords or no stages, never an exception. */
export function parseDockerfile(text: string): Dockerfile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const directives = readDirectives(lines);
  const instructions: Instruction[] = [];
  let next = 0;
  while (next < lines.length) {
    const line = lines[next] ?? '';
    if (line.trim() === '' || isComment(line)) {
      next += 1;
      continue;
    }
    const read = readInstruction(lines, next, directives.escape);
    instructions.push(read.instruction);
    next = read.next;
  }
  return { directives, instructions, stages: stagesOf(instructions) };
}

function readInstruction(
  lines: readonly string[],
  start: number,
  escape: string,
): { instruction: Instruction; next: number } {
  const parts: string[] = [];
  let index = start;
  for (; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    // Within a continuation Docker passes over comments and, with a warning, over empty lines.
    if (index > start && (isComment(line) || line.trim() === '')) continue;
    const { content, continues } = continuation(line, escape);
    parts.push(content.trim());
    if (!continues) break;
  }
  const joined = parts.filter((part) => part !== '').join(' ');
  const [, keyword = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(joined) ?? [];
  const { flags, argument } = splitFlags(rest);
  const upper = keyword.toUpperCase();
  const { bodies, next } = heredocsOf(upper, argument, lines, Math.min(index + 1, lines.length));
  const instruction = {
    keyword: upper,
    argument,
    flags,
    line: start + 1,
    endLine: next,
    heredocs: bodies,
  };
  return { instruction, next };
}

function splitFlags(text: string): { flags: Record<string, string>; argument: string } {
  const flags: Record<string, string> = {};
  let rest = text;
  for (let match = nextFlag(rest); match !== null; match = nextFlag(rest)) {
    flags[match[1] ?? ''] = match[2] ?? '';
    rest = rest.slice(match[0].length);
  }
  return { flags, argument: rest };
}

function nextFlag(text: string): RegExpExecArray | null {
  return /^--([a-z][a-z-]*)(?:=(\S*))?(?:\s+|$)/.exec(text);
}

function stagesOf(instructions: readonly Instruction[]): Stage[] {
  const starts = instructions.flatMap((instruction, index) =>
    instruction.keyword === 'FROM' ? [index] : [],
  );
  return starts.map((start, index) => {
    const own = instructions.slice(start, starts[index + 1]);
    const from = own[0]?.argument ?? '';
    const [, base = from, name] = /^(\S+)(?:\s+[aA][sS]\s+(\S+))?/.exec(from) ?? [];
    return {
      name: name?.toLowerCase(),
      base,
      platform: own[0]?.flags['platform'],
      line: own[0]?.line ?? 1,
      instructions: own,
    };
  });
}
