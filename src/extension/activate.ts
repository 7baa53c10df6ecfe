import { workspace, type ExtensionContext, type TreeDragAndDropController, type TreeView } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import { describeError } from '../base/log.ts';
import type { CreateContract, CreateSubject } from '../protocol/panelCreate.ts';
import type { ManageContract, ManageSubject } from '../protocol/panelManage.ts';
import type { Deployment } from '../protocol/shapes/deployment.ts';
import { accounts, type Accounts } from './accounts/accounts.ts';
import type { CommandContext } from './commands/context.ts';
import { archiveVolumes } from './commands/archiveVolumes.ts';
import { addConfigMounts } from './commands/configMounts.ts';
import { dropFiles } from './commands/dropFiles.ts';
import { registerCommands } from './commands/all.ts';
import { CurrentConnection } from './connections/current.ts';
import { currentStatus } from './connections/currentStatus.ts';
import { KeptKeys } from './connections/keptKeys.ts';
import type { LocalConnection } from './connections/localConnection.ts';
import { CrashDiagnostics } from './crash/crashDiagnostics.ts';
import { DockerfileLens } from './deploy/dockerfileLens.ts';
import { BuildDiagnostics } from './deploy/diagnostics.ts';
import { Journeys } from './deploy/journeys.ts';
import { Configs } from './config/configs.ts';
import { DeployMemory } from './deploy/memory.ts';
import { Documents } from './documents/documents.ts';
import { openDeploymentsView } from './deploymentsView.ts';
import { followWhileNeeded } from './followWhileNeeded.ts';
import { keepViewTrue } from './keepViewTrue.ts';
import { localRegion, type Machine } from './localRegion.ts';
import { DeploymentLogs } from './logs/deploymentLogs.ts';
import { LogProblems } from './logs/logProblems.ts';
import type { DeploymentsModel } from './model/deployments.ts';
import { Models } from './model/models.ts';
import { Notify } from './notify.ts';
import { Output } from './output.ts';
import { editorPrompts, switchable, type Prompts } from './prompts.ts';
import { managePanel } from './panels/managePanel.ts';
import { RegionLog } from './regionLog.ts';
import { createPanel, type CreatePanelParts } from './panels/createPanel.ts';
import type { PanelKind } from './panels/panelKind.ts';
import { Panels } from './panels/panels.ts';
import { ownPrices } from './settings.ts';
import { statusBar } from './statusBar.ts';
import type { DeploymentsTree } from './tree/deploymentsTree.ts';
import type { Node } from './tree/nodes.ts';

/** What tests get hold of; nobody else has a use for it. */
export interface Exports {
  readonly models: Models;
  readonly current: CurrentConnection;
  /** Of the local region. */
  readonly model: DeploymentsModel;
  readonly connection: LocalConnection;
  readonly accounts: Accounts;
  readonly memory: DeployMemory;
  readonly tree: DeploymentsTree;
  readonly reveal: (deploymentId: string) => Promise<void>;
  /** Commands that were run since the window was opened. */
  readonly ranCommands: ReadonlySet<string>;
  readonly drop: TreeDragAndDropController<Node>;
  readonly configs: Configs;
  readonly view: Pick<TreeView<Node>, 'badge' | 'message' | 'visible' | 'selection'>;
  readonly managePanels: Panels<ManageContract, ManageSubject>;
  readonly createForms: Panels<CreateContract, CreateSubject>;
  readonly managePanel: PanelKind<ManageContract, ManageSubject>;
  /** The kind of panel that creates, with some of what it stands on exchanged. */
  createPanelWith(changes: Partial<CreatePanelParts>): PanelKind<CreateContract, CreateSubject>;
  /** Puts other answers in the place of the person's. */
  answerWith(prompts: Prompts | undefined): void;
  /** Puts another engine and another region on it in the place of the machine's. */
  runOn(machine: Machine | undefined): Promise<void>;
}

/**
 * Puts the extension together, by plain calls. Nothing is asked of anybody here: no network, no process, no engine.
 * The view asks when it is shown, commands when they are run.
 */
