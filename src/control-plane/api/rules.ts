import type { FieldProblem } from '../../protocol/problems.ts';
import type { PortType, Probe } from '../../protocol/shapes/deployment.ts';

/** What a deployment would be after a request, as far as the rules look at it. */
export interface Proposed {
  readonly minScale: number;
  readonly maxScale: number;
  readonly ports: Readonly<Record<string, PortType>>;
  readonly startupProbe: Probe | undefined;
  readonly livenessProbe: Probe | undefined;
}

/** Which of the things that it names are there. */
export interface Known {
  readonly runner: boolean;
  readonly machineType: boolean;
  readonly repository: boolean;
}

/** What the shapes cannot say: rules that look at several fields, or at what exists. Empty: all is well. */
export function breaches(proposed: Proposed, known: Known): readonly FieldProblem[] {
  return [
    ...missing(known),
    ...scaleBreaches(proposed),
    ...portBreaches(proposed),
    ...probeBreaches('startupProbe', proposed.startupProbe, proposed.ports),
    ...probeBreaches('livenessProbe', proposed.livenessProbe, proposed.ports),
  ];
}

function missing(known: Known): FieldProblem[] {
  return [
    ...(known.runner ? [] : [{ field: 'runner', message: 'does not exist in this workspace' }]),
    ...(known.machineType ? [] : [{ field: 'machineType', message: 'does not exist' }]),
    ...(known.repository ? [] : [{ field: 'repositoryId', message: 'does not exist in this workspace' }]),
  ];
}

function scaleBreaches({ minScale, maxScale }: Proposed): FieldProblem[] {
  if (minScale <= maxScale) return [];
  return [
    { field: 'maxHorizontalScale', message: `must be at least minHorizontalScale, which is ${minScale}` },
  ];
}

function portBreaches({ ports }: Proposed): FieldProblem[] {
  return Object.keys(ports).length > 0 ? [] : [{ field: 'ports', message: 'must have at least one port' }];
}

function probeBreaches(
  field: string,
  probe: Probe | undefined,
  ports: Readonly<Record<string, PortType>>,
): FieldProblem[] {
  if (probe === undefined || ports[String(probe.port)] === 'http') return [];
  return [{ field: `${field}.port`, message: 'must be one of the exposed http ports' }];
}
