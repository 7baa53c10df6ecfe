import { isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import { followForEver } from '../client/changes.ts';
import { Unreachable } from '../client/errors.ts';
import { isProblem } from '../protocol/problems.ts';
import type { DeploymentInfo, Reason } from '../protocol/shapes/deployment.ts';
import type { ReleaseInfo } from '../protocol/shapes/release.ts';
import { JourneyError } from './errors.ts';
import type { StepReport } from './steps.ts';
import type { Target } from './target.ts';

/** How a rollout ended. */
export type Verdict =
  | { readonly kind: 'serving'; readonly deployment: DeploymentInfo; readonly release: number | undefined }
  | { readonly kind: 'unhealthy'; readonly deployment: DeploymentInfo; readonly reason: Reason };

/** What is waited for: the release with this digest whose number is greater than `after`. No digest: whichever. */
interface Awaited {
  readonly deploymentId: string;
  readonly digest: string | undefined;
  readonly after: number;
}

interface WatchOptions {
  readonly clock: Clock;
  readonly chance: () => number;
  readonly report: StepReport;
  readonly signal?: AbortSignal;
}

/** How long a look stands without news: with a stream of changes, and without one. In milliseconds. */
const lookAgain = { told: 10_000, untold: 2000 } as const;
/** A server that cannot be reached for this long while a rollout is watched is given up. */
const patienceMs = 120_000;
/** A push that no release came of for this long will not be rolled out; regions look at the registry more often. */
const unseenMs = 120_000;

/**
 * Waits until the release takes all traffic or has failed. Giving up changes nothing in the region.
 * @throws JourneyError when the deployment is deleted meanwhile, and the client's errors.
 */
export async function watchRollout(
  target: Target,
  awaited: Awaited,
  options: WatchOptions,
): Promise<Verdict> {
  const held = new DisposableStore();
  const news = new News();
  try {
    const own = held.signal();
    const signal = options.signal === undefined ? own : AbortSignal.any([own, options.signal]);
    const told = target.backend.offers('changes');
    if (told) {
      const { clock, chance } = options;
      void followForEver(target.api, target.workspaceId, () => news.tell(), { clock, chance, signal });
    }
    return await untilDecided(target, awaited, news, told, options);
  } finally {
    held.dispose();
  }
}

async function untilDecided(
  target: Target,
  awaited: Awaited,
  news: News,
  told: boolean,
  { clock, report, signal }: WatchOptions,
): Promise<Verdict> {
  const waiting = signal === undefined ? {} : { signal };
  let shown = '';
  let reachedAt = clock.now();
  const unseenUntil = reachedAt + unseenMs;
  for (;;) {
    const heard = news.next();
    try {
      const { verdict, message, deployment, seen } = await look(target, awaited, waiting);
      reachedAt = clock.now();
      if (verdict !== undefined) return verdict;
      if (!seen && reachedAt >= unseenUntil) return { kind: 'unhealthy', deployment, reason: unseenReason };
      if (message !== shown) report.progress(message);
      shown = message;
    } catch (error) {
      // It may be restarting, or being upgraded; what it runs goes on.
      if (!(error instanceof Unreachable) || clock.now() - reachedAt > patienceMs) throw error;
      report.progress('waiting for the control plane to answer');
    }
    await heardOrWaited(heard, told ? lookAgain.told : lookAgain.untold, clock, signal);
  }
}

async function heardOrWaited(
  heard: Promise<void>,
  ms: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  const done = new AbortController();
  const limit = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
  const waited = clock.sleep(ms, limit).catch((error: unknown) => {
    if (signal?.aborted === true || !isAbort(error)) throw error;
  });
  try {
    await Promise.race([heard, waited]);
  } finally {
    done.abort();
  }
}

interface Look {
  readonly deployment: DeploymentInfo;
  /** Whether the region has taken the push up. */
  readonly seen: boolean;
  readonly verdict: Verdict | undefined;
  readonly message: string;
}

async function look(
  target: Target,
  { deploymentId, digest, after }: Awaited,
  waiting: { signal?: AbortSignal },
): Promise<Look> {
  const params = { workspaceId: target.workspaceId, deploymentId };
  const deployment = await stillThere(target.api.getDeployment({ params }, waiting));
  if (!target.backend.offers('releases')) return byStatus(deployment, digest);
  const { releases } = await stillThere(target.api.listReleases({ params, query: { count: 20 } }, waiting));
  const release = releases.find(
    (one) => one.number > after && (digest === undefined || one.digest === digest),
  );
  const verdict = byRelease(deployment, release);
  return { deployment, seen: release !== undefined, verdict, message: describe(deployment, release) };
}

async function stillThere<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!isProblem(error, 'resourceDoesNotExist')) throw error;
    const message = 'The deployment was deleted while its new version was rolled out. Deploy it anew.';
    throw new JourneyError(message, [], { cause: error });
  }
}

