import {
  defaultPlanRules,
  type PlanRules,
  type Scene,
  type Seen,
  type Step,
  type WantedRelease,
  type Wish,
} from '../../../../../src/control-plane/reconcile/plan/model.ts';
import { plan } from '../../../../../src/control-plane/reconcile/plan/plan.ts';

export const now = 1_000_000;

export function aRelease(number: number, changes: Partial<WantedRelease> = {}): WantedRelease {
  return { id: `r${number}`, number, state: 'live', exclusive: false, ...changes };
}

export function anInstance(releaseNumber: number, ordinal: number, changes: Partial<Seen> = {}): Seen {
  return {
    id: `r${releaseNumber}-${ordinal}`,
    releaseId: `r${releaseNumber}`,
    ordinal,
    restarts: 0,
    health: 'ready',
    endedAt: undefined,
    ranForMs: 0,
    drainingSince: undefined,
    inFlight: 0,
    leaving: false,
    ...changes,
  };
}

export function aWish(changes: Partial<Wish> = {}): Wish {
  return { instances: 1, target: aRelease(1), fallback: undefined, gone: false, ...changes };
}

export function aScene(changes: Partial<Scene> = {}): Scene {
  return {
    wish: aWish(),
    seen: [],
    volumes: [],
    targetFailures: 0,
    targetImpossible: false,
    surroundings: false,
    roomShort: false,
    now,
    ...changes,
  };
}

/** The steps as short lines, without their reasons: "run r1 0", "drain r1-0". */
export function steps(changes: Partial<Scene>, rules: PlanRules = defaultPlanRules): string[] {
  return plan(aScene(changes), rules).map(inShort);
}

export function inShort(step: Step): string {
  switch (step.kind) {
    case 'run':
      return `run ${step.releaseId} ${step.ordinal}${step.restarts === 0 ? '' : ` restart ${step.restarts}`}`;
    case 'drain':
    case 'remove':
      return `${step.kind} ${step.instanceId}`;
    case 'removeVolume':
      return `removeVolume ${step.volume}`;
    case 'removeSurroundings':
      return 'removeSurroundings';
    case 'releaseLive':
    case 'releaseFailed':
      return `${step.kind} ${step.releaseId}`;
    case 'wait':
      return `wait ${step.until - now}`;
  }
}
