import { commands, Uri, window, workspace, type ExtensionContext } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import { systemClock } from '../base/clock.ts';
import { describeError } from '../base/log.ts';
import { requireEngineBundle } from '../docker/engineBundle.ts';
import { makeLocalHost } from '../local/localHost.ts';
import { registerCommands } from './commands/all.ts';
import { LocalConnection } from './connections/localConnection.ts';
import { BuildDiagnostics } from './deploy/diagnostics.ts';
import { Journeys } from './deploy/journeys.ts';
import { DeployMemory } from './deploy/memory.ts';
import { EngineSource } from './engineSource.ts';
import { deploymentsView, stateKey } from './ids.ts';
import { DeploymentLogs } from './logs/deploymentLogs.ts';
import { DeploymentsModel } from './model/deployments.ts';
import { Notify } from './notify.ts';
import { Output } from './output.ts';
import { editorPrompts, type Prompts } from './prompts.ts';
import { RegionLog } from './regionLog.ts';
import { dockerHost, localSettings } from './settings.ts';
import { statusBar } from './statusBar.ts';
import { DeploymentsTree } from './tree/deploymentsTree.ts';
import { viewStateOf } from './viewState.ts';

/** What tests get hold of; nobody else has a use for it. */
export interface Exports {
  readonly model: DeploymentsModel;
  readonly connection: LocalConnection;
  readonly memory: DeployMemory;
  /** Puts other answers in the place of the person's. */
  answerWith(prompts: Prompts | undefined): void;
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
  const userAgent = `patr-vscode/${version}`;

  const engines = held.add(
    new EngineSource({
      load: requireEngineBundle,
      dockerHost,
      trusted,
      onProblem: (message) => output.warn(message),
    }),
  );
  const bundle = { file: Uri.joinPath(context.extensionUri, 'dist', 'control-plane.mjs').fsPath, version };
  const connection = held.add(
    new LocalConnection({
      engines,
      settings: localSettings,
      bundle,
      makeHost: (engine, socket, settings) =>
        makeLocalHost({ engine, bundle, settings, fetch, clock: systemClock, userAgent, socket }),
      trusted,
      userAgent,
      log: output,
    }),
  );
  const model = held.add(new DeploymentsModel(connection, output));
  const memory = new DeployMemory(context.workspaceState, (error) =>
    output.error('A listener failed', { error: describeError(error) }),
  );
  const tree = held.add(new DeploymentsTree(connection, model));
  const view = held.add(
    window.createTreeView(deploymentsView, { treeDataProvider: tree, showCollapseAll: true }),
  );
  const diagnostics = held.add(new BuildDiagnostics());
  const regionLog = held.add(new RegionLog());
  const logs = held.add(new DeploymentLogs(model));
  const showLogs = (deploymentId: string): Promise<void> => logs.show(deploymentId);
  const reveal = async (deploymentId: string): Promise<void> => {
    await commands.executeCommand(`${deploymentsView}.focus`);
    if (model.get(deploymentId) === undefined) await model.refresh();
    const node = tree.find(deploymentId);
    if (node !== undefined) await view.reveal(node, { expand: 1, focus: true, select: true });
  };
  const journeys = new Journeys({
    connection,
    model,
    memory,
    diagnostics,
    prompts,
    notify,
    output,
    reveal,
    showLogs,
  });
  const parts = { connection, model, memory, journeys, prompts, notify, output, view, trusted, showLogs };
  for (const command of registerCommands(parts, regionLog)) held.add(command);
  held.add(statusBar(model, memory));
  held.add(keepViewTrue(connection, model, tree));
  const follow = (): void => {
    model.watch(view.visible || memory.deploymentIds().length > 0);
    if (view.visible) void connection.look();
  };
  held.add(view.onDidChangeVisibility(follow));
  // The first deployment of the workspace begins to be followed when it is made.
  held.add(memory.onChange(follow));
  held.add(
    window.onDidChangeWindowState(({ focused }) => void (focused && view.visible && connection.look())),
  );
  held.add(workspace.onDidGrantWorkspaceTrust(() => void connection.look()));
  held.add(
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('patr.docker') && view.visible) void connection.look();
    }),
  );
  // A view that is open already does not tell that it became visible.
  if (view.visible) follow();
  return { model, connection, memory, answerWith: (given) => (answers = given) };
}

/** Which welcome view fits, and the badge with the number of deployments that are not well. */
function keepViewTrue(
  connection: LocalConnection,
  model: DeploymentsModel,
  tree: DeploymentsTree,
): DisposableStore {
  const held = new DisposableStore();
  let before = '';
  const update = (): void => {
    const state = viewStateOf(connection.state(), { loaded: model.loaded, count: model.all().length });
    if (state === before) return;
    before = state;
    void commands.executeCommand('setContext', stateKey, state);
    tree.refresh();
  };
  held.add(connection.onChange(update));
  held.add(model.onChange(update));
  update();
  return held;
}

/** Prompts that may be exchanged after everybody has got hold of them. */
function switchable(current: () => Prompts): Prompts {
  return {
    message: (...args) => current().message(...args),
    confirm: (...args) => current().confirm(...args),
    pick: (...args) => current().pick(...args),
    input: (...args) => current().input(...args),
    progress: (...args) => current().progress(...args),
  };
}

export function deactivate(): void {
  // Everything is held by the extension's subscriptions, and deployments go on without us.
}
