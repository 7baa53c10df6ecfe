import { formatReference, parseReference } from './reference.ts';
import type { Dockerfile, Instruction, Stage } from './dockerfile.ts';

/** Instructions that BuildKit numbers within a stage; the others change only the image's configuration. */
const numbered = new Set(['FROM', 'RUN', 'COPY', 'ADD', 'WORKDIR']);

/**
 * 1-based line of the instruction that a builder's step stands for. BuildKit says `[build 2/5] RUN npm ci`, the
 * classic builder `RUN npm ci` with the number among all instructions. `undefined`: it cannot be told.
 */
export function lineOfStep(
  dockerfile: Dockerfile,
  step: { name: string; number?: number },
): number | undefined {
  const base = /^\[internal\] load metadata for (\S+)$/.exec(step.name)?.[1];
  if (base !== undefined) return lineOfBase(dockerfile, base);
  const match = /^\[(?:(\S+) +)?(\d+)\/\d+\] ([\s\S]+)$/.exec(step.name);
  if (match === null) return classicLine(dockerfile, step);
  const written = match[3] ?? '';
  const stages = candidates(dockerfile, match[1]);
  const byNumber = stages.flatMap((stage) => {
    const counted = stage.instructions.filter((instruction) => numbered.has(instruction.keyword));
    return counted[Number(match[2]) - 1] ?? [];
  });
  const all = stages.flatMap((stage) => stage.instructions);
  return (
    byNumber.find((instruction) => sameText(instruction, written)) ??
    all.find((instruction) => sameText(instruction, written)) ??
    byNumber.find((instruction) => sameKeyword(instruction, written))
  )?.line;
}

function classicLine(dockerfile: Dockerfile, step: { name: string; number?: number }): number | undefined {
  const byNumber = step.number === undefined ? undefined : dockerfile.instructions[step.number - 1];
  if (byNumber !== undefined && sameKeyword(byNumber, step.name)) return byNumber.line;
  return dockerfile.instructions.find((instruction) => sameText(instruction, step.name))?.line;
}

/** The FROM whose base image cannot be had. */
function lineOfBase(dockerfile: Dockerfile, base: string): number | undefined {
  const wanted = fullName(base);
  return (
    dockerfile.stages.find((stage) => fullName(stage.base) === wanted)?.line ?? dockerfile.stages[0]?.line
  );
}

function fullName(written: string): string {
  const reference = parseReference(written);
  if (reference === undefined) return written;
  return formatReference(reference.digest === undefined ? { tag: 'latest', ...reference } : reference);
}

/** BuildKit names an unnamed stage `stage-<index>`, and names none when there is but one. */
function candidates(dockerfile: Dockerfile, name: string | undefined): readonly Stage[] {
  if (name === undefined) return dockerfile.stages;
  // Builds for several platforms put the platform first: `[linux/amd64 build 2/5]`.
  const own = dockerfile.stages.filter(
    (stage, index) => (stage.name ?? `stage-${index}`) === name.toLowerCase(),
  );
  return own.length > 0 ? own : dockerfile.stages;
}

function sameKeyword(instruction: Instruction, written: string): boolean {
  return written.trim().split(/\s/)[0]?.toUpperCase() === instruction.keyword;
}

function sameText(instruction: Instruction, written: string): boolean {
  if (!sameKeyword(instruction, written)) return false;
  const argument = written
    .trim()
    .replace(/^\S+\s*/, '')
    .replace(/^(?:--[a-z][a-z-]*(?:=\S*)?\s+)+/, '');
  return squeeze(argument) === squeeze(instruction.argument);
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
