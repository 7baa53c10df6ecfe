import type { ReleaseInfo, RevertPart } from '../protocol/shapes/release.ts';
import type { Clock } from '../base/clock.ts';
import { differences, type Difference } from './differences.ts';
import { JourneyError } from './errors.ts';
import type { StepReport } from './steps.ts';
import type { Target } from './target.ts';
import { watchRollout, type Verdict } from './watchRollout.ts';

export interface HistoryTools {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly chance: () => number;
  readonly report: StepReport;
  /** Ends the watching; the rollout goes on. */
  readonly signal?: AbortSignal;
}

/** What a revert would change, and what it is measured against. */
export interface Preview {
  readonly differences: readonly Difference[];
  /** Digest that is wanted now; null while it is not resolved. */
  readonly present: string | null;
  /** Number of the newest release: what the present state was made as. */
  readonly newest: number;
}

/**
 * Compares a release with what is wanted now. That is what runs, but for an update that failed: going back to the
 * release that still serves undoes it. @throws the client's errors.
 */
export async function previewRevert(
  { api, workspaceId }: Target,
  deploymentId: string,
  releaseId: string,
  waiting: { readonly signal?: AbortSignal } = {},
): Promise<Preview> {
  const params = { workspaceId, deploymentId };
  const [now, { releases }, chosen] = await Promise.all([
    api.getDeployment({ params }, waiting),
    api.listReleases({ params, query: { count: 1 } }, waiting),
    api.getRelease({ params: { ...params, releaseId } }, waiting),
  ]);
  const [newest] = releases;
  const present = newest?.digest ?? null;
  return {
    differences: differences({ ...now, digest: present }, chosen),
    present,
    newest: newest?.number ?? 0,
  };
}

/** Goes back, and waits for what comes of it. Giving up the waiting changes nothing in the region. */
export async function revert(
  target: Target,
  deploymentId: string,
  release: Pick<ReleaseInfo, 'number' | 'digest'>,
  wanted: { readonly parts: readonly RevertPart[]; readonly preview: Preview },
  tools: HistoryTools,
): Promise<Verdict> {
  const { digest, number } = release;
  if (digest === null) {
    const message = `Version ${number} never had an image: the registry did not tell which one the tag meant. Choose another version.`;
    throw new JourneyError(message, []);
  }
  const { parts, preview } = wanted;
  const params = { workspaceId: target.workspaceId, deploymentId, digest };
  // Not cancelled: whether it was taken up would not be known.
  await target.api.revertDeployment({ params, query: { parts: parts.join(','), release: number } });
  const image = parts.includes('image') ? digest : (preview.present ?? undefined);
  return watchRollout(target, { deploymentId, digest: image, after: preview.newest }, tools);
}

/** Rolls the newest image of its tag out, and waits for what comes of it. */
export async function rollOutNewest(
  target: Target,
  deploymentId: string,
  tools: HistoryTools,
): Promise<Verdict> {
  const params = { workspaceId: target.workspaceId, deploymentId };
  const { releases } = await target.api.listReleases({ params, query: { count: 1 } });
  const before = releases[0]?.number ?? 0;
  await target.api.rollOutNewest({ params });
  const after = await target.api.listReleases({ params, query: { count: 1 } });
  const newest = after.releases[0];
  // It was that image already: then the release that is there is the one to look at.
  const awaited = (newest?.number ?? 0) > before ? before : before - 1;
  return watchRollout(target, { deploymentId, digest: newest?.digest ?? undefined, after: awaited }, tools);
}
