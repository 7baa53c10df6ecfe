import { commands, type TreeView, type ViewBadge } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import type { LocalConnection } from './connections/localConnection.ts';
import { filteredKey, stateKey } from './ids.ts';
import type { DeploymentsModel } from './model/deployments.ts';
import type { DeploymentsTree } from './tree/deploymentsTree.ts';
import { isWell } from './tree/look.ts';
import type { Node } from './tree/nodes.ts';
import { filterMessage, viewStateOf, type Listing } from './viewState.ts';

/** Which welcome view fits, what is filtered, and the badge with the number of deployments that are not well. */
export function keepViewTrue(
  connection: LocalConnection,
  model: DeploymentsModel,
  tree: DeploymentsTree,
  view: TreeView<Node>,
): DisposableStore {
  const held = new DisposableStore();
  let before = '';
  const update = (): void => {
    const deployments = model.all();
    const ill = deployments.filter((one) => !isWell(one)).length;
    if ((view.badge?.value ?? 0) !== ill) view.badge = badgeOf(ill);
    const listing = listingOf(model, tree);
    const message = filterMessage(tree.filter, listing);
    // The editor takes undefined for none, whatever its typings say.
    if (view.message !== message) (view as { message: string | undefined }).message = message;
    const state = viewStateOf(connection.state(), listing);
    if (state === before) return;
    before = state;
    void commands.executeCommand('setContext', stateKey, state);
    tree.refresh();
  };
  held.add(connection.onChange(update));
  held.add(model.onChange(update));
  held.add(
    tree.onDidFilter(() => {
      void commands.executeCommand('setContext', filteredKey, tree.filter !== '');
      update();
    }),
  );
  update();
  return held;
}

function listingOf(model: DeploymentsModel, tree: DeploymentsTree): Listing {
  return {
    loaded: model.loaded,
    failed: model.failure !== undefined,
    count: model.all().length,
    matching: tree.matching().length,
  };
}

function badgeOf(ill: number): ViewBadge | undefined {
  if (ill === 0) return undefined;
  const tooltip = ill === 1 ? '1 deployment is not well' : `${ill} deployments are not well`;
  return { value: ill, tooltip };
}
