import type { Dockerfile, Instruction, Stage } from './dockerfile.ts';

export interface Exposed {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly line: number;
}

/** The stage that is built: the named target or the last one. */
export function targetStage(dockerfile: Dockerfile, target?: string): Stage | undefined {
  if (target === undefined) return dockerfile.stages.at(-1);
  return dockerfile.stages.find((stage) => stage.name === target.toLowerCase());
}

/** A stage and the stages of this file that it is based on, nearest first. */
export function lineage(dockerfile: Dockerfile, stage: Stage): Stage[] {
  const chain = [stage];
  for (let base = stage; ;) {
    const before = dockerfile.stages.slice(0, dockerfile.stages.indexOf(base));
    const parent = before.find((one) => one.name !== undefined && one.name === base.base.toLowerCase());
    if (parent === undefined) return chain;
    chain.push(parent);
    base = parent;
  }
}

/** Ports that the built image exposes by this file; those of a base image from elsewhere are not known here. */
export function exposedPorts(dockerfile: Dockerfile, target?: string): Exposed[] {
  const stage = targetStage(dockerfile, target);
  if (stage === undefined) return [];
  const values = defaults(dockerfile, stage);
  return lineage(dockerfile, stage)
    .flatMap((one) => one.instructions)
    .filter((instruction) => instruction.keyword === 'EXPOSE')
    .flatMap((instruction) => readExpose(instruction, values));
}

function readExpose(instruction: Instruction, values: ReadonlyMap<string, string>): Exposed[] {
  return expand(instruction.argument, values)
    .split(/\s+/)
    .flatMap((word) => {
      const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp))?$/i.exec(word);
      if (match === null) return [];
      const first = Number(match[1]);
      const last = Number(match[2] ?? match[1]);
      if (first < 1 || last > 65535 || last < first) return [];
      const protocol = match[3]?.toLowerCase() === 'udp' ? 'udp' : 'tcp';
      return Array.from({ length: last - first + 1 }, (_, index) => ({
        port: first + index,
        protocol: protocol as Exposed['protocol'],
        line: instruction.line,
      }));
    });
}

/** Defaults of ARG and values of ENV, enough to read `EXPOSE $PORT` and `FROM node:$VERSION`. */
function defaults(dockerfile: Dockerfile, stage: Stage): Map<string, string> {
  const values = new Map<string, string>();
  const firstStage = dockerfile.stages[0]?.line ?? Number.POSITIVE_INFINITY;
  const global = dockerfile.instructions.filter((instruction) => instruction.line < firstStage);
  const inherited = lineage(dockerfile, stage).toReversed();
  for (const instruction of [...global, ...inherited.flatMap((one) => one.instructions)]) {
    if (instruction.keyword !== 'ARG' && instruction.keyword !== 'ENV') continue;
    for (const [name, value] of assignments(instruction.argument)) values.set(name, expand(value, values));
  }
  return values;
}

function assignments(argument: string): [string, string][] {
  const pairs = [...argument.matchAll(/([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)];
  if (pairs.length > 0) {
    return pairs.map((pair) => [pair[1] ?? '', (pair[2] ?? '').replace(/^(["'])(.*)\1$/s, '$2')]);
  }
  // The old form without an equals sign: `ENV PORT 8080`.
  const old = /^([A-Za-z_]\w*)\s+(.+)$/.exec(argument);
  return old === null ? [] : [[old[1] ?? '', old[2] ?? '']];
}

/** Puts values in place of `$NAME`, `${NAME}` and `${NAME:-default}`; an unknown name stays as it is written. */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^}]*))?\})/g,
    (written: string, bare?: string, braced?: string, otherwise?: string) =>
      values.get(bare ?? braced ?? '') ?? otherwise ?? written,
  );
}

/** Platform that the built stage is pinned to by `FROM --platform=…`, when it is written out. */
export function pinnedPlatform(dockerfile: Dockerfile, target?: string): string | undefined {
  const stage = targetStage(dockerfile, target);
  const written = stage === undefined ? undefined : lineage(dockerfile, stage).at(-1)?.platform;
  return written === undefined || written.includes('$') ? undefined : written;
}
