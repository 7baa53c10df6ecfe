import type { Clock } from '../base/clock.ts';
import type { Engine } from '../docker/engine.ts';
import { isProblem } from '../protocol/problems.ts';
import { patrRegistry, type DeploymentInfo } from '../protocol/shapes/deployment.ts';
import { check } from './check.ts';
import type { JourneyEvent, JourneyResult } from './contract.ts';
import { JourneyError, PreflightFailed } from './errors.ts';
import { build, push as pushImage } from './image.ts';
import { dropRepository, ensureRepository, referenceOf, type ChosenRepository } from './repository.ts';
import { Steps } from './steps.ts';
import { repositoryNameFor, usualTag, type Choice, type Source, type Target } from './target.ts';
import { watchRollout, type Verdict } from './watchRollout.ts';

export interface JourneyTools {
  readonly engine: Engine;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly chance: () => number;
  readonly tell: (event: JourneyEvent) => void;
  /** Cancels; what is rolling out in the region by then goes on there. */
  readonly signal?: AbortSignal;
}

/**
 * From a Dockerfile to a new deployment that serves, or to the reason why it does not. What fails or is cancelled
 * before the deployment is made leaves nothing behind. @throws JourneyError, BuildFailure, and the client's errors.
 */
export async function deploy(
  target: Target,
  source: Source,
  choice: Choice,
  tools: JourneyTools,
): Promise<JourneyResult> {
  const steps = new Steps(tools.tell, tools.clock);
  const waiting = tools.signal === undefined ? {} : { signal: tools.signal };
  const platform = await steps.run('preflight', async (report) => {
    const { findings, region } = await check(target, source, choice, waiting);
    if (findings.some(({ severity }) => severity === 'stop')) throw new PreflightFailed(findings);
    for (const { message } of findings) report.output(`${message}\n`);
    return region?.platform;
  });
  const repository = await ensureRepository(target, repositoryNameFor(choice.name), waiting);
  let deploymentId: string;
  let digest: string;
  try {
    digest = await buildAndPush(target, source, repository, usualTag, platform, tools, steps);
    deploymentId = await steps.run('create', () => create(target, choice, repository, waiting));
  } catch (error) {
    await dropRepository(target, repository);
    throw error;
  }
  tools.tell({ kind: 'created', deploymentId, name: choice.name });
  return rollOut(target, deploymentId, digest, tools, steps);
}

/** Builds and pushes the image of a deployment that there is, and follows what comes of it. @throws as `deploy`. */
export async function push(
  target: Target,
  source: Source,
  deploymentId: string,
  tools: JourneyTools,
): Promise<JourneyResult> {
  const steps = new Steps(tools.tell, tools.clock);
  const waiting = tools.signal === undefined ? {} : { signal: tools.signal };
  const params = { workspaceId: target.workspaceId, deploymentId };
  const deployment = await target.api.getDeployment({ params }, waiting);
  const repository = await repositoryOf(target, deployment, waiting);
  const platform = await steps.run('preflight', async (report) => {
    const ports = Object.keys(deployment.ports).map(Number);
    const wanted = { name: undefined, regionId: deployment.runner, ports };
    const { findings, region } = await check(target, source, wanted, waiting);
    if (findings.some(({ severity }) => severity === 'stop')) throw new PreflightFailed(findings);
    for (const { message } of findings) report.output(`${message}\n`);
    return region?.platform;
  });
  const tag = deployment.imageTag;
  const digest = await buildAndPush(target, source, repository, tag, platform, tools, steps);
  const { name } = deployment;
  if (!deployment.deployOnPush || deployment.status === 'stopped')
    return { kind: 'pushed', deploymentId, name, digest };
  return rollOut(target, deploymentId, digest, tools, steps);
}

async function buildAndPush(
  target: Target,
  source: Source,
  repository: { readonly name: string },
  tag: string,
  platform: string | undefined,
  tools: JourneyTools,
  steps: Steps,
): Promise<string> {
  const waiting = tools.signal === undefined ? {} : { signal: tools.signal };
  const reference = referenceOf(target, repository, tag);
  await steps.run('build', (report) => build(tools.engine, source, { reference, platform }, report, waiting));
  return steps.run('push', (report) => pushImage(tools.engine, target, reference, report, waiting));
}

async function repositoryOf(
  target: Target,
  deployment: DeploymentInfo,
  waiting: { signal?: AbortSignal },
): Promise<{ readonly name: string }> {
  if (!('repositoryId' in deployment) || deployment.registry !== patrRegistry) {
    const message = `${deployment.name} runs an image of another registry, which is not pushed to from here. Push it there, and start the deployment anew.`;
    throw new JourneyError(message, []);
  }
  const { workspaceId } = target;
  const params = { workspaceId, repositoryId: deployment.repositoryId };
  return (await target.api.getRepository({ params }, waiting)).repository;
}

async function create(
  target: Target,
  choice: Choice,
  repository: ChosenRepository,
  waiting: { signal?: AbortSignal },
): Promise<string> {
  const { api, workspaceId } = target;
  const { machineTypes } = await api.listMachineTypes({ params: { workspaceId } }, waiting);
  const [smallest] = machineTypes.toSorted(
    (a, b) => a.cpu_count - b.cpu_count || a.memory_count - b.memory_count,
  );
  if (smallest === undefined) {
    throw new JourneyError('The region offers no machine type, so nothing can be deployed to it.', []);
  }
  const body = {
    registry: patrRegistry,
    repositoryId: repository.id,
    name: choice.name,
    imageTag: usualTag,
    runner: choice.regionId,
    machineType: smallest.id,
    deployOnPush: true,
    deployOnCreate: true,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: Object.fromEntries(choice.ports.map((port) => [String(port), 'http' as const])),
  } as const;
  try {
    return (await api.createDeployment({ params: { workspaceId }, body }, waiting)).id;
  } catch (error) {
    if (!isProblem(error, 'resourceAlreadyExists')) throw error;
    const message = `A deployment called ${choice.name} was made in the meantime. Choose another name; the image is built and pushes quickly.`;
    throw new JourneyError(message, ['chooseName'], { cause: error });
  }
}

async function rollOut(
  target: Target,
  deploymentId: string,
  digest: string,
  { clock, chance, signal }: JourneyTools,
  steps: Steps,
): Promise<JourneyResult> {
  const waiting = signal === undefined ? {} : { signal };
  const verdict = await steps.run('rollout', (report) =>
    watchRollout(target, deploymentId, digest, { clock, chance, report, ...waiting }),
  );
  return resultOf(verdict, digest);
}

function resultOf(verdict: Verdict, digest: string): JourneyResult {
  const { id: deploymentId, name } = verdict.deployment;
  if (verdict.kind === 'unhealthy') return { kind: 'unhealthy', deploymentId, name, reason: verdict.reason };
  const url = bestUrl(verdict.deployment);
  return { kind: 'serving', deploymentId, name, digest, release: verdict.release, url };
}

/** The address to show a person first: what the server tells, else the one that Patr gives every http port. */
export function bestUrl(deployment: DeploymentInfo): string | undefined {
  if (deployment.addresses !== undefined)
    return deployment.addresses.find(({ url }) => url !== undefined)?.url;
  const port = Object.entries(deployment.ports).find(([, type]) => type === 'http')?.[0];
  return port === undefined ? undefined : `https://${port}-${deployment.id}.onpatr.cloud`;
}
