import { commands, Uri } from 'vscode';
import { awayWords } from '../connections/awayWords.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { back } from '../prompts.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';

interface Original {
  readonly deploymentId: string;
  readonly name: string;
  readonly model: DeploymentsModel;
}

/** Opens the form of another connection, or of another region, with what can be had there of a deployment. */
export async function copyToCommand(
  context: CommandContext,
  node: DeploymentNode | Uri | undefined,
): Promise<void> {
  const { openCreateForm } = context;
  const original = await originalMeant(context, node);
  if (original === undefined) return;
  const { deploymentId, name, model } = original;
  const to = await askWhereTo({ ...context, model }, name);
  if (to === undefined) return;
  const [from, connection] = [model.connection.id, to.connection.id];
  // On the same server everything can be had twice as it is.
  if (from === connection) openCreateForm({ kind: 'duplicate', deploymentId, name, connection });
  else openCreateForm({ kind: 'copy', deploymentId, name, from, connection });
}

/** The node's, that of the panel which the person is in, or the chosen one. Undefined: given up. */
async function originalMeant(
  context: CommandContext,
  node: DeploymentNode | Uri | undefined,
): Promise<Original | undefined> {
  // The title of a panel gives the panel's own address.
  const isNode = node !== undefined && !(node instanceof Uri);
  const managed = isNode ? undefined : context.managed();
  if (managed !== undefined) return { ...managed, model: context.models.of(managed.deploymentId) };
  const { model } = context;
  const fits = (): boolean => true;
  const question = 'Copy a deployment';
  const chosen = await chooseDeployment(context, isNode ? node : undefined, fits, question, {
    alwaysAsk: true,
  });
  return chosen === undefined ? undefined : { deploymentId: chosen.id, name: chosen.name, model };
}

/** Undefined: given up, or something else was chosen. */
async function askWhereTo(
  { models, model, prompts }: CommandContext,
  name: string,
): Promise<DeploymentsModel | undefined> {
  const places = models.all().filter((one) => one !== model || regionsOf(one) > 1);
  const items = places.map((one) => ({
    label: `$(${one === model ? 'server-environment' : 'cloud'}) ${one.connection.label}`,
    description: one === model ? 'another region of it' : one.connection.description,
    ...detailOf(one),
    place: one,
  }));
  const connect = {
    label: '$(add) Connect to Another Workspace…',
    description: 'of Patr’s cloud, or of your own server',
  };
  const question = { title: `Copy ${name} to`, placeholder: 'Where shall the copy run?' };
  const answer = await prompts.pick([...items, { ...connect, place: undefined }], question);
  if (answer === undefined || answer === back) return undefined;
  if (answer.place !== undefined) return answer.place;
  await commands.executeCommand('patr.connection.add');
  return undefined;
}

function regionsOf(model: DeploymentsModel): number {
  const state = model.connection.state();
  return state.kind === 'connected' ? state.regions.length : 0;
}

/** Why nothing can be made there now; the form says what helps. */
function detailOf(model: DeploymentsModel): { readonly detail?: string } {
  const state = model.connection.state();
  return state.kind === 'connected' || state.kind === 'looking' ? {} : { detail: awayWords(state) };
}
