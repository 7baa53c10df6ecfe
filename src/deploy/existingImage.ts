import { JourneyError } from './errors.ts';
import type { HistoryTools } from './history.ts';
import { smallestMachine } from './create.ts';
import type { Choice, Target } from './target.ts';
import { isProblem } from '../protocol/problems.ts';
import { watchRollout, type Verdict } from './watchRollout.ts';

/** An image that is in a registry already, and what the deployment of it shall be. */
export interface ImageChoice extends Choice {
  readonly registry: string;
  readonly imageName: string;
  readonly imageTag: string;
}

/**
 * Makes a deployment of an image that is in another registry, and waits for what comes of it. Giving up the waiting
 * leaves the deployment, and its rollout goes on. @throws JourneyError when the name is taken, and the client's errors.
 */
export async function createImageDeployment(
  target: Target,
  choice: ImageChoice,
  tools: HistoryTools & { readonly created?: (deploymentId: string) => void },
): Promise<{ readonly deploymentId: string; readonly verdict: Verdict }> {
  const waiting = tools.signal === undefined ? {} : { signal: tools.signal };
  const machineType = await smallestMachine(target, waiting);
  waiting.signal?.throwIfAborted();
  const deploymentId = await createOnce(target, choice, machineType);
  tools.created?.(deploymentId);
  // The engine tells the digest when it has pulled the image.
  const verdict = await watchRollout(target, { deploymentId, digest: undefined, after: 0 }, tools);
  return { deploymentId, verdict };
}

/** Not cancelled: whether something was made would not be known. */
async function createOnce(
  { api, workspaceId }: Target,
  { registry, imageName, imageTag, name, regionId, ports }: ImageChoice,
  machineType: string,
): Promise<string> {
  const body = {
    registry,
    imageName,
    name,
    imageTag,
    runner: regionId,
    machineType,
    // Nobody tells a region of pushes to another registry.
    deployOnPush: false,
    deployOnCreate: true,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: Object.fromEntries(ports.map((port) => [String(port), 'http' as const])),
  } as const;
  try {
    return (await api.createDeployment({ params: { workspaceId }, body })).id;
  } catch (error) {
    if (!isProblem(error, 'resourceAlreadyExists')) throw error;
    const message = `A deployment called ${name} was made in the meantime. Choose another name.`;
    throw new JourneyError(message, ['chooseName'], { cause: error });
  }
}