function byRelease(deployment: DeploymentInfo, release: ReleaseInfo | undefined): Verdict | undefined {
  if (release === undefined) return stopped(deployment);
  const { number, state, reason } = release;
  switch (state) {
    case 'live':
    // It was live and a newer one has followed already.
    case 'retired':
      return { kind: 'serving', deployment, release: number };
    case 'failed':
      return { kind: 'unhealthy', deployment, reason: reason ?? unknownReason };
    case 'superseded':
      return { kind: 'unhealthy', deployment, reason: superseded(number) };
    case 'waiting':
    case 'rolling':
    case 'unknown':
      return stopped(deployment);
  }
}

/** Nothing is rolled out any more once somebody stops it. */
function stopped(deployment: DeploymentInfo): Verdict | undefined {
  if (deployment.status !== 'stopped') return undefined;
  const message = `${deployment.name} was stopped before the new version was live. Start it to go on.`;
  return { kind: 'unhealthy', deployment, reason: { code: 'unknown', message } };
}

/** A server that keeps no releases: its status has to do, and the digest where it tells one. */
function byStatus(deployment: DeploymentInfo, digest: string | undefined): Look {
  const { status, currentLiveDigest, reason } = deployment;
  const message = `the deployment is ${status}`;
  const seen = status !== 'running' || [null, digest ?? currentLiveDigest].includes(currentLiveDigest);
  if (status === 'running' && seen) {
    return { deployment, seen, verdict: { kind: 'serving', deployment, release: undefined }, message };
  }
  if (status === 'errored') {
    const verdict = { kind: 'unhealthy', deployment, reason: reason ?? unknownReason } as const;
    return { deployment, seen, verdict, message };
  }
  return { deployment, seen, verdict: stopped(deployment), message };
}

function describe(deployment: DeploymentInfo, release: ReleaseInfo | undefined): string {
  if (release === undefined) return 'waiting for the region to see the push';
  const { instances, reason } = deployment;
  const count = instances === undefined ? '' : `, ${instances.ready} of ${instances.wanted} instances ready`;
  const why = reason === undefined ? '' : `. ${reason.message}`;
  return `release ${release.number} is rolling out${count}${why}`;
}

const unknownReason: Reason = {
  code: 'unknown',
  message: 'The deployment did not become healthy, and the server does not say why. Its logs may.',
};

const unseenReason: Reason = {
  code: 'unknown',
  message:
    'The image is pushed, but no release came of it: deploy on push may be paused because the deployment was reverted. Resume pushes, or roll out the newest image.',
};

function superseded(number: number): Reason {
  return { code: 'unknown', message: `Release ${number} was replaced by a newer one before it was live.` };
}

/** Something happened, told to whoever waits for it. */
class News {
  #next = Promise.withResolvers<void>();

  /** Resolves at the next telling after this call. */
  next(): Promise<void> {
    return this.#next.promise;
  }

  tell(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }
}
