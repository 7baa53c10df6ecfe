import { commands } from 'vscode';
import { systemClock } from '../../base/clock.ts';
import { createImageDeployment, type ImageChoice } from '../../deploy/existingImage.ts';
import { bestUrl } from '../../deploy/journey.ts';
import type { Target } from '../../deploy/target.ts';
import type { Verdict } from '../../deploy/watchRollout.ts';
import { askForImage, askForName, askForPorts, findImage } from '../deploy/chooseImage.ts';
import { firstRegion } from '../deploy/firstRegion.ts';
import { reach } from '../deploy/reach.ts';
import { actionsFor, tellUnhealthy } from '../deploy/verdict.ts';
import type { Action } from '../notify.ts';
import type { CommandContext } from './context.ts';
import { isTrusted } from './trust.ts';

/** From an image that is in a registry already to a deployment: looked for first, so that nothing is made in vain. */
export async function deployImageCommand(context: CommandContext): Promise<void> {
  const { local, model, prompts } = context;
  if (!(await isTrusted(context))) return;
  const image = await askForImage(prompts);
  if (image === undefined) return;
  const where = model === context.models.local ? 'Local region' : model.connection.label;
  const target = await prompts.progress(where, (report, signal) => reach(local, model, report, signal));
  // A server that cannot look finds out when it pulls.
  const looks = target.backend.answers('checkImage');
  const found = looks ? await findImage(target, image, prompts) : { ports: {} };
  if (found === undefined) return;
  const ports = await askForPorts(found, prompts);
  if (ports === undefined) return;
  if (!model.loaded) await model.refresh();
  const taken = model.all().map(({ name }) => name);
  const name = await askForName(target, image, taken, prompts);
  if (name === undefined) return;
  const regionId = await firstRegion(target);
  const verdict = await create(context, target, { ...image, name, ports, regionId });
  void tell(context, verdict);
}

async function create(
  { prompts, model, output }: CommandContext,
  target: Target,
  choice: ImageChoice,
): Promise<Verdict> {
  const title = `Deploying ${choice.name}`;
  output.info(`${title} from ${choice.registry}/${choice.imageName}:${choice.imageTag}`);
  const { deploymentId, verdict } = await prompts.progress(title, (report, signal) =>
    createImageDeployment(target, choice, {
      clock: systemClock,
      chance: Math.random,
      report: { progress: (message) => report({ message }), output: (text) => output.append(text) },
      signal,
      created: (id) => void model.reload(id),
    }),
  );
  await model.reload(deploymentId);
  return verdict;
}

async function tell(context: CommandContext, verdict: Verdict): Promise<void> {
  const { deployment } = verdict;
  if (verdict.kind === 'unhealthy') {
    const remove: Action = {
      label: 'Delete…',
      run: () =>
        commands.executeCommand('patr.deployment.delete', { kind: 'deployment', id: '', deployment }),
    };
    return tellUnhealthy(context, deployment, verdict.reason, [remove]);
  }
  const url = bestUrl(deployment);
  const where = url === undefined ? '' : ` at ${url}`;
  const source = ' What is pushed to its registry later is not rolled out by itself.';
  await context.notify.done(
    `${deployment.name} is serving${where}.${source}`,
    actionsFor(context, deployment, url),
  );
}
