import type { DeploymentInfo, EnvValue, Probe } from '../protocol/shapes/deployment.ts';
import type { ReleaseDetails, RevertPart } from '../protocol/shapes/release.ts';

/** What instances are made from. */
export interface Made extends Pick<
  DeploymentInfo & ReleaseDetails,
  | 'imageTag'
  | 'machineType'
  | 'ports'
  | 'environmentVariables'
  | 'startupProbe'
  | 'livenessProbe'
  | 'configMounts'
  | 'volumes'
> {
  readonly digest: string | null;
}

/** One part that differs, with a line for each thing in it: `MODE: dev → production`. */
export interface Difference {
  readonly part: RevertPart;
  readonly lines: readonly string[];
}

/** What going from one to the other would change, part by part. Empty: nothing. */
export function differences(from: Made, to: Made): readonly Difference[] {
  const lines: Readonly<Record<RevertPart, readonly string[]>> = {
    image: changed('image', imageWords(from), imageWords(to)),
    environment: mapLines(from.environmentVariables, to.environmentVariables, valueWords),
    ports: mapLines(from.ports, to.ports, String),
    probes: [
      ...changed('startup probe', probeWords(from.startupProbe), probeWords(to.startupProbe)),
      ...changed('liveness probe', probeWords(from.livenessProbe), probeWords(to.livenessProbe)),
    ],
    configMounts: mapLines(from.configMounts, to.configMounts, contentWords, (a, b) => a === b),
    volumes: mapLines(from.volumes, to.volumes, String),
    machineType: changed('machine type', from.machineType, to.machineType),
  };
  return (Object.keys(lines) as RevertPart[])
    .filter((part) => lines[part].length > 0)
    .map((part) => ({ part, lines: lines[part] }));
}

/**
 * What a person most likely wants back: the image, and what has to fit it, or it would never be ready. The rest belongs
 * to the surroundings, which moved on for reasons of their own.
 */
export const usualParts: ReadonlySet<RevertPart> = new Set(['image', 'ports', 'probes']);

function changed(name: string, from: string, to: string): readonly string[] {
  return from === to ? [] : [`${name}: ${from} → ${to}`];
}

function mapLines<T>(
  from: Readonly<Record<string, T>>,
  to: Readonly<Record<string, T>>,
  words: (value: T) => string,
  same: (a: T, b: T) => boolean = (a, b) => words(a) === words(b),
): readonly string[] {
  const names = Array.from(new Set([...Object.keys(from), ...Object.keys(to)])).toSorted();
  return names.flatMap((name) => {
    const [before, after] = [from[name], to[name]];
    if (before !== undefined && after !== undefined && same(before, after)) return [];
    const told = (value: T | undefined): string => (value === undefined ? 'none' : words(value));
    return [`${name}: ${told(before)} → ${told(after)}`];
  });
}

function imageWords({ imageTag, digest }: Made): string {
  return `${imageTag} ${digest?.slice(0, 'sha256:'.length + 12) ?? '(not resolved yet)'}`;
}

/** Of a secret only that it is one: which is told by its id. */
function valueWords(value: EnvValue): string {
  return typeof value === 'string' ? JSON.stringify(value) : `secret ${value.fromSecret}`;
}

function probeWords(probe: Probe | null | undefined): string {
  return probe === null || probe === undefined ? 'none' : `:${probe.port}${probe.path}`;
}

/** Content in a line is its size; documents show the rest. */
function contentWords(base64: string): string {
  const padding = /=*$/.exec(base64)?.[0].length ?? 0;
  return `${(base64.length / 4) * 3 - padding} bytes`;
}
