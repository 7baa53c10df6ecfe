import type { PlanRules, Scene, Step, WantedRelease } from './model.ts';

/**
 * Whether a release that was never live is given up: it cannot run at all, its instances ended too often, or one did
 * not become ready within its startup budget. A live one is never given up: it is started again and again.
 */
export function giveUp(scene: Scene, target: WantedRelease, rules: PlanRules): Step | undefined {
  if (target.state === 'live' || target.state === 'failed') return undefined;
  const fail = (because: string): Step => ({ kind: 'releaseFailed', releaseId: target.id, because });
  if (scene.targetImpossible) return fail('it cannot be started');
  const own = scene.seen.filter(({ releaseId }) => releaseId === target.id);
  if (own.some(({ health }) => health === 'notStarted'))
    return fail('an instance did not become ready in time');
  if (scene.targetFailures >= rules.failuresAllowed) {
    return fail(`its instances failed ${scene.targetFailures} times before it was ready`);
  }
  return undefined;
}
