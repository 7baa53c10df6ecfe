import type { FieldProblem } from '../../protocol/problems.ts';
import { breachesAmong, type Proposed } from '../../protocol/rules.ts';

/** Which of the things that it names are there. */
export interface Known {
  readonly runner: boolean;
  readonly machineType: boolean;
  readonly repository: boolean;
}

/** What the shapes cannot say: rules that look at several fields, or at what exists. Empty: all is well. */
export function breaches(proposed: Proposed, known: Known): readonly FieldProblem[] {
  return [...missing(known), ...breachesAmong(proposed)];
}

function missing(known: Known): FieldProblem[] {
  return [
    ...(known.runner ? [] : [{ field: 'runner', message: 'does not exist in this workspace' }]),
    ...(known.machineType ? [] : [{ field: 'machineType', message: 'does not exist' }]),
    ...(known.repository ? [] : [{ field: 'repositoryId', message: 'does not exist in this workspace' }]),
  ];
}
