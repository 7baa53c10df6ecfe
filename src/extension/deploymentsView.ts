import { commands, window, type TreeDragAndDropController, type TreeView } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import type { Configs } from './config/configs.ts';
import { deploymentsView } from './ids.ts';
import type { Models } from './model/models.ts';
import { DeploymentsTree } from './tree/deploymentsTree.ts';
import type { Node } from './tree/nodes.ts';

export interface DeploymentsViewParts {
  readonly models: Models;
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
export function openDeploymentsView({ models, configs, drop }: DeploymentsViewParts): DeploymentsView {
  const held = new DisposableStore();
  const tree = held.add(new DeploymentsTree(models, (id, name) => configs.marksOf(id, name)));
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
    if (models.get(deploymentId) === undefined) await models.of(deploymentId).refresh();
    tree.uncover(deploymentId);
    const node = tree.find(deploymentId);
    if (node !== undefined) await view.reveal(node, { expand: 1, focus: true, select: true });
  };
  return Object.assign(held, { tree, view, reveal });
}
