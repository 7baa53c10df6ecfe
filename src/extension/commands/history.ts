import { commands, Uri } from 'vscode';
import { systemClock } from '../../base/clock.ts';
import { notOffered } from '../../client/errors.ts';
import { usualParts } from '../../deploy/differences.ts';
import { previewRevert, revert, rollOutNewest, type HistoryTools } from '../../deploy/history.ts';
import { revertToImage, type PastImage } from '../../deploy/imageHistory.ts';
import { bestUrl } from '../../deploy/journey.ts';
import type { Verdict } from '../../deploy/watchRollout.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { ReleaseInfo } from '../../protocol/shapes/release.ts';
import { documentAddress } from '../documents/documentAddress.ts';
import { releaseName } from '../documents/releaseText.ts';
import { actionsFor, tellUnhealthy } from '../deploy/verdict.ts';
import {
  describePastImage,
  describeRelease,
  partWords,
  pastImageLook,
  releaseLooks,
  shortDigest,
} from '../history/releaseWords.ts';
import type { Action } from '../notify.ts';
import { back, type ProgressReport } from '../prompts.ts';
import { abilitiesOf, canCompareWith, canRevertTo } from '../tree/contextValue.ts';
import type { DeploymentNode, NewerImageNode, PastImageNode, ReleaseNode } from '../tree/nodes.ts';
import { releaseNode } from '../tree/parts.ts';
import { chooseDeployment, offering, targetOf, type CommandContext } from './context.ts';

/** Goes back to an earlier version, or to those parts of it that the person ticks. */
export async function revertCommand(
  context: CommandContext,
  node: ReleaseNode | PastImageNode | undefined,
): Promise<void> {
  const question = 'Revert to an earlier version';
  const deployment = await deploymentMeant(context, node, question);
  if (deployment === undefined) return;
  if (node?.kind === 'pastImage' || !context.model.answers('listReleases'))
    return revertImage(context, deployment, node?.kind === 'pastImage' ? node : undefined);
  const release = await chooseRelease(context, deployment, { node, fits: canRevertTo, question });
  if (release === undefined) return;
  const target = await targetOf(context);
  const preview = await previewRevert(target, deployment.id, release.id);
  if (preview.differences.length === 0) {
    await context.notify.done(
      `Version ${release.number} is the same as what is wanted now: there is nothing to revert.`,
    );
    return;
  }
  const items = preview.differences.map(({ part, lines }) => ({
    label: partWords[part],
    description: lines.length === 1 ? lines.join('') : `${lines.length} differences`,
    ...(lines.length === 1 ? {} : { detail: lines.join(', ') }),
    picked: usualParts.has(part),
    part,
  }));
  const ticked = await context.prompts.pickMany(items, {
    title: `Revert ${deployment.name} to version ${release.number}`,
    placeholder: 'What shall be as it was? What is not ticked stays as it is now.',
  });
  if (ticked === undefined || ticked.length === 0) return;
  const parts = ticked.map(({ part }) => part);
  const title = `Reverting ${deployment.name} to version ${release.number}`;
  const verdict = await watched(context, title, (tools) =>
    revert(target, deployment.id, release, { parts, preview }, tools),
  );
  await context.model.reload(deployment.id);
  void tell(context, verdict, `is back at version ${release.number}`);
}

/** Shows a version beside the one that takes traffic. */
export async function compareCommand(context: CommandContext, node: ReleaseNode | undefined): Promise<void> {
  const question = 'Compare a version with what runs';
  const deployment = await deploymentMeant(context, node, question);
  if (deployment === undefined) return;
  const release = await chooseRelease(context, deployment, { node, fits: canCompareWith, question });
  if (release === undefined) return;
  const releases = await context.model.releases(deployment.id);
  const live = releases.find(({ number }) => number === deployment.liveRelease) ?? releases[0];
  if (live === undefined) return;
  const connection = context.model.connection.id;
  const uriOf = ({ number }: ReleaseInfo) => {
    const name = releaseName(number);
    return Uri.from(documentAddress({ kind: 'release', id: deployment.id, connection, name }));
  };
  const title = `${deployment.name}: v${live.number} (runs) ↔ v${release.number}`;
  await commands.executeCommand('vscode.diff', uriOf(live), uriOf(release), title);
}

/** Lets pushes be rolled out again after a revert. */
export async function resumePushesCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const fits = (one: Deployment): boolean => abilitiesOf(one).includes('canResume');
  const deployment = await chooseDeployment(context, node, fits, 'Resume pushes');
  if (deployment === undefined) return;
  const { api, workspaceId } = await targetOf(context);
  const params = { workspaceId, deploymentId: deployment.id };
  await api.updateDeployment({ params, body: { pushesPaused: false } });
  await context.model.reload(deployment.id);
  const newer = context.model.get(deployment.id)?.newerImage;
  const message = `What is pushed to ${deployment.name} from now on is rolled out again.`;
  if (newer === undefined) return void context.notify.done(message);
  const rollOut: Action = {
    label: 'Roll out the newest image',
    run: () => commands.executeCommand('patr.deployment.rollOut', node),
  };
  void context.notify.done(`${message} An image that was pushed meanwhile waits in the registry.`, [rollOut]);
}

