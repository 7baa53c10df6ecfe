import { window, workspace, type TreeView } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import type { Configs } from './config/configs.ts';
import type { DeployMemory } from './deploy/memory.ts';
import { localId } from './connections/connection.ts';
import { keepLooking } from './lookAgain.ts';
import type { DeploymentsModel } from './model/deployments.ts';
import type { Models } from './model/models.ts';
import type { ManageContract, ManageSubject } from '../protocol/panelManage.ts';
import type { Panels } from './panels/panels.ts';
import type { Node } from './tree/nodes.ts';

export interface FollowParts {
  readonly models: Models;
  readonly memory: DeployMemory;
  readonly view: TreeView<Node>;
  readonly managePanels: Panels<ManageContract, ManageSubject>;
  readonly configs: Configs;
}

/** How long after activation the deployments of the workspace are looked at when no view of ours is open. */
const statusBarAfterMs = 1500;

/**
 * Follows the deployments of each connection for as long as somebody looks at any of them: at the view, a panel, a
 * config mount, or the status bar.
 */
export function followWhileNeeded(parts: FollowParts): DisposableStore {
  const { models, memory, view, managePanels, configs } = parts;
  const held = new DisposableStore();
  const wanted = ({ connection: { id } }: DeploymentsModel): boolean =>
    view.visible ||
    memory.connections().has(id) ||
    managePanels.subjects().some(({ connection = localId }) => connection === id) ||
    configs.needed().has(id);
  const lookers = new Set<ReturnType<typeof keepLooking>>();
  const followOne = (model: DeploymentsModel): void => {
    const needed = wanted(model);
    model.watch(needed);
    if (needed) void model.connection.look();
  };
  const follow = (): void => {
    for (const model of models.all()) followOne(model);
    for (const looking of lookers) looking.wake();
  };
  // What was there at activation is looked at below; what comes later at once.
  let begun = false;
  held.add(
    models.each((model, life) => {
      const { connection } = model;
      const watched = (): boolean => view.visible || configs.files.openOn().has(connection.id);
      const looking = life.add(keepLooking(connection, watched));
      lookers.add(looking);
      life.onDispose(() => lookers.delete(looking));
      if (begun) followOne(model);
    }),
  );
  begun = true;
  const lookAround = (): void => {
    for (const { connection } of models.all()) void connection.look();
  };
  held.add(view.onDidChangeVisibility(follow));
  // The first deployment of the workspace begins to be followed when it is made.
  held.add(memory.onChange(follow));
  held.add(managePanels.onChange(follow));
  held.add(configs.onNeed(follow));
  held.add(window.onDidChangeWindowState(({ focused }) => void (focused && view.visible && lookAround())));
  held.add(workspace.onDidGrantWorkspaceTrust(lookAround));
  held.add(
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('patr.docker') && view.visible) void models.local.connection.look();
    }),
  );
  // A view that is open already does not tell that it became visible. The status bar can wait until the editor is up.
  if (view.visible) follow();
  else if (models.all().some(wanted)) {
    const later = setTimeout(follow, statusBarAfterMs);
    held.onDispose(() => clearTimeout(later));
  }
  return held;
}
