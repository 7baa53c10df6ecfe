import { commands } from 'vscode';
import { awayWords } from '../connections/awayWords.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { back } from '../prompts.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import { chooseDeployment, type CommandContext } from './context.ts';

/** Opens the form of another connection, or of another region, with what can be had there of a deployment. */
export async function copyToCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const { model, openCreateForm } = context;
  const chosen = await chooseDeployment(context, node, () => true, 'Copy a deployment', { alwaysAsk: true });
  if (chosen === undefined) return;
  const { id: deploymentId, name } = chosen;
  const to = await askWhereTo(context, name);
  if (to === undefined) return;
  const [from, connection] = [model.connection.id, to.connection.id];
  // On the same server everything can be had twice as it is.
  if (from === connection) openCreateForm({ kind: 'duplicate', deploymentId, name, connection });
  else openCreateForm({ kind: 'copy', deploymentId, name, from, connection });
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
  const connect = { label: '$(add) Connect to Patr…', description: 'its cloud, or a server of your own' };
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
