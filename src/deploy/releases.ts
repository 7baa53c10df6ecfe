import type { DeploymentInfo } from '../protocol/shapes/deployment.ts';
import type { Target } from './target.ts';

/** What was wanted of a deployment before a push: 0 and undefined when nothing was yet. */
export interface Baseline {
  /** Number of the newest release. */
  readonly newest: number;
  /** Its digest; where a server keeps no releases, the one that is live. */
  readonly digest: string | undefined;
}

export async function baselineOf(
  target: Target,
  deployment: DeploymentInfo,
  waiting: { readonly signal?: AbortSignal },
): Promise<Baseline> {
  if (!target.backend.offers('releases')) {
    return { newest: 0, digest: deployment.currentLiveDigest ?? undefined };
  }
  const params = { workspaceId: target.workspaceId, deploymentId: deployment.id };
  const { releases } = await target.api.listReleases({ params, query: { count: 1 } }, waiting);
  const [newest] = releases;
  return { newest: newest?.number ?? 0, digest: newest?.digest ?? undefined };
}

/** A digest that is wanted already gets no new release. */
export function servedAlready(baseline: Baseline, digest: string): boolean {
  return baseline.digest === digest;
}
