import { commands, window, type TreeDragAndDropController, type TreeView } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import type { Configs } from './config/configs.ts';
import type { Connection } from './connections/connection.ts';
import { deploymentsView } from './ids.ts';
import type { DeploymentsModel } from './model/deployments.ts';
import { DeploymentsTree } from './tree/deploymentsTree.ts';
import type { Node } from './tree/nodes.ts';

export interface DeploymentsViewParts {
  readonly connection: Connection;
  readonly model: DeploymentsModel;
  readonly configs: Configs;
  /** What comes of files that are dropped on a node. */
  readonly drop: TreeDragAndDropController<Node>;
}

export interface DeploymentsView extends DisposableStore {
  readonly tree: DeploymentsTree;
  readonly view: TreeView<Node>;
  /** Shows a deployment in the view, and selects it. */
  readonly reveal: (deploymentId: string) => Promise<void>;
}

/** The view of deployments, and the tree that is in it. */
export function openDeploymentsView({
  connection,
  model,
  configs,
  drop,
}: DeploymentsViewParts): DeploymentsView {
  const held = new DisposableStore();
  const tree = held.add(new DeploymentsTree(connection, model, (id, name) => configs.marksOf(id, name)));
  held.add(configs.onMark(() => tree.refresh()));
  const view = held.add(
    window.createTreeView(deploymentsView, {
      treeDataProvider: tree,
      showCollapseAll: true,
      dragAndDropController: drop,
    }),
  );
  const reveal = async (deploymentId: string): Promise<void> => {
    await commands.executeCommand(`${deploymentsView}.focus`);
    if (model.get(deploymentId) === undefined) await model.refresh();
    tree.uncover(deploymentId);
    const node = tree.find(deploymentId);
    if (node !== undefined) await view.reveal(node, { expand: 1, focus: true, select: true });
  };
  return Object.assign(held, { tree, view, reveal });
}
