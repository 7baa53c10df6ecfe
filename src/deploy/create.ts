import type { Clock } from '../base/clock.ts';
import { Unreachable } from '../client/errors.ts';
import { isProblem } from '../protocol/problems.ts';
import { patrRegistry } from '../protocol/shapes/deployment.ts';
import { JourneyError } from './errors.ts';
import type { ChosenRepository } from './repository.ts';
import { usualTag, type Choice, type Target } from './target.ts';

interface Waiting {
  readonly signal?: AbortSignal;
}

/** How often and for how long a server that is away, or whose registry is, is asked again, in milliseconds. */
const [askEveryMs, patienceMs] = [1000, 60_000];

/**
 * Makes the deployment and resolves with its id. The request itself is not cancelled: whether something was made
 * would not be known. Where the connection breaks, the server is asked what came of it, and told again if nothing did.
 */
export async function create(
  target: Target,
  choice: Choice,
  repository: ChosenRepository,
  clock: Clock,
  waiting: Waiting,
): Promise<string> {
  const machineType = await smallestMachine(target, waiting);
  const deadline = clock.now() + patienceMs;
  for (;;) {
    waiting.signal?.throwIfAborted();
    try {
      return await createOnce(target, choice, repository, machineType);
    } catch (error) {
      const broken = error instanceof Unreachable;
      if (clock.now() >= deadline || !(broken || isProblem(error, 'registryUnreachable'))) throw error;
      const made = broken ? await madeAllTheSame(target, choice, repository, clock, waiting) : undefined;
      if (made !== undefined) return made;
    }
    await clock.sleep(askEveryMs, waiting.signal);
  }
}

async function smallestMachine({ api, workspaceId }: Target, waiting: Waiting): Promise<string> {
  const { machineTypes } = await api.listMachineTypes({ params: { workspaceId } }, waiting);
  const [smallest] = machineTypes.toSorted(
    (a, b) => a.cpu_count - b.cpu_count || a.memory_count - b.memory_count,
  );
  if (smallest !== undefined) return smallest.id;
  throw new JourneyError('The region offers no machine type, so nothing can be deployed to it.', []);
}

async function createOnce(
  { api, workspaceId }: Target,
  choice: Choice,
  repository: ChosenRepository,
  machineType: string,
): Promise<string> {
  const body = {
    registry: patrRegistry,
    repositoryId: repository.id,
    name: choice.name,
    imageTag: usualTag,
    runner: choice.regionId,
    machineType,
    deployOnPush: true,
    deployOnCreate: true,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: Object.fromEntries(choice.ports.map((port) => [String(port), 'http' as const])),
  } as const;
  try {
    return (await api.createDeployment({ params: { workspaceId }, body })).id;
  } catch (error) {
    if (!isProblem(error, 'resourceAlreadyExists')) throw error;
    const message = `A deployment called ${choice.name} was made in the meantime. Choose another name; the image is built and pushes quickly.`;
    throw new JourneyError(message, ['chooseName'], { cause: error });
  }
}

/** The id of the deployment if the server made it before it went away; undefined if it did not. */
async function madeAllTheSame(
  { api, workspaceId }: Target,
  { name }: Choice,
  repository: ChosenRepository,
  clock: Clock,
  waiting: Waiting,
): Promise<string | undefined> {
  const deadline = clock.now() + patienceMs;
  for (;;) {
    try {
      const given = { params: { workspaceId } };
      const rows = api.pages('listDeployments', given, ({ deployments }) => deployments, waiting);
      for await (const one of rows) {
        if (one.name === name && 'repositoryId' in one && one.repositoryId === repository.id) return one.id;
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof Unreachable) || clock.now() >= deadline) throw error;
    }
    await clock.sleep(askEveryMs, waiting.signal);
  }
}