export function activate(context: ExtensionContext): Exports {
  const held = new DisposableStore();
  context.subscriptions.push(held);
  const output = held.add(Output.open());
  let answers: Prompts | undefined;
  const prompts = switchable(() => answers ?? editorPrompts);
  const notify = new Notify(prompts, (error) => output.error(describeError(error)));
  const trusted = (): boolean => workspace.isTrusted;
  const { version } = context.extension.packageJSON as { version: string };
  const region = held.add(localRegion({ extensionUri: context.extensionUri, version, trusted, output }));
  const { connection } = region;
  const own = { context, local: connection, prompts, userAgent: `patr-vscode/${version}`, output };
  const signedIn = held.add(accounts(own));
  const keptKeys = held.add(new KeptKeys(connection, context.secrets, output));
  const failed = (error: unknown): void => output.error('A listener failed', { error: describeError(error) });
  const current = new CurrentConnection(context.workspaceState, failed);
  const models = held.add(new Models(signedIn.connections, () => current.id, output));
  const model = models.local;
  const memory = new DeployMemory(context.workspaceState, failed);
  const common = { local: connection, models, memory, prompts, notify, output };
  const configs = held.add(
    new Configs({
      context,
      models,
      prompts,
      notify,
      log: output,
      showOutput: () => output.show(),
    }),
  );
  const drop = dropFiles((id, files) => addConfigMounts(parts, id, files), notify);
  const { tree, view, reveal } = held.add(openDeploymentsView({ models, configs, drop }));
  const diagnostics = held.add(new BuildDiagnostics());
  const regionLog = held.add(new RegionLog());
  const logProblems = held.add(new LogProblems(models, memory, output));
  const logs = held.add(new DeploymentLogs(models, logProblems));
  const documents = held.add(new Documents(models));
  const showLogs = (deploymentId: string): Promise<void> => logs.show(deploymentId);
  const panels = {
    extensionUri: context.extensionUri,
    onDefect: (error: unknown) => output.error('A panel failed', { error: describeError(error) }),
  };
  const managed = managePanel({
    models,
    output,
    logProblems,
    prices: ownPrices,
    marksOf: (id, name) => configs.marksOf(id, name),
    onMark: configs.onMark,
    archiveVolumes: async (deployment, from) =>
      void (await archiveVolumes({ ...parts, model: models.of(deployment.id) }, deployment, { from })),
  });
  const managePanels = held.add(new Panels(managed, panels));
  const manage = ({ id, name }: Pick<Deployment, 'id' | 'name'>): void =>
    void managePanels.open({ deploymentId: id, name, connection: models.of(id).connection.id });
  const crashes = held.add(new CrashDiagnostics(models, memory, output));
  held.add(new DockerfileLens(models, memory));
  const journeys = new Journeys({ ...common, diagnostics, manage, showLogs });
  const createParts: CreatePanelParts = {
    ...common,
    journeys,
    prices: ownPrices,
    trusted,
    engine: async () => (await connection.host()).engine,
    saveVolumeData: async (deployment) =>
      void (await archiveVolumes({ ...parts, model: models.of(deployment.id) }, deployment, {})),
    manage,
  };
  const createForms = held.add(new Panels(createPanel(createParts), panels));
  const openCreateForm = (subject: CreateSubject): void => void createForms.open(subject);
  const parts: CommandContext = {
    ...common,
    model,
    current,
    keptKeys,
    accounts: signedIn,
    journeys,
    documents,
    configs,
    tree,
    view,
    trusted,
    storageFolder: context.globalStorageUri.fsPath,
    crashes,
    reveal,
    showLogs,
    managed: () => managePanels.active(),
    manage,
    openCreateForm,
  };
  const ranCommands = new Set<string>();
  for (const command of registerCommands(parts, regionLog, (id) => ranCommands.add(id))) held.add(command);
  held.add(statusBar(models, memory));
  held.add(currentStatus(models, current));
  held.add(keepViewTrue(models, tree, view));
  held.add(followWhileNeeded({ models, memory, view, managePanels, configs }));
  return {
    models,
    current,
    model,
    connection,
    accounts: signedIn,
    memory,
    tree,
    configs,
    drop,
    reveal,
    view,
    ranCommands,
    managePanels,
    managePanel: managed,
    createForms,
    createPanelWith: (changes) => createPanel({ ...createParts, ...changes }),
    answerWith: (given) => (answers = given),
    runOn: (given) => region.runOn(given),
  };
}

export function deactivate(): void {
  // Everything is held by the extension's subscriptions, and deployments go on without us.
}