/** Rolls out what the tag means now. */
export async function rollOutCommand(
  context: CommandContext,
  node: DeploymentNode | NewerImageNode | undefined,
): Promise<void> {
  const fits = (one: Deployment): boolean => abilitiesOf(one).includes('canRollOut');
  const known = node === undefined ? undefined : context.model.get(node.deployment.id);
  const deployment = known ?? (await chooseDeployment(context, undefined, fits, 'Roll out the newest image'));
  if (deployment === undefined) return;
  const target = await targetOf(context);
  const title = `Rolling out the newest image of ${deployment.name}`;
  const verdict = await watched(context, title, (tools) => rollOutNewest(target, deployment.id, tools));
  await context.model.reload(deployment.id);
  void tell(context, verdict, 'serves the newest image');
}

/** Goes back to an image that the deployment has run, where the server keeps no more of it than that. */
async function revertImage(
  context: CommandContext,
  deployment: Deployment,
  node: PastImageNode | undefined,
): Promise<void> {
  const target = await targetOf(context);
  if (!target.backend.answers('revertDeployment')) throw notOffered(context.model.connection.label);
  const image = node?.image ?? (await chooseImage(context, deployment));
  if (image === undefined) return;
  const { name, imageTag } = deployment;
  const short = shortDigest(image.digest);
  const detail = `The image alone goes back: the configuration stays as it is now. Pushes are not paused by this server, so the next push to ${imageTag} can replace it.`;
  if (!(await context.prompts.confirm(`Revert ${name} to the image ${short}?`, detail, 'Revert'))) return;
  const verdict = await watched(context, `Reverting ${name} to the image ${short}`, (tools) =>
    revertToImage(target, deployment.id, image.digest, tools),
  );
  await context.model.reload(deployment.id);
  void tell(context, verdict, `is back at the image ${short}`);
}

async function chooseImage(context: CommandContext, deployment: Deployment): Promise<PastImage | undefined> {
  const images = await context.model.pastImages(deployment.id);
  const items = images
    .filter(({ digest }) => digest !== deployment.currentLiveDigest)
    .map((image) => ({
      label: `$(${pastImageLook.icon}) ${shortDigest(image.digest)}`,
      description: describePastImage(image, false),
      image,
    }));
  if (items.length === 0)
    throw new Error(`${deployment.name} has no other image to go back to yet. Push a new image first.`);
  const placeholder = `Image history of ${deployment.name}, newest first`;
  const chosen = await context.prompts.pick(items, { title: 'Revert to an earlier image', placeholder });
  return chosen === undefined || chosen === back ? undefined : chosen.image;
}

/** The deployment of a node of its history, or the chosen one. Undefined: given up. */
async function deploymentMeant(
  context: CommandContext,
  node: ReleaseNode | PastImageNode | undefined,
  question: string,
): Promise<Deployment | undefined> {
  const known = node === undefined ? undefined : context.model.get(node.deploymentId);
  return known ?? chooseDeployment(context, undefined, () => true, question);
}

interface Wanted {
  readonly node: ReleaseNode | undefined;
  readonly fits: (node: ReleaseNode) => boolean;
  readonly question: string;
}

async function chooseRelease(
  context: CommandContext,
  deployment: Deployment,
  { node, fits, question }: Wanted,
): Promise<ReleaseInfo | undefined> {
  if (node !== undefined) return node.release;
  await offering(context, 'releases');
  const releases = await context.model.releases(deployment.id);
  const items = releases
    .map((release, index) => releaseNode(deployment, release, index))
    .filter(fits)
    .map(({ release }) => ({
      label: `$(${releaseLooks[release.state].icon}) v${release.number}`,
      description: describeRelease(release),
      ...(release.reason === undefined ? {} : { detail: release.reason.message }),
      release,
    }));
  if (items.length === 0)
    throw new Error(`${deployment.name} has no other version for this yet. Push a new image first.`);
  const placeholder = `Image history of ${deployment.name}, newest first`;
  const chosen = await context.prompts.pick(items, { title: question, placeholder });
  return chosen === undefined || chosen === back ? undefined : chosen.release;
}

/** Runs a rollout with its progress in a notification; giving up ends the watching, not the rollout. */
function watched(
  { prompts, output }: CommandContext,
  title: string,
  work: (tools: HistoryTools) => Promise<Verdict>,
): Promise<Verdict> {
  return prompts.progress(title, (report: ProgressReport, signal) => {
    const told = {
      progress: (message: string) => report({ message }),
      output: (text: string) => output.append(text),
    };
    output.info(title);
    return work({ clock: systemClock, chance: Math.random, report: told, signal });
  });
}

/** What came of it, and that pushes wait where they do. */
async function tell(context: CommandContext, verdict: Verdict, done: string): Promise<void> {
  const { notify } = context;
  const { deployment } = verdict;
  const { name } = deployment;
  if (verdict.kind === 'unhealthy') return tellUnhealthy(context, deployment, verdict.reason);
  const actions = actionsFor(context, deployment, bestUrl(deployment));
  const version = verdict.release === undefined ? '' : ` It is version ${verdict.release} now.`;
  if (deployment.pushesPaused !== true) return notify.done(`${name} ${done}.${version}`, actions);
  const resume: Action = {
    label: 'Resume pushes',
    run: () =>
      commands.executeCommand('patr.deployment.resumePushes', { kind: 'deployment', id: '', deployment }),
  };
  const paused = ' Pushes are paused: what is pushed now is not rolled out until you resume.';
  await notify.done(`${name} ${done}.${version}${paused}`, [resume, ...actions]);
}
