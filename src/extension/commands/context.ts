import type { TreeView } from 'vscode';
import { notOffered } from '../../client/errors.ts';
import { JourneyError } from '../../deploy/errors.ts';
import type { Target } from '../../deploy/target.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { CreateSubject } from '../../protocol/panelCreate.ts';
import type { ManageSubject } from '../../protocol/panelManage.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { awayWords } from '../connections/awayWords.ts';
import { localId } from '../connections/connection.ts';
import type { CurrentConnection } from '../connections/current.ts';
import type { KeptKeys } from '../connections/keptKeys.ts';
import type { LocalConnection } from '../connections/localConnection.ts';
import type { DeployMemory } from '../deploy/memory.ts';
import type { Journeys } from '../deploy/journeys.ts';
import type { CrashDiagnostics } from '../crash/crashDiagnostics.ts';
import type { Configs } from '../config/configs.ts';
import type { Documents } from '../documents/documents.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { Models } from '../model/models.ts';
import type { Notify } from '../notify.ts';
import type { Output } from '../output.ts';
import { back, type Prompts } from '../prompts.ts';
import { lookOf, describeDeployment } from '../tree/look.ts';
import type { DeploymentsTree } from '../tree/deploymentsTree.ts';
import type { DeploymentNode, Node } from '../tree/nodes.ts';

/** What commands stand on. Each takes only the part that it names. */
export interface CommandContext {
  /** The region of this machine, which alone is started, stopped and reached past its API. */
  readonly local: LocalConnection;
  readonly accounts: Accounts;
  readonly keptKeys: Pick<KeptKeys, 'keep' | 'copyFor'>;
  readonly models: Models;
  readonly current: CurrentConnection;
  /** What is known of the connection that the command is about: see `aboutOf`. */
  readonly model: DeploymentsModel;
  readonly memory: DeployMemory;
  readonly journeys: Journeys;
  readonly prompts: Prompts;
  readonly notify: Notify;
  readonly output: Output;
  readonly documents: Documents;
  readonly configs: Configs;
  readonly tree: DeploymentsTree;
  readonly view: TreeView<Node>;
  readonly trusted: () => boolean;
  /** Folder of the extension on this machine, over all workspaces; made when it is needed. */
  readonly storageFolder: string;
  readonly crashes: Pick<CrashDiagnostics, 'placeOf'>;
  readonly reveal: (deploymentId: string) => Promise<void>;
  readonly showLogs: (deploymentId: string) => Promise<void>;
  /** The deployment whose panel the person is in; undefined: in none. */
  readonly managed: () => ManageSubject | undefined;
  /** Opens the panel of a deployment. */
  readonly manage: (deployment: Pick<Deployment, 'id' | 'name'>) => void;
  readonly openCreateForm: (subject: CreateSubject) => void;
}

/** The server, if the connection stands. @throws with what to do when it does not. */
export async function targetOf({ model }: Pick<CommandContext, 'model'>): Promise<Target> {
  const { connection } = model;
  if (model.target() === undefined) await connection.look();
  const target = model.target();
  if (target !== undefined) return target;
  if (connection.id === localId)
    throw new Error('The local region does not run. Start it from the Patr view, and try again.');
  throw new Error(`${connection.label}: ${awayWords(connection.state())}`);
}

/** The server, if it offers what not every one does. @throws with what to do when it does not. */
export async function offering(context: Pick<CommandContext, 'model'>, capability: string): Promise<Target> {
  const target = await targetOf(context);
  if (target.backend.offers(capability)) return target;
  if (target.backend.generation !== 'own') throw notOffered(context.model.connection.label);
  throw new JourneyError(
    `${target.backend.product} does not offer this. Update the server, or ask its operator.`,
    ['showOutput'],
  );
}

/**
 * The deployment that is meant: the node's, the only fitting one, or the chosen one. Undefined: given up. What
 * takes something away asks even when there is only one.
 */
export async function chooseDeployment(
  context: Pick<CommandContext, 'model' | 'prompts'>,
  node: DeploymentNode | undefined,
  fits: (deployment: Deployment) => boolean,
  question: string,
  { alwaysAsk = false }: { readonly alwaysAsk?: boolean } = {},
): Promise<Deployment | undefined> {
  if (node !== undefined) return context.model.get(node.deployment.id) ?? node.deployment;
  await targetOf(context);
  if (!context.model.loaded || !context.model.followed) await context.model.refresh();
  const all = context.model.all();
  const fitting = all.filter(fits);
  const [only] = fitting;
  if (only === undefined) throw new Error(noneFor(question, all.length));
  if (fitting.length === 1 && !alwaysAsk) return only;
  return pickDeployment(context.prompts, fitting, question);
}

/** The chosen one of some. Undefined: given up. */
export async function pickDeployment(
  prompts: Prompts,
  deployments: readonly Deployment[],
  question: string,
): Promise<Deployment | undefined> {
  const items = deployments.map((deployment) => ({
    label: `$(${lookOf(deployment).icon}) ${deployment.name}`,
    description: describeDeployment(deployment),
    deployment,
  }));
  const chosen = await prompts.pick(items, { title: question, placeholder: 'Which deployment?' });
  return chosen === undefined || chosen === back ? undefined : chosen.deployment;
}

/** Why there is nothing to choose from, and what to do. */
function noneFor(question: string, count: number): string {
  if (count === 0) return 'There are no deployments yet. Deploy a Dockerfile or an image first.';
  return `${question}: no deployment is in a state for this now. The Patr view shows how each one is, and what can be done with it.`;
}
