import type { Clock } from '../base/clock.ts';
import { Unreachable } from '../client/errors.ts';
import { isProblem } from '../protocol/problems.ts';
import type { CreateDeployment, DeploymentSettings, ImageSource } from '../protocol/shapes/deployment.ts';
import { JourneyError } from './errors.ts';
import { usualTag, type Choice, type Target } from './target.ts';
import { dropVolumes, makeVolumes } from './volumes.ts';

interface Waiting {
  readonly signal?: AbortSignal;
}

/** How often and for how long a server that is away, or whose registry is, is asked again, in milliseconds. */
const [askEveryMs, patienceMs] = [1000, 60_000];

/** What `create` works with. */
export interface CreateTools {
  readonly clock: Clock;
  /** Told what could not be tidied up. */
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes the deployment, with the volumes that it wants to have, and resolves with its id. The request itself is not
 * cancelled: whether something was made would not be known. Where the connection breaks, the server is asked what
 * came of it, and told again if nothing did. What fails leaves nothing behind.
 */
export async function create(
  target: Target,
  choice: Choice,
  image: ImageSource,
  tools: CreateTools,
): Promise<string> {
  const { note, signal } = tools;
  const waiting = signal === undefined ? {} : { signal };
  const settings = await settingsOf(target, choice, waiting);
  signal?.throwIfAborted();
  const made = await makeVolumes(target, choice.details?.newVolumes ?? [], note);
  const body = { ...settings, volumes: { ...settings.volumes, ...made }, ...image };
  try {
    return await untilCreated(target, body, tools.clock, waiting);
  } catch (error) {
    await dropVolumes(target, made, note);
    throw error;
  }
}

async function untilCreated(
  target: Target,
  body: CreateDeployment,
  clock: Clock,
  waiting: Waiting,
): Promise<string> {
  const { api, workspaceId } = target;
  const deadline = clock.now() + patienceMs;
  for (;;) {
    waiting.signal?.throwIfAborted();
    try {
      return (await api.createDeployment({ params: { workspaceId }, body })).id;
    } catch (error) {
      const broken = error instanceof Unreachable;
      if (clock.now() >= deadline || !(broken || isProblem(error, 'registryUnreachable'))) throw error;
      const made = broken ? await madeAllTheSame(target, body, clock, waiting) : undefined;
      if (made !== undefined) return made;
    }
    await clock.sleep(askEveryMs, waiting.signal);
  }
}

/** Everything that is sent; what the person did not choose is as it usually is. */
async function settingsOf(target: Target, choice: Choice, waiting: Waiting): Promise<DeploymentSettings> {
  const { name, regionId: runner, ports, details } = choice;
  if (details !== undefined) {
    const { newVolumes: _, ...settings } = details;
    return { ...settings, name, runner };
  }
  return {
    name,
    runner,
    imageTag: usualTag,
    machineType: await smallestMachine(target, waiting),
    deployOnPush: true,
    deployOnCreate: true,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: Object.fromEntries(ports.map((port) => [String(port), 'http' as const])),
    environmentVariables: {},
    configMounts: {},
    volumes: {},
  };
}

/** The machine type that a deployment begins with. @throws JourneyError. */
export async function smallestMachine({ api, workspaceId }: Target, waiting: Waiting): Promise<string> {
  const { machineTypes } = await api.listMachineTypes({ params: { workspaceId } }, waiting);
  const [smallest] = machineTypes.toSorted(
    (a, b) => a.cpu_count - b.cpu_count || a.memory_count - b.memory_count,
  );
  if (smallest !== undefined) return smallest.id;
  throw new JourneyError('The region offers no machine type, so nothing can be deployed to it.', []);
}

/** The id of the deployment if the server made it before it went away; undefined if it did not. */
async function madeAllTheSame(
  { api, workspaceId }: Target,
  wanted: CreateDeployment,
  clock: Clock,
  waiting: Waiting,
): Promise<string | undefined> {
  const deadline = clock.now() + patienceMs;
  for (;;) {
    try {
      const given = { params: { workspaceId } };
      const rows = api.pages('listDeployments', given, ({ deployments }) => deployments, waiting);
      for await (const one of rows) {
        if (one.name === wanted.name && sameImage(one, wanted)) return one.id;
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof Unreachable) || clock.now() >= deadline) throw error;
    }
    await clock.sleep(askEveryMs, waiting.signal);
  }
}

function sameImage(one: ImageSource, other: ImageSource): boolean {
  if ('repositoryId' in one) return 'repositoryId' in other && one.repositoryId === other.repositoryId;
  return 'imageName' in other && one.registry === other.registry && one.imageName === other.imageName;
}
