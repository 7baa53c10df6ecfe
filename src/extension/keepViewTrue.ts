import { commands, type TreeView, type ViewBadge } from 'vscode';
import { DisposableStore } from '../base/disposable.ts';
import { filteredKey, stateKey } from './ids.ts';
import type { Models } from './model/models.ts';
import type { DeploymentsTree } from './tree/deploymentsTree.ts';
import { isWell } from './tree/look.ts';
import type { Node } from './tree/nodes.ts';
import { filterMessage, viewStateOf, viewStateOfSeveral, type ViewState } from './viewState.ts';

/** Which welcome view fits, what is filtered, and the badge with the number of deployments that are not well. */
export function keepViewTrue(models: Models, tree: DeploymentsTree, view: TreeView<Node>): DisposableStore {
  const held = new DisposableStore();
  let before = '';
  const update = (): void => {
    const deployments = models.all().flatMap((model) => model.all());
    const ill = deployments.filter((one) => !isWell(one)).length;
    if ((view.badge?.value ?? 0) !== ill) view.badge = badgeOf(ill);
    const matching = tree.matching().length;
    const message = filterMessage(tree.filter, { count: deployments.length, matching });
    // The editor takes undefined for none, whatever its typings say.
    if (view.message !== message) (view as { message: string | undefined }).message = message;
    const state = stateOf(models, tree.filter, matching);
    if (state === before) return;
    before = state;
    void commands.executeCommand('setContext', stateKey, state);
    tree.refresh();
  };
  held.add(models.onConnection(update));
  held.add(models.onModels(update));
  held.add(models.onChange(update));
  held.add(
    tree.onDidFilter(() => {
      void commands.executeCommand('setContext', filteredKey, tree.filter !== '');
      update();
    }),
  );
  update();
  return held;
}

function stateOf(models: Models, filter: string, matching: number): ViewState {
  const { local: model } = models;
  if (models.all().length > 1) return viewStateOfSeveral(filter, matching);
  return viewStateOf(model.connection.state(), {
    loaded: model.loaded,
    failed: model.failure !== undefined,
    count: model.all().length,
    matching,
  });
}

function badgeOf(ill: number): ViewBadge | undefined {
  if (ill === 0) return undefined;
  const tooltip = ill === 1 ? '1 deployment is not well' : `${ill} deployments are not well`;
  return { value: ill, tooltip };
}
