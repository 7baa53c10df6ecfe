import { giveUp } from './giveUp.ts';
import type { PlanRules, Scene, Seen, Step, WantedRelease } from './model.ts';
import { restartAfter } from './restart.ts';

/**
 * The next steps towards what is wanted; empty when all is as it shall be. Invariants, held by the property tests:
 * - without volumes there are never fewer ready instances than there were or than are wanted, whichever is less;
 * - an instance that serves is drained before it is removed;
 * - a volume is removed only when its slot is not wanted any more and nothing uses it.
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
    main.hasVolumes || usesVolumes(scene)
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
  const ready = own.filter(serves).length;
  const kept = second === undefined || second.id === main.id ? undefined : second;
  return [
    ...fill(own, main, wanted, scene, rules),
    ...(kept === undefined || ready >= wanted ? [] : holdUp(others, kept, wanted - ready, scene, rules)),
    ...reduceOthers(others, ready, wanted, main, scene, rules),
    ...reduceOwn(own, wanted, scene, rules),
  ];
}

/** One instance for every slot of the release; failed ones are replaced after their back-off. */
function fill(
  own: readonly Seen[],
  release: WantedRelease,
  wanted: number,
  scene: Scene,
  rules: PlanRules,
): Step[] {
  const steps: Step[] = [];
  let room = rules.atOnce - own.filter(({ health }) => health === 'created').length;
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    const inSlot = own.filter((seen) => seen.ordinal === ordinal && seen.drainingSince === undefined);
    const broken = inSlot.find(isBroken);
    if (broken !== undefined) {
      steps.push(...replace(broken, scene, rules));
    } else if (inSlot.length === 0 && room > 0) {
      room -= 1;
      const because = `release ${release.number} has ${own.filter((seen) => !isBroken(seen)).length} of ${wanted} instances`;
      steps.push({ kind: 'run', releaseId: release.id, ordinal, restarts: 0, because });
    } else {
      steps.push(...unstarted(inSlot));
    }
  }
  return steps;
}

/** Created and not started: the step was cut in half; run again, it goes on. */
function unstarted(inSlot: readonly Seen[]): Step[] {
  return inSlot
    .filter(({ health }) => health === 'created')
    .map(({ id }): Step => ({ kind: 'remove', instanceId: id, because: 'it was created and never started' }));
}

/** A broken instance goes at once, and its slot is filled again when its back-off is over. */
function replace(broken: Seen, scene: Scene, rules: PlanRules): Step[] {
  const due = restartAfter(broken, rules);
  if (scene.now < due)
    return [{ kind: 'wait', until: due, because: 'it failed and is started again after a while' }];
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

/** Instances of other releases: as many may go as the ready ones can spare. */
function reduceOthers(
  others: readonly Seen[],
  ready: number,
  wanted: number,
  main: WantedRelease,
  scene: Scene,
  rules: PlanRules,
): Step[] {
  const because = `release ${main.number} takes over`;
  const draining = others.filter(({ drainingSince }) => drainingSince !== undefined);
  const serving = others.filter(serves);
  const rest = others.filter((seen) => !serves(seen) && seen.drainingSince === undefined);
  const spare = Math.max(0, ready + serving.length - wanted);
  // Those that never served, or not any more, go once the new release stands; until then they may come back.
  const useless = rest.filter(({ releaseId }) => ready >= wanted || releaseId !== scene.wish.fallback?.id);
  return [
    ...serving.slice(0, spare).map(({ id }): Step => ({ kind: 'drain', instanceId: id, because })),
    ...retire(draining, scene, rules, because),
    ...useless.map(({ id }): Step => ({ kind: 'remove', instanceId: id, because })),
  ];
}

/** Instances beyond what is wanted, highest slot first, and doubles of a slot. */
function reduceOwn(own: readonly Seen[], wanted: number, scene: Scene, rules: PlanRules): Step[] {
  const because = `there are more than the ${wanted} wanted`;
  const first = new Map<number, string>();
  for (const { id, ordinal, drainingSince } of own) {
    if (drainingSince === undefined && !first.has(ordinal)) first.set(ordinal, id);
  }
  const excess = own.filter(({ id, ordinal }) => ordinal >= wanted || first.get(ordinal) !== id);
  return retire(excess, scene, rules, because);
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

/** With volumes a slot has one user: its old instance goes before its new one comes, one slot after another. */
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
  if (old.length > 0) return retire(old, scene, rules, because);
  if (own === undefined) return [{ kind: 'run', releaseId: main.id, ordinal, restarts: 0, because }];
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

function usesVolumes({ wish }: Scene): boolean {
  return wish.fallback?.hasVolumes === true;
}

export function serves(seen: Seen): boolean {
  return seen.health === 'ready' && seen.drainingSince === undefined && !seen.leaving;
}

export function isBroken(seen: Seen): boolean {
  return seen.health === 'exited' || seen.health === 'notStarted' || seen.health === 'failing';
}
