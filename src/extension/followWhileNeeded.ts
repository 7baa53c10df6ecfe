import { window, workspace, type TreeView } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import type { Configs } from './config/configs.ts';
import type { Connection } from './connections/connection.ts';
import type { DeployMemory } from './deploy/memory.ts';
import { keepLooking } from './lookAgain.ts';
import type { DeploymentsModel } from './model/deployments.ts';
import type { ManageContract, ManageSubject } from '../protocol/panelManage.ts';
import type { Panels } from './panels/panels.ts';
import type { Node } from './tree/nodes.ts';

export interface FollowParts {
  readonly connection: Connection;
  readonly model: DeploymentsModel;
  readonly memory: DeployMemory;
  readonly view: TreeView<Node>;
  readonly managePanels: Panels<ManageContract, ManageSubject>;
  readonly configs: Configs;
}

/** How long after activation the deployments of the workspace are looked at when no view of ours is open. */
const statusBarAfterMs = 1500;

/** Follows the deployments for as long as somebody looks: at the view, a panel, a config mount, or the status bar. */
export function followWhileNeeded(parts: FollowParts): DisposableStore {
  const { connection, model, memory, view, managePanels, configs } = parts;
  const held = new DisposableStore();
  const looking = held.add(keepLooking(connection, () => view.visible || configs.files.isOpen));
  const follow = (): void => {
    const panels = managePanels.keys().length > 0;
    const wanted = view.visible || memory.deploymentIds().length > 0 || panels || configs.isNeeded;
    model.watch(wanted);
    if (wanted) void connection.look();
    looking.wake();
  };
  held.add(view.onDidChangeVisibility(follow));
  // The first deployment of the workspace begins to be followed when it is made.
  held.add(memory.onChange(follow));
  held.add(managePanels.onChange(follow));
  held.add(configs.onNeed(follow));
  held.add(
    window.onDidChangeWindowState(({ focused }) => void (focused && view.visible && connection.look())),
  );
  held.add(workspace.onDidGrantWorkspaceTrust(() => void connection.look()));
  held.add(
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('patr.docker') && view.visible) void connection.look();
    }),
  );
  // A view that is open already does not tell that it became visible. The status bar can wait until the editor is up.
  if (view.visible) follow();
  else if (memory.deploymentIds().length > 0 || configs.isNeeded) {
    const later = setTimeout(follow, statusBarAfterMs);
    held.onDispose(() => clearTimeout(later));
  }
  return held;
}
