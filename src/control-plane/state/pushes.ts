import type { Deployment } from '../domain.ts';
import type { Publish } from './store.ts';
import { release, type Notary } from './wishes.ts';

/** A tag of a repository, and the digest that the registry has under it. */
export interface SeenPush {
  readonly repositoryId: string;
  readonly tag: string;
  readonly digest: string;
}

/**
 * Takes in what the registry has under a tag and rolls it out where that is wanted. Idempotent: the same digest
 * never deploys twice, and the newest one wins.
 * `pushed`: somebody pushed just now. `looked`: it is there, whoever pushed it and whenever; then only a change
 * since the last look counts, so that a deployment which waits for its first push is not started by an old image.
 * `noted`: it was there before this state was; nothing follows from it.
 */
export function pushObserved(notary: Notary, seen: SeenPush, how: 'pushed' | 'looked' | 'noted'): void {
  notary.store.change((publish) => {
    const { store } = notary;
    if (store.repositories.find(seen.repositoryId) === undefined) return;
    const news = store.repositories.see(seen.repositoryId, seen.tag, seen.digest, notary.now());
    if (news) publish({ kind: 'repository', repositoryId: seen.repositoryId });
    if (how === 'noted' || (!news && how === 'looked')) return;
    for (const deployment of store.deployments.ofRepository(seen.repositoryId)) {
      if (deployment.imageTag === seen.tag) react(notary, publish, deployment, seen, news);
    }
  });
}

function react(
  notary: Notary,
  publish: Publish,
  deployment: Deployment,
  seen: SeenPush,
  news: boolean,
): void {
  const { store } = notary;
  const target =
    deployment.targetReleaseId === undefined ? undefined : store.releases.find(deployment.targetReleaseId);
  if (target?.digest === seen.digest && deployment.intent !== 'created') return;
  const refusal = whyNot(deployment);
  const made =
    refusal === undefined
      ? release(notary, publish, deployment, {
          digest: seen.digest,
          config: deployment.config,
          cause: 'push',
        })
      : undefined;
  if (made === undefined && !news) return;
  store.events.append({
    deploymentId: deployment.id,
    at: notary.now(),
    kind: made === undefined ? 'pushIgnored' : 'push',
    message: `${seen.tag} is ${short(seen.digest)} now. ${refusal ?? 'It is rolled out.'}`,
    releaseNumber: made?.number,
  });
  publish({ kind: 'outcome', deploymentId: deployment.id });
}

/** Why a push to its tag is not rolled out; absent when it is. */
function whyNot(deployment: Deployment): string | undefined {
  if (deployment.intent === 'stopped') return 'It is not rolled out, because the deployment is stopped.';
  if (!deployment.deployOnPush) return 'It is not rolled out, because deploy on push is off.';
  if (deployment.pushesPaused) {
    return 'It is not rolled out, because the deployment was reverted. Resume pushes, or roll the newest image out.';
  }
  return undefined;
}

/** Enough of a digest for people. */
function short(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
