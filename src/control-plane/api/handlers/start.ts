import { sameConfig } from '../../../protocol/consequences.ts';
import { isProblem, problem } from '../../../protocol/problems.ts';
import type { Deployment, Release } from '../../domain.ts';
import { note, release } from '../../state/wishes.ts';
import { deploymentOf } from '../find.ts';
import { noteOvercommit, refuseMisfit } from '../fit.ts';
import type { ApiParts } from '../parts.ts';
import { findImage, type FoundImage } from './create.ts';
import { refuseWithoutSecret } from './secrets.ts';

type At = { readonly workspaceId: string; readonly deploymentId: string };

/**
 * Lets it run, with the newest image of its tag and its present configuration. `force` makes a new release even
 * when nothing has changed, so that every instance is replaced.
 */
export async function startDeployment(
  parts: ApiParts,
  at: At,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { store, notary } = parts;
  const image = await newestImage(parts, deploymentOf(store, at), signal);
  store.change((publish) => {
    const found = deploymentOf(store, at);
    refuseMisfit(parts, found);
    refuseWithoutSecret(store, found.workspaceId, found.config.environment);
    const target = targetOf(parts, found);
    const digest = image.kind === 'external' ? externalDigest(found, target, force) : image.digest;
    const fresh =
      target !== undefined &&
      target.state !== 'failed' &&
      target.digest === digest &&
      sameConfig(target.config, found.config);
    if (fresh && !force) {
      if (found.intent === 'running') return;
      note(notary, publish, { ...found, intent: 'running' });
    } else {
      const cause = found.intent === 'running' && force ? 'restart' : 'start';
      release(notary, publish, found, { digest, config: found.config, cause });
    }
    if (found.intent !== 'running') noteOvercommit(parts, publish, found.id);
  });
}

/**
 * Rolls out what the tag points to now, whatever deploy on push says. It is the person's decision to go on, so pushes
 * that waited since a revert wait no longer. An image of another registry is looked up by the engine when it pulls.
 */
export async function rollOutNewest(parts: ApiParts, at: At, signal: AbortSignal): Promise<void> {
  const { store, notary } = parts;
  const { source, imageTag } = deploymentOf(store, at);
  const image = await findImage(parts, source, imageTag, signal);
  if (image.kind === 'none') throw nothingPushed(imageTag);
  store.change((publish) => {
    const found = { ...deploymentOf(store, at), pushesPaused: false };
    refuseWithoutSecret(store, found.workspaceId, found.config.environment);
    const target = targetOf(parts, found);
    const digest = image.kind === 'external' ? undefined : image.digest;
    const runs = found.intent === 'running' && target !== undefined && target.state !== 'failed';
    if (runs && digest !== undefined && target.digest === digest) return note(notary, publish, found);
    release(notary, publish, found, { digest, config: found.config, cause: 'rollOut' });
  });
}

/** What to start. @throws ProblemError `tagNotFound`, `registryUnreachable`. */
async function newestImage(
  parts: ApiParts,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Exclude<FoundImage, { kind: 'none' }>> {
  const target = targetOf(parts, deployment);
  const present = 'repositoryId' in deployment.source ? target?.digest : undefined;
  const before = present === undefined ? undefined : ({ kind: 'digest', digest: present } as const);
  if (deployment.pushesPaused && before !== undefined) return before;
  try {
    const image = await findImage(parts, deployment.source, deployment.imageTag, signal);
    if (image.kind !== 'none') return image;
  } catch (error) {
    // What ran before can run again without asking the registry for anything newer.
    if (before === undefined || !isProblem(error, 'registryUnreachable')) throw error;
  }
  if (before !== undefined) return before;
  throw nothingPushed(deployment.imageTag);
}

function nothingPushed(tag: string) {
  return problem('tagNotFound', {
    says: `Nothing was pushed to the tag ${tag} yet. Push an image, then start the deployment.`,
  });
}

/** An external tag is looked up anew by a restart only; a plain start runs what it ran before. */
function externalDigest(
  deployment: Deployment,
  target: Release | undefined,
  force: boolean,
): string | undefined {
  return force && !deployment.pushesPaused ? undefined : target?.digest;
}

/** The release that shall run. */
export function targetOf({ store }: ApiParts, deployment: Deployment): Release | undefined {
  return deployment.targetReleaseId === undefined
    ? undefined
    : store.releases.find(deployment.targetReleaseId);
}
