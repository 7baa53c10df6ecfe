import { giveUp } from './giveUp.ts';
import type { PlanRules, Scene, Seen, Step, StepOf, WantedRelease } from './model.ts';
import { restartAfter } from './restart.ts';

/**
 * The next steps towards what is wanted; empty when all is as it shall be. Invariants, held by the property tests:
 * - where slots are not exclusive there are never fewer ready instances than there were or than are wanted, whichever is less;
 * - an instance that serves is drained before it is removed;
 * - a volume is removed only when its slot is not wanted any more and nothing uses it;
 * - while room is short nothing is started, and nothing that serves is taken away for what would be.
 */
export function plan(whole: Scene, rules: PlanRules): Step[] {
  const { wish } = whole;
  const leaving = whole.seen.filter((one) => one.leaving);
  const scene = { ...whole, seen: whole.seen.filter((one) => !one.leaving) };
  if (wish.target === undefined || wish.instances === 0) return takeDown(scene, leaving, rules);
  const failed = giveUp(scene, wish.target, rules);
  if (failed !== undefined) return [failed];
  const { main, second } = roles(scene, wish.target);
  if (main === undefined) return keepNothing(scene, rules);
  const steps =
    main.exclusive || isExclusive(scene)
      ? bySlot(scene, leaving, main, rules)
      : startFirst(scene, main, second, rules);
  return [...steps, ...settle(scene, main), ...excessVolumes(whole)];
}

/** Which release is built up, and which is kept until it can take over. */
function roles(
  { wish }: Scene,
  target: WantedRelease,
): { main: WantedRelease | undefined; second: WantedRelease | undefined } {
  if (target.state === 'failed') return { main: wish.fallback, second: undefined };
  return { main: target, second: wish.fallback };
}

/** Whatever runs is drained, stopped and removed; volumes stay unless the deployment is gone. */
function takeDown(scene: Scene, leaving: readonly Seen[], rules: PlanRules): Step[] {
  const because = scene.wish.gone ? 'the deployment was deleted' : 'the deployment is stopped';
  if (scene.seen.length > 0) return retire(scene.seen, scene, rules, because);
  if (!scene.wish.gone || leaving.length > 0) return [];
  if (scene.volumes.length > 0) {
    return scene.volumes.map(({ name }): Step => ({ kind: 'removeVolume', volume: name, because }));
  }
  return scene.surroundings ? [{ kind: 'removeSurroundings', because }] : [];
}

/** Nothing of it can run: what is left of the failed release goes. */
function keepNothing(scene: Scene, rules: PlanRules): Step[] {
  return retire(scene.seen, scene, rules, 'its release failed and there is none to go back to');
}

/** New instances beside the old ones; the old ones go as the new ones can take over. */
function startFirst(
  scene: Scene,
  main: WantedRelease,
  second: WantedRelease | undefined,
  rules: PlanRules,
): Step[] {
  const wanted = scene.wish.instances;
  const own = scene.seen.filter(({ releaseId }) => releaseId === main.id);
  const others = scene.seen.filter(({ releaseId }) => releaseId !== main.id);
  const slots = bestOfSlots(own);
  const standing = Array.from(slots.values()).filter((one) => one.ordinal < wanted && serves(one)).length;
  const kept = second === undefined || second.id === main.id ? undefined : second;
  const excess = own
    .filter((one) => one.ordinal >= wanted || slots.get(one.ordinal) !== one)
    .toSorted((one, other) => other.ordinal - one.ordinal);
  return [
    ...fill(slots, main, wanted, scene, rules),
    ...(kept === undefined || standing >= wanted
      ? []
      : holdUp(others, kept, wanted - standing, scene, rules)),
    ...reduce(others, excess, standing, main, scene, rules),
  ];
}

/** Of each slot the instance that counts: the one that is furthest, and none that is on its way out. */
function bestOfSlots(own: readonly Seen[]): Map<number, Seen> {
  const best = new Map<number, Seen>();
  for (const one of own) {
    const known = best.get(one.ordinal);
    const better = known === undefined || progress[one.health] > progress[known.health];
    if (one.drainingSince === undefined && better) best.set(one.ordinal, one);
  }
  return best;
}

const progress: Readonly<Record<Seen['health'], number>> = {
  notStarted: 0,
  failing: 0,
  exited: 0,
  cutOff: 0,
  created: 1,
  starting: 2,
  ready: 3,
};

