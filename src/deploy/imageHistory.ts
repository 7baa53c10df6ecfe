import type { Deployment } from '../protocol/shapes/deployment.ts';
import type { HistoryTools } from './history.ts';
import type { Target } from './target.ts';
import { watchRollout, type Verdict } from './watchRollout.ts';
import { whereOffered } from './whereOffered.ts';

/** An image that a deployment has run, which is all that a server of Patr's own keeps where ours keeps a release. */
export interface PastImage {
  readonly digest: string;
  /** When it was deployed first: going back to it makes no new entry. */
  readonly created: string | number;
  /** The tags of its repository that mean it now; none where the server does not tell. */
  readonly tags: readonly string[];
}

/** Tags that are looked through. */
const mostTags = 100;

/** The images that a deployment has run, newest first, `most` of them at most. @throws the client's errors. */
export async function readPastImages(
  target: Target,
  deployment: Deployment,
  most: number,
  waiting: { readonly signal?: AbortSignal } = {},
): Promise<readonly PastImage[]> {
  const params = { workspaceId: target.workspaceId, deploymentId: deployment.id };
  const [{ deploys }, tags] = await Promise.all([
    target.api.listDeployHistory({ params, query: { count: most } }, waiting),
    tagsOf(target, deployment, waiting),
  ]);
  return deploys.slice(0, most).map(({ imageDigest, created }) => ({
    digest: imageDigest,
    created,
    tags: tags.filter(({ digest }) => digest === imageDigest).map(({ tag }) => tag),
  }));
}

async function tagsOf(
  { api, workspaceId }: Target,
  deployment: Deployment,
  waiting: { readonly signal?: AbortSignal },
): Promise<readonly { readonly tag: string; readonly digest: string }[]> {
  if (!('repositoryId' in deployment)) return [];
  const params = { workspaceId, repositoryId: deployment.repositoryId };
  const asked = whereOffered(api.listTags({ params, query: { count: mostTags } }, waiting));
  return (await asked)?.tags ?? [];
}

/**
 * Goes back to an image, its configuration as it is now, and waits for what comes of it. Giving up the waiting changes
 * nothing on the server. @throws the client's errors.
 */
export async function revertToImage(
  target: Target,
  deploymentId: string,
  digest: string,
  tools: HistoryTools,
): Promise<Verdict> {
  const params = { workspaceId: target.workspaceId, deploymentId, digest };
  // Not cancelled: whether it was taken up would not be known.
  await target.api.revertDeployment({ params });
  return watchRollout(target, { deploymentId, digest, after: 0 }, tools);
}
