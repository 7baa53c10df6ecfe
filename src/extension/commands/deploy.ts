import { workspace, type Uri } from 'vscode';
import type { Source } from '../../deploy/target.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { localId } from '../connections/connection.ts';
import { askForDeployment } from '../deploy/chooseDeployment.ts';
import { deployPlaces } from '../deploy/places.ts';
import { chooseDockerfile, sourceOf } from '../deploy/dockerfiles.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { back } from '../prompts.ts';
import { describeDeployment } from '../tree/look.ts';
import type { CommandContext } from './context.ts';
import { isTrusted } from './trust.ts';

/** From a Dockerfile to a deployment: asks what has to be known, then runs the journey. */
export async function deployCommand(context: CommandContext, file: Uri | undefined): Promise<void> {
  const { memory, models, prompts } = context;
  if (!(await isTrusted(context))) return;
  const dockerfile = await chooseDockerfile(file, prompts);
  if (dockerfile === undefined) return;
  const source = await sourceOf(dockerfile);
  // So that names can be compared while they are typed; without a region they are compared later.
  const remembered = memory.of(dockerfile.toString());
  const needed = new Set([context.model, models.by(remembered?.connection ?? localId) ?? context.model]);
  // A server that does not answer keeps nobody from another one.
  for (const model of models.all()) if (!needed.has(model)) void model.connection.look();
  await Promise.all(Array.from(needed, readIfThere));
  const existing = models.get(remembered?.deploymentId ?? '');
  if (existing === undefined) return deployNew(context, dockerfile, source);
  const way = await newOrPush(context, existing);
  if (way === 'push') return context.journeys.push(dockerfile, source, existing.id, existing.name);
  if (way === 'new') return deployNew(context, dockerfile, source);
}

async function readIfThere(model: DeploymentsModel): Promise<void> {
  await model.connection.look();
  if (model.target() !== undefined && !model.loaded) await model.refresh();
}

async function deployNew(context: CommandContext, dockerfile: Uri, source: Source): Promise<void> {
  const { journeys, memory, models, prompts } = context;
  const key = dockerfile.toString();
  const questions = { source, places: deployPlaces(models), reviewed: memory.reviewed(key) };
  const placed = await askForDeployment(questions, prompts);
  if (placed === undefined) return;
  const { model } = placed.place;
  if (placed.answers === 'customize') return openForm({ ...context, model }, dockerfile);
  await memory.setReviewed(key);
  await journeys.deploy(model, dockerfile, source, placed.answers);
}

/** The same with everything that can be chosen, in a form that arrives filled in. */
export async function customizeCommand(context: CommandContext, file: Uri | undefined): Promise<void> {
  if (!(await isTrusted(context))) return;
  const dockerfile = await chooseDockerfile(file, context.prompts);
  if (dockerfile !== undefined) openForm(context, dockerfile);
}

function openForm({ openCreateForm, model }: CommandContext, dockerfile: Uri): void {
  openCreateForm({
    kind: 'dockerfile',
    connection: model.connection.id,
    uri: dockerfile.toString(),
    label: workspace.asRelativePath(dockerfile),
  });
}

/** A Dockerfile that was deployed before is more often pushed again than deployed twice. */
async function newOrPush(
  { prompts }: CommandContext,
  existing: Deployment,
): Promise<'push' | 'new' | undefined> {
  const items = [
    {
      label: `$(cloud-upload) Push a new version to ${existing.name}`,
      description: describeDeployment(existing),
      way: 'push' as const,
    },
    { label: '$(add) Make another deployment', way: 'new' as const },
  ];
  const chosen = await prompts.pick(items, {
    title: 'Deploy to Patr',
    placeholder: 'This Dockerfile is deployed already. What shall happen?',
  });
  return chosen === undefined || chosen === back ? undefined : chosen.way;
}
