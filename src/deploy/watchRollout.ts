import { isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import { followForEver } from '../client/changes.ts';
import { Unreachable } from '../client/errors.ts';
import type { DeploymentInfo, Reason } from '../protocol/shapes/deployment.ts';
import type { ReleaseInfo } from '../protocol/shapes/release.ts';
import type { StepReport } from './steps.ts';
import type { Target } from './target.ts';

/** How a rollout ended. */
export type Verdict =
  | { readonly kind: 'serving'; readonly deployment: DeploymentInfo; readonly release: number | undefined }
  | { readonly kind: 'unhealthy'; readonly deployment: DeploymentInfo; readonly reason: Reason };

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

/**
 * Waits until the release with this digest takes all traffic or has failed. Giving up changes nothing in the region.
 */
export async function watchRollout(
  target: Target,
  deploymentId: string,
  digest: string,
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
    return await untilDecided(target, deploymentId, digest, news, told, options);
  } finally {
    held.dispose();
  }
}

async function untilDecided(
  target: Target,
  deploymentId: string,
  digest: string,
  news: News,
  told: boolean,
  { clock, report, signal }: WatchOptions,
): Promise<Verdict> {
  const waiting = signal === undefined ? {} : { signal };
  let shown = '';
  let reachedAt = clock.now();
  for (;;) {
    const heard = news.next();
    try {
      const { verdict, message } = await look(target, deploymentId, digest, waiting);
      reachedAt = clock.now();
      if (verdict !== undefined) return verdict;
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
  readonly verdict: Verdict | undefined;
  readonly message: string;
}

async function look(
  target: Target,
  deploymentId: string,
  digest: string,
  waiting: { signal?: AbortSignal },
): Promise<Look> {
  const params = { workspaceId: target.workspaceId, deploymentId };
  const deployment = await target.api.getDeployment({ params }, waiting);
  if (!target.backend.offers('releases')) return byStatus(deployment, digest);
  const { releases } = await target.api.listReleases({ params, query: { count: 20 } }, waiting);
  const release = releases.find((one) => one.digest === digest);
  return { verdict: byRelease(deployment, release), message: describe(deployment, release) };
}

function byRelease(deployment: DeploymentInfo, release: ReleaseInfo | undefined): Verdict | undefined {
  if (release === undefined) return undefined;
  if (release.state === 'live') return { kind: 'serving', deployment, release: release.number };
  if (release.state === 'failed')
    return { kind: 'unhealthy', deployment, reason: release.reason ?? unknownReason };
  if (release.state === 'superseded')
    return { kind: 'unhealthy', deployment, reason: superseded(release.number) };
  return undefined;
}

/** A server that keeps no releases: its status has to do, and the digest where it tells one. */
function byStatus(deployment: DeploymentInfo, digest: string): Look {
  const { status, currentLiveDigest } = deployment;
  const current = currentLiveDigest === null || currentLiveDigest === digest;
  if (status === 'running' && current) {
    return { verdict: { kind: 'serving', deployment, release: undefined }, message: '' };
  }
  if (status === 'errored') {
    return {
      verdict: { kind: 'unhealthy', deployment, reason: deployment.reason ?? unknownReason },
      message: '',
    };
  }
  return { verdict: undefined, message: `the deployment is ${status}` };
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