/** One instance for every slot of the release; failed ones are replaced after their back-off. */
function fill(
  slots: ReadonlyMap<number, Seen>,
  release: WantedRelease,
  wanted: number,
  scene: Scene,
  rules: PlanRules,
): Step[] {
  const steps: Step[] = [];
  const well = Array.from(slots.values()).filter((one) => one.ordinal < wanted && !isBroken(one)).length;
  const because = `release ${release.number} has ${well} of ${wanted} instances`;
  let room = rules.atOnce;
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    const there = slots.get(ordinal);
    if (there === undefined && room > 0) {
      room -= 1;
      steps.push(start({ releaseId: release.id, ordinal, restarts: 0, because }, scene, rules));
    } else if (there !== undefined) {
      steps.push(...(isBroken(there) ? replace(there, scene, rules) : unstarted([there])));
    }
  }
  return steps;
}

/** An instance is started, unless the disk has no room for its files: it is looked for room then. */
function start(instance: Omit<StepOf<'run'>, 'kind'>, scene: Scene, rules: PlanRules): Step {
  return scene.roomShort ? waitForRoom(scene, rules) : { kind: 'run', ...instance };
}

function waitForRoom({ now }: Scene, rules: PlanRules): Step {
  const because = 'there is no room left on the machine';
  return { kind: 'wait', until: now + rules.roomLookMs, because, forRoom: true };
}

/** Created and not started: the step was cut in half; run again, it goes on. */
function unstarted(inSlot: readonly Seen[]): Step[] {
  return inSlot
    .filter(({ health }) => health === 'created')
    .map(({ id }): Step => ({ kind: 'remove', instanceId: id, because: 'it was created and never started' }));
}

/** A broken instance goes at once, and its slot is filled again when its back-off is over. */
function replace(broken: Seen, scene: Scene, rules: PlanRules): Step[] {
  const due = restartAfter(broken, scene.now, rules);
  if (scene.now < due)
    return [{ kind: 'wait', until: due, because: 'it failed and is started again after a while' }];
  if (scene.roomShort) return [waitForRoom(scene, rules)];
  const because = `${whatBroke[broken.health]}, restart ${broken.restarts + 1}`;
  return [
    { kind: 'remove', instanceId: broken.id, because },
    {
      kind: 'run',
      releaseId: broken.releaseId,
      ordinal: broken.ordinal,
      restarts: nextRestarts(broken, rules),
      because,
    },
  ];
}

/** Health over a long time forgives what was before. */
function nextRestarts(broken: Seen, rules: PlanRules): number {
  return broken.ranForMs >= rules.healthyResetMs ? 1 : broken.restarts + 1;
}

const whatBroke: Readonly<Record<Seen['health'], string>> = {
  created: 'it was not started',
  starting: 'it is starting',
  ready: 'it is well',
  exited: 'it ended',
  cutOff: 'its network was taken away',
  notStarted: 'it did not become ready in time',
  failing: 'its liveness probe failed',
};

/** The release before is held up while the new one is not there yet: its failed instances are replaced too. */
function holdUp(
  others: readonly Seen[],
  kept: WantedRelease,
  missing: number,
  scene: Scene,
  rules: PlanRules,
): Step[] {
  const own = others.filter(
    ({ releaseId, drainingSince }) => releaseId === kept.id && drainingSince === undefined,
  );
  const well = own.filter((seen) => !isBroken(seen)).length;
  const broken = own.filter(isBroken).slice(0, Math.max(0, missing - well));
  return broken.flatMap((seen) => replace(seen, scene, rules));
}

/**
 * Instances of other releases, and those of this one that nobody wants, highest slot first: as many of them are
 * drained as the others can spare.
 */
function reduce(
  others: readonly Seen[],
  excess: readonly Seen[],
  standing: number,
  main: WantedRelease,
  scene: Scene,
  rules: PlanRules,
): Step[] {
  const wanted = scene.wish.instances;
  const spare = Math.max(0, scene.seen.filter(serves).length - wanted);
  const tooMany = `there are more than the ${wanted} wanted`;
  const takesOver = `release ${main.number} takes over`;
  // What never served, or not any more, goes once the new release stands; until then it may come back.
  const mayComeBack = (one: Seen): boolean =>
    standing < wanted && one.releaseId === scene.wish.fallback?.id && one.drainingSince === undefined;
  const serving = [...others, ...excess].filter(serves).slice(0, spare);
  return [
    ...serving.map(({ id, releaseId }): Step => {
      return { kind: 'drain', instanceId: id, because: releaseId === main.id ? tooMany : takesOver };
    }),
    ...retire(
      others.filter((one) => !serves(one) && !mayComeBack(one)),
      scene,
      rules,
      takesOver,
    ),
    ...retire(
      excess.filter((one) => !serves(one)),
      scene,
      rules,
      tooMany,
    ),
  ];
}

