import type { Reason } from '../../protocol/shapes/deployment.ts';
import type { Desired, LiveInstance, LiveStatus } from '../domain.ts';
import type { ObservedInstance } from '../executors/executor.ts';
import type { Memory } from './memory.ts';
import type { Seen } from './plan/model.ts';
import { isBroken, serves } from './plan/plan.ts';

export interface StatusQuestion {
  readonly desired: Desired;
  readonly observed: readonly ObservedInstance[];
  readonly seen: readonly Seen[];
  readonly memory: Memory;
  /** Why the engine cannot be looked at; absent while it can. */
  readonly unreachable: string | undefined;
  /** Half or more of the instances fail their liveness together. */
  readonly dependencyDown: boolean;
}

/** A deployment's status, derived from what is wanted and what is there; never stored. */
export function statusOf(question: StatusQuestion): LiveStatus {
  const { desired, observed, seen } = question;
  const { deployment, target } = desired;
  const wanted = deployment.intent === 'running' && target !== undefined ? deployment.scale : 0;
  const ready = seen.filter(serves).length;
  const { status, reason } = verdict(question, ready, wanted);
  const rolling = target !== undefined && (target.state === 'waiting' || target.state === 'rolling');
  const byId = new Map(seen.map((one) => [one.id, one]));
  return {
    status,
    reason,
    instances: observed
      .map((instance) => liveInstance(instance, byId.get(instance.id), question))
      .toSorted((a, b) => b.releaseNumber - a.releaseNumber || a.name.localeCompare(b.name)),
    ready,
    wanted,
    liveReleaseNumber: desired.live?.number ?? (target?.state === 'live' ? target.number : undefined),
    rollingReleaseNumber: rolling && deployment.intent === 'running' ? target.number : undefined,
    published: observed
      .filter(({ id }) => !isGoing(byId.get(id)))
      .toSorted((a, b) => a.ordinal - b.ordinal)
      .flatMap(({ published }) => published),
  };
}

type Verdict = Pick<LiveStatus, 'status' | 'reason'>;

function verdict(question: StatusQuestion, ready: number, wanted: number): Verdict {
  const { desired, unreachable } = question;
  const { intent } = desired.deployment;
  if (intent === 'created') return { status: 'created', reason: undefined };
  if (intent === 'stopped') return { status: 'stopped', reason: undefined };
  if (unreachable !== undefined) {
    return { status: 'unreachable', reason: { code: 'engineUnreachable', message: unreachable } };
  }
  return running(question, ready, wanted);
}

function running(question: StatusQuestion, ready: number, wanted: number): Verdict {
  const { target } = question.desired;
  const why = worstReason(question);
  if (target === undefined) return { status: 'created', reason: undefined };
  if (target.state === 'failed') {
    const reason = target.reason ?? why;
    // The release before goes on serving: people are served, and the failure is said.
    if (ready > 0) return { status: 'running', reason };
    return question.desired.live === undefined
      ? { status: 'errored', reason }
      : { status: 'deploying', reason };
  }
  if (question.dependencyDown) return { status: 'running', reason: togetherDown };
  if (target.state !== 'live') return { status: 'deploying', reason: why };
  if (ready >= wanted) return { status: 'running', reason: undefined };
  if (ready > 0) return { status: 'running', reason: why };
  const broken = question.seen.some(isBroken) || hindrance(question) !== undefined;
  return { status: broken ? 'errored' : 'deploying', reason: why };
}

const togetherDown: Reason = {
  code: 'dependencyDown',
  message:
    'Half or more of the instances fail their liveness probe together, so something that they depend on is likely down. They are not started anew; look at the database or service that they need.',
};

/** Why the target cannot be started, at all or right now. */
function hindrance({ desired, memory }: StatusQuestion): Reason | undefined {
  const { target } = desired;
  if (target === undefined) return undefined;
  return memory.impossible.get(target.id) ?? memory.noRoom ?? memory.hindered.get(target.id);
}

function worstReason(question: StatusQuestion): Reason | undefined {
  const { desired, observed, memory } = question;
  const { target } = desired;
  const cannot = hindrance(question);
  if (cannot !== undefined) return cannot;
  const reasons = observed
    .filter(({ releaseId }) => releaseId === target?.id)
    .flatMap(({ id, restarts }) => {
      const reason = memory.reasons.get(id);
      return reason === undefined ? [] : [{ reason, restarts }];
    });
  const [worst] = reasons.toSorted((a, b) => b.restarts - a.restarts);
  if (worst === undefined) return undefined;
  return worst.restarts < 2 || target?.state !== 'live'
    ? worst.reason
    : crashLoop(worst.reason, worst.restarts);
}

function crashLoop(reason: Reason, restarts: number): Reason {
  return {
    ...reason,
    code: 'crashLoop',
    message: `It failed again after ${restarts} restarts. ${reason.message}`,
  };
}

const shown: Readonly<Record<Seen['health'], LiveInstance['state']>> = {
  created: 'starting',
  starting: 'starting',
  ready: 'ready',
  exited: 'backingOff',
  cutOff: 'unready',
  notStarted: 'unready',
  failing: 'unready',
};

function isGoing(seen: Seen | undefined): boolean {
  return seen?.drainingSince !== undefined || seen?.leaving === true;
}

function liveInstance(
  instance: ObservedInstance,
  seen: Seen | undefined,
  { memory, desired }: StatusQuestion,
): LiveInstance {
  const draining = isGoing(seen);
  const stopped = desired.deployment.intent !== 'running' && instance.state === 'exited';
  return {
    id: instance.id,
    name: `${desired.hostLabel ?? 'instance'}-${instance.id.slice(0, 6)}`,
    releaseNumber: instance.releaseNumber,
    state: stopped ? 'stopped' : draining ? 'draining' : shown[seen?.health ?? 'starting'],
    node: instance.node,
    startedAt: instance.startedAt,
    restarts: instance.restarts,
    reason: memory.reasons.get(instance.id),
  };
}
