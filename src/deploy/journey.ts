import type { Clock } from '../base/clock.ts';
import type { Engine } from '../docker/engine.ts';
import { isProblem } from '../protocol/problems.ts';
import { patrRegistry, type DeploymentInfo, type Reason } from '../protocol/shapes/deployment.ts';
import { check } from './check.ts';
import type { JourneyEvent, JourneyResult } from './contract.ts';
import { create } from './create.ts';
import { JourneyError, PreflightFailed } from './errors.ts';
import { build, push as pushImage } from './image.ts';
import { baselineOf, servedAlready, type Baseline } from './releases.ts';
import { dropRepository, ensureRepository, referenceOf } from './repository.ts';
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

interface Waiting {
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
  const waiting = waitingOf(tools);
  const platform = await preflight(target, source, choice, tools, steps);
  const { deployOnCreate = true, imageTag = usualTag } = choice.details ?? {};
  const note = (text: string): void => tools.tell({ kind: 'output', step: 'create', text });
  const repository = await ensureRepository(target, repositoryNameFor(choice.name), waiting);
  let deploymentId: string;
  let digest: string;
  try {
    digest = await buildAndPush(
      target,
      source,
      referenceOf(target, repository, imageTag),
      platform,
      tools,
      steps,
    );
    const image = { registry: patrRegistry, repositoryId: repository.id } as const;
    deploymentId = await steps.run('create', () =>
      create(target, choice, image, { clock: tools.clock, note, ...waiting }),
    );
  } catch (error) {
    await dropRepository(target, repository, note);
    throw isProblem(error, 'resourceAlreadyExists') ? nameGone(choice, error) : error;
  }
  tools.tell({ kind: 'created', deploymentId, name: choice.name });
  if (!deployOnCreate) return { kind: 'created', deploymentId, name: choice.name, digest };
  const verdict = await rollOut(target, deploymentId, { digest, after: 0 }, tools, steps);
  return resultOf(verdict, digest);
}

/** Builds and pushes the image of a deployment that there is, and follows what comes of it. @throws as `deploy`. */
export async function push(
  target: Target,
  source: Source,
  deploymentId: string,
  tools: JourneyTools,
): Promise<JourneyResult> {
  const steps = new Steps(tools.tell, tools.clock);
  const waiting = waitingOf(tools);
  const params = { workspaceId: target.workspaceId, deploymentId };
  const before = await target.api.getDeployment({ params }, waiting);
  const repository = await repositoryOf(target, before, waiting);
  const ports = Object.keys(before.ports).map(Number);
  const wanted = { name: undefined, regionId: before.runner, ports };
  const platform = await preflight(target, source, wanted, tools, steps);
  const baseline = await baselineOf(target, before, waiting);
  const reference = referenceOf(target, repository, before.imageTag);
  const digest = await buildAndPush(target, source, reference, platform, tools, steps, () =>
    resumePushes(target, deploymentId, tools),
  );
  // It may have been stopped, or have had deploy on push switched off, while the image was built.
  const { name, deployOnPush, status } = await target.api.getDeployment({ params }, waiting);
  const pushed = { kind: 'pushed', deploymentId, name, digest } as const;
  if (status === 'stopped') return { ...pushed, because: 'stopped' };
  if (status === 'errored' && stuckOnErrors(target)) return { ...pushed, because: 'errored' };
  if (!deployOnPush && !pushesAnyway(target)) return { ...pushed, because: 'deployOnPushOff' };
  const known = servedAlready(baseline, digest);
  const after = known ? baseline.newest - 1 : baseline.newest;
  const verdict = await rollOut(target, deploymentId, { digest, after }, tools, steps);
  return known ? unchangedResult(verdict, digest, baseline) : resultOf(verdict, digest);
}

/** Patr of today passes deployments over that could not be started, where ours and the legacy try the new image. */
function stuckOnErrors({ backend }: Target): boolean {
  return backend.generation === 'current';
}

/** The legacy Patr rolls out whatever is pushed. */
function pushesAnyway({ backend }: Target): boolean {
  return backend.generation === 'legacy';
}

function nameGone({ name }: Choice, cause: unknown): JourneyError {
  const message = `A deployment called ${name} was made in the meantime. Choose another name; the image is built and pushes quickly.`;
  return new JourneyError(message, ['chooseName'], { cause });
}

