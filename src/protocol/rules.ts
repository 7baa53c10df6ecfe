import type { FieldProblem } from './problems.ts';
import type { PortType, Probe } from './shapes/deployment.ts';

/** What a deployment would be, as far as the rules look at it. */
export interface Proposed {
  readonly minScale: number;
  readonly maxScale: number;
  readonly ports: Readonly<Record<string, PortType>>;
  readonly startupProbe: Probe | undefined;
  readonly livenessProbe: Probe | undefined;
}

/** What the shapes cannot say: rules that look at several fields. The server and forms hold to the same. */
export function breachesAmong(proposed: Proposed): readonly FieldProblem[] {
  return [
    ...scaleBreaches(proposed),
    ...portBreaches(proposed),
    ...probeBreaches('startupProbe', proposed.startupProbe, proposed.ports),
    ...probeBreaches('livenessProbe', proposed.livenessProbe, proposed.ports),
  ];
}

function scaleBreaches({ minScale, maxScale }: Proposed): FieldProblem[] {
  if (minScale <= maxScale) return [];
  return [{ field: 'maxHorizontalScale', message: `must be at least the minimum, which is ${minScale}` }];
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
