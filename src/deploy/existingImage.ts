import { JourneyError } from './errors.ts';
import type { HistoryTools } from './history.ts';
import { create, smallestMachine } from './create.ts';
import type { Choice, Details, Target } from './target.ts';
import { isProblem } from '../protocol/problems.ts';
import { watchRollout, type Verdict } from './watchRollout.ts';

/** An image that is in a registry already, and what the deployment of it shall be. */
export interface ImageChoice extends Omit<Choice, 'details'> {
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
  const deploymentId = await createOrSay(target, choice, tools);
  tools.created?.(deploymentId);
  // The engine tells the digest when it has pulled the image.
  const verdict = await watchRollout(target, { deploymentId, digest: undefined, after: 0 }, tools);
  return { deploymentId, verdict };
}

async function createOrSay(
  target: Target,
  choice: ImageChoice,
  { clock, report, signal }: HistoryTools,
): Promise<string> {
  const { registry, imageName, name, regionId, ports } = choice;
  const waiting = signal === undefined ? {} : { signal };
  const details = await detailsOf(target, choice, waiting);
  const tools = { clock, note: (text: string) => report.output(text), ...waiting };
  try {
    return await create(target, { name, regionId, ports, details }, { registry, imageName }, tools);
  } catch (error) {
    if (!isProblem(error, 'resourceAlreadyExists')) throw error;
    const message = `A deployment called ${name} was made in the meantime. Choose another name.`;
    throw new JourneyError(message, ['chooseName'], { cause: error });
  }
}

async function detailsOf(
  target: Target,
  { imageTag, ports }: ImageChoice,
  waiting: { readonly signal?: AbortSignal },
): Promise<Details> {
  return {
    imageTag,
    machineType: await smallestMachine(target, waiting),
    // Nobody tells a region of pushes to another registry.
    deployOnPush: false,
    deployOnCreate: true,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: Object.fromEntries(ports.map((port) => [String(port), 'http' as const])),
    environmentVariables: {},
    configMounts: {},
    volumes: {},
    newVolumes: [],
  };
}