function waitingOf({ signal }: JourneyTools): Waiting {
  return signal === undefined ? {} : { signal };
}

/** Resolves with the platform that the region wants. @throws PreflightFailed. */
function preflight(
  target: Target,
  source: Source,
  wanted: Parameters<typeof check>[2],
  tools: JourneyTools,
  steps: Steps,
): Promise<string | undefined> {
  return steps.run('preflight', async (report) => {
    const { findings, region } = await check(target, source, wanted, tools.clock, waitingOf(tools));
    if (findings.some(({ severity }) => severity === 'stop')) throw new PreflightFailed(findings);
    for (const { message } of findings) report.output(`${message}\n`);
    return region.platform;
  });
}

async function buildAndPush(
  target: Target,
  source: Source,
  reference: string,
  platform: string | undefined,
  tools: JourneyTools,
  steps: Steps,
  beforePush: () => Promise<void> = async () => undefined,
): Promise<string> {
  const { engine, clock } = tools;
  const waiting = waitingOf(tools);
  waiting.signal?.throwIfAborted();
  await steps.run('build', (report) => build(engine, source, { reference, platform }, report, waiting));
  await beforePush();
  return steps.run('push', (report) => pushImage({ engine, clock }, target, reference, report, waiting));
}

/** Whoever pushes from here wants to see it run: pushes that wait since a revert wait no longer. */
async function resumePushes(target: Target, deploymentId: string, tools: JourneyTools): Promise<void> {
  const params = { workspaceId: target.workspaceId, deploymentId };
  const { pushesPaused } = await target.api.getDeployment({ params }, waitingOf(tools));
  if (pushesPaused !== true) return;
  await target.api.updateDeployment({ params, body: { pushesPaused: false } }, waitingOf(tools));
  const text = 'Pushes were paused since a revert. They are rolled out again from now on.\n';
  tools.tell({ kind: 'output', step: 'push', text });
}

async function repositoryOf(
  target: Target,
  deployment: DeploymentInfo,
  waiting: Waiting,
): Promise<{ readonly name: string }> {
  if (!('repositoryId' in deployment) || deployment.registry !== patrRegistry) {
    const message = `${deployment.name} runs an image of another registry, which is not pushed to from here. Push it there, and start the deployment anew.`;
    throw new JourneyError(message, []);
  }
  const { workspaceId } = target;
  const params = { workspaceId, repositoryId: deployment.repositoryId };
  return (await target.api.getRepository({ params }, waiting)).repository;
}

function rollOut(
  target: Target,
  deploymentId: string,
  wanted: { readonly digest: string; readonly after: number },
  tools: JourneyTools,
  steps: Steps,
): Promise<Verdict> {
  const { clock, chance } = tools;
  return steps.run('rollout', (report) =>
    watchRollout(target, { deploymentId, ...wanted }, { clock, chance, report, ...waitingOf(tools) }),
  );
}

function resultOf(verdict: Verdict, digest: string): JourneyResult {
  const { id: deploymentId, name } = verdict.deployment;
  if (verdict.kind === 'unhealthy') return { kind: 'unhealthy', deploymentId, name, reason: verdict.reason };
  const url = bestUrl(verdict.deployment);
  return { kind: 'serving', deploymentId, name, digest, release: verdict.release, url };
}

/** The image is the one that was wanted before: no release came of the push. */
function unchangedResult(verdict: Verdict, digest: string, { newest }: Baseline): JourneyResult {
  const result = resultOf(verdict, digest);
  if (result.kind === 'serving') return { ...result, unchanged: true };
  if (result.kind !== 'unhealthy') return result;
  const message = `Nothing has changed since release ${newest}, which failed: ${result.reason.message}`;
  const reason: Reason = { ...result.reason, message };
  return { ...result, reason };
}

/** The address to show a person first: what the server tells, else the one that Patr gives every http port. */
export function bestUrl(deployment: DeploymentInfo): string | undefined {
  if (deployment.addresses !== undefined)
    return deployment.addresses.find(({ url }) => url !== undefined)?.url;
  const port = Object.entries(deployment.ports).find(([, type]) => type === 'http')?.[0];
  return port === undefined ? undefined : `https://${port}-${deployment.id}.onpatr.cloud`;
}
