import { Uri } from 'vscode';
import { abilitiesOf } from '../tree/contextValue.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDockerfile, sourceOf } from '../deploy/dockerfiles.ts';
import { chooseDeployment, type CommandContext } from './context.ts';
import { isTrusted } from './trust.ts';

/** Builds and pushes the image of a deployment; deploy on push does the rest. */
export async function pushCommand(context: CommandContext, node: DeploymentNode | undefined): Promise<void> {
  const { journeys, memory, prompts } = context;
  if (!(await isTrusted(context))) return;
  const own = new Set(memory.deploymentIds());
  const known = node === undefined ? await onlyOwn(context, own) : undefined;
  const chosen =
    known ??
    (await chooseDeployment(context, node, (one) => abilitiesOf(one).includes('canPush'), 'Build and push'));
  if (chosen === undefined) return;
  const remembered = memory.dockerfileOf(chosen.id);
  const dockerfile =
    remembered === undefined ? await chooseDockerfile(undefined, prompts) : Uri.parse(remembered);
  if (dockerfile === undefined) return;
  const connection = context.models.of(chosen.id).connection.id;
  await memory.remember(dockerfile.toString(), { deploymentId: chosen.id, name: chosen.name, connection });
  await journeys.push(dockerfile, await sourceOf(dockerfile), chosen.id, chosen.name);
}

/** The workspace's one deployment, when it has exactly one that is still there: then nothing has to be asked. */
async function onlyOwn({ models, memory }: CommandContext, own: ReadonlySet<string>) {
  const on = memory.connections();
  for (const model of models.all()) {
    if (!on.has(model.connection.id)) continue;
    if (model.target() === undefined) await model.connection.look();
    if (!model.loaded) await model.refresh();
  }
  const there = Array.from(own).flatMap((id) => models.get(id) ?? []);
  return there.length === 1 ? there[0] : undefined;
}