/** Drains what serves, waits for what is open, removes what is done. */
function retire(seen: readonly Seen[], { now }: Scene, rules: PlanRules, because: string): Step[] {
  return seen.flatMap((instance): Step[] => {
    if (serves(instance)) return [{ kind: 'drain', instanceId: instance.id, because }];
    const { id, drainingSince, inFlight } = instance;
    if (drainingSince === undefined) return [{ kind: 'remove', instanceId: id, because }];
    const deadline = drainingSince + rules.drainMs;
    if (inFlight === undefined || inFlight === 0 || now >= deadline) {
      return [{ kind: 'remove', instanceId: id, because }];
    }
    return [
      { kind: 'wait', until: Math.min(deadline, now + 250), because: `it serves ${inFlight} open requests` },
    ];
  });
}

/** Where a slot has what has one user: its old instance goes before its new one comes, one slot after another. */
function bySlot(scene: Scene, leaving: readonly Seen[], main: WantedRelease, rules: PlanRules): Step[] {
  const wanted = scene.wish.instances;
  const beyond = retire(
    scene.seen.filter(({ ordinal }) => ordinal >= wanted),
    scene,
    rules,
    `there are more than the ${wanted} wanted`,
  );
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    // Whoever still uses the data of the slot must be gone first.
    if (leaving.some((one) => one.ordinal === ordinal)) return beyond;
    const inSlot = scene.seen.filter((seen) => seen.ordinal === ordinal);
    const [own, ...doubles] = inSlot.filter(({ releaseId }) => releaseId === main.id);
    const old = [...inSlot.filter(({ releaseId }) => releaseId !== main.id), ...doubles];
    const steps = slotSteps(own, old, ordinal, main, scene, rules);
    if (steps.length > 0) return [...beyond, ...steps];
    // The next slot waits until this one serves: never are two of them away at the same time.
    if (own !== undefined && !serves(own)) return beyond;
  }
  return beyond;
}

function slotSteps(
  own: Seen | undefined,
  old: readonly Seen[],
  ordinal: number,
  main: WantedRelease,
  scene: Scene,
  rules: PlanRules,
): Step[] {
  const because = `release ${main.number} takes over slot ${ordinal}`;
  if (scene.roomShort && old.some(serves)) return [waitForRoom(scene, rules)];
  if (old.length > 0) return retire(old, scene, rules, because);
  if (own === undefined) return [start({ releaseId: main.id, ordinal, restarts: 0, because }, scene, rules)];
  if (own.drainingSince !== undefined) return retire([own], scene, rules, because);
  return isBroken(own) ? replace(own, scene, rules) : unstarted([own]);
}

/** The target is live when every wanted instance serves and nothing else gets new requests. */
function settle(scene: Scene, main: WantedRelease): Step[] {
  if (main.state === 'live' || main.state === 'failed') return [];
  const serving = scene.seen.filter(serves);
  const own = serving.filter(({ releaseId }) => releaseId === main.id).length;
  if (own < scene.wish.instances || serving.length > own) return [];
  return [{ kind: 'releaseLive', releaseId: main.id, because: `${own} of ${own} instances take traffic` }];
}

/** Volumes of slots that are not wanted any more, once nothing runs in them. */
function excessVolumes(scene: Scene): Step[] {
  const wanted = scene.wish.instances;
  const used = new Set(scene.seen.map(({ ordinal }) => ordinal));
  return scene.volumes
    .filter(({ ordinal, abandoned }) => abandoned || (ordinal >= wanted && !used.has(ordinal)))
    .map(({ name }): Step => ({
      kind: 'removeVolume',
      volume: name,
      because: `only ${wanted} instances are wanted`,
    }));
}

function isExclusive({ wish }: Scene): boolean {
  return wish.fallback?.exclusive === true;
}

export function serves(seen: Seen): boolean {
  return seen.health === 'ready' && seen.drainingSince === undefined && !seen.leaving;
}

const broken: Readonly<Record<Seen['health'], boolean>> = {
  created: false,
  starting: false,
  ready: false,
  exited: true,
  cutOff: true,
  notStarted: true,
  failing: true,
};

export function isBroken(seen: Seen): boolean {
  return broken[seen.health];
}
