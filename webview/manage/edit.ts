import {
  consequencesOf,
  scaleWithin,
  type Consequence,
  type Wanted,
} from '../../src/protocol/consequences.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import type { Draft } from '../shared/fields/draft.ts';
import { wishOf } from '../shared/fields/wish.ts';
import { adopt, draftOf } from './draftOf.ts';
import { differences, meet, settingsOf } from './settings.ts';
import type { Editing } from './state.ts';

/** An edit that has changed nothing yet. */
export function editOf(deployment: DeploymentInfo): Editing {
  return { base: deployment, draft: draftOf(deployment), collisions: [] };
}

/** What an edit changes. */
export function changesOf({ base, draft }: Editing): readonly string[] {
  return differences(settingsOf(draftOf(base)), settingsOf(draft));
}

/**
 * An edit after the deployment was changed elsewhere. What only they changed is taken over; what both changed stays as
 * it was typed and is a collision until the person decides.
 */
export function rebase(editing: Editing, now: DeploymentInfo): Editing {
  const { base, draft, collisions } = editing;
  if (now.revision !== undefined && now.revision === base.revision) return { ...editing, base: now };
  const theirDraft = draftOf(now);
  const [before, mine, theirs] = [settingsOf(draftOf(base)), settingsOf(draft), settingsOf(theirDraft)];
  const { adopt: foreign, collide } = meet(before, mine, theirs);
  const after = foreign.reduce((sum, path) => adopt(sum, path, theirDraft), draft);
  const left = new Set(differences(theirs, settingsOf(after)));
  const open = new Set([...collisions, ...collide].filter((path) => left.has(path)));
  return { base: now, draft: after, collisions: Array.from(open) };
}

/** Decides a collision: what was typed stays, or what was set elsewhere is taken. */
export function decide(editing: Editing, path: string, whose: 'mine' | 'theirs'): Editing {
  const { base, draft, collisions } = editing;
  return {
    ...editing,
    draft: whose === 'mine' ? draft : adopt(draft, path, draftOf(base)),
    collisions: collisions.filter((one) => one !== path),
  };
}

/** What saving an edit does; undefined while it has numbers that are none. */
export function consequencesOfEdit({ base, draft }: Editing): readonly Consequence[] | undefined {
  const wish = wishOf(draft);
  const [least, most] = [wish.minHorizontalScale, wish.maxHorizontalScale];
  if (Number.isNaN(least) || Number.isNaN(most)) return undefined;
  const runs = (base.instances?.wanted ?? 0) > 0;
  const scale = runs
    ? (base.instances?.wanted ?? 0)
    : scaleWithin(1, base.minHorizontalScale, base.maxHorizontalScale);
  const after = wantedOf(draft, scaleWithin(scale, least, most));
  return consequencesOf(wantedOf(draftOf(base), scale), after, runs, portsAreFixed(base));
}

/** As its addresses show: on a region of its own machine alone they are on loopback, and change. */
function portsAreFixed({ addresses = [] }: Editing['base']): boolean {
  return addresses.some(({ host }) => host !== undefined && host !== '127.0.0.1');
}

function wantedOf(draft: Draft, scale: number): Wanted {
  const wish = wishOf(draft);
  const fresh = wish.newVolumes.map(({ path }, index) => [`new ${index}`, path]);
  return {
    name: draft.name.trim(),
    scale,
    config: {
      ports: wish.ports ?? {},
      environment: wish.environmentVariables ?? {},
      startupProbe: wish.startupProbe,
      livenessProbe: wish.livenessProbe,
      volumes: { ...wish.volumes, ...Object.fromEntries(fresh) },
      machineTypeId: wish.machineType,
    },
    configMounts: wish.configMounts ?? {},
    limits: wish.trafficLimits ?? {},
  };
}
