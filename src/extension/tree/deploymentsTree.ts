import { EventEmitter, type TreeDataProvider, type TreeItem } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { localId } from '../connections/connection.ts';
import { readLastHour } from '../manage/metrics.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { Models } from '../model/models.ts';
import { Branch } from './branch.ts';
import { itemOf } from './items.ts';
import { deploymentOf, type MoreNode, type Node } from './nodes.ts';
import type { MarksOf } from './parts.ts';
import { deploymentTooltip } from './tooltip.ts';

/**
 * Connections, their regions, deployments, and of each what belongs to it, read as it is unfolded. A connection that is
 * alone has no node of its own where it has one region.
 */
export class DeploymentsTree implements TreeDataProvider<Node>, Disposable {
  readonly #models: Models;
  readonly #branches = new Map<DeploymentsModel, Branch>();
  /** Which of them a node came from. */
  readonly #branchOf = new WeakMap<Node, Branch>();
  readonly #changed = new EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #filtered = new EventEmitter<void>();
  /** Fires when there is another filter. */
  readonly onDidFilter = this.#filtered.event;
  readonly #held = new DisposableStore();
  #filter = '';

  constructor(models: Models, marksOf: MarksOf = () => ({})) {
    this.#models = models;
    const parts = {
      marksOf,
      filter: () => this.#filter,
      besideOthers: () => models.all().length > 1,
      changed: (node: Node | undefined) => this.#changed.fire(node),
    };
    this.#held.add(
      models.each((model, life) => {
        this.#branches.set(model, life.add(new Branch(model, parts)));
        life.onDispose(() => this.#branches.delete(model));
      }),
    );
    this.#held.add(models.onModels(() => this.refresh()));
  }

  get filter(): string {
    return this.#filter;
  }

  /** Lists only what fits; see `filtered`. */
  setFilter(filter: string): void {
    const wanted = filter.trim();
    if (wanted === this.#filter) return;
    this.#filter = wanted;
    this.#filtered.fire();
    for (const branch of this.#all()) branch.filterAnew();
  }

  /** Deployments that fit the filter. */
  matching(): readonly Deployment[] {
    return this.#all().flatMap((branch) => branch.matching());
  }

  showMore(node: MoreNode): void {
    this.#branchOf.get(node)?.showMore(node);
  }

  getChildren(node?: Node): Node[] | Promise<Node[]> {
    if (node === undefined) return this.#all().flatMap((branch) => this.#own(branch, branch.roots()));
    const branch = this.#branchOf.get(node) ?? this.#branch(this.#models.of(deploymentOf(node) ?? ''));
    const children = branch.childrenOf(node);
    if (Array.isArray(children)) return this.#own(branch, children);
    return children.then((found) => this.#own(branch, found));
  }

  getParent(node: Node): Node | undefined {
    return this.#branchOf.get(node)?.parentOf(node);
  }

  getTreeItem(node: Node): TreeItem {
    const branch = this.#branchOf.get(node) ?? this.#branch(this.#models.local);
    const item = itemOf(node, branch.known);
    // Connections have nodes of the same id; those of the local region are called as they always were.
    const { id } = branch.model.connection;
    if (id !== localId) item.id = `${id}/${node.id}`;
    return item;
  }

  async resolveTreeItem(item: TreeItem, node: Node): Promise<TreeItem> {
    const branch = this.#branchOf.get(node);
    if (node.kind !== 'deployment' || branch === undefined) return item;
    const target = branch.model.target();
    const lastHour = target === undefined ? [] : await readLastHour(target, node.deployment.id);
    item.tooltip = deploymentTooltip(branch.fresh(node), lastHour);
    return item;
  }

  /** What is known of the connection that a node belongs to. */
  modelOf(node: Node): DeploymentsModel | undefined {
    return this.#branchOf.get(node)?.model;
  }

  /** The node of a deployment. */
  find(deploymentId: string): Node | undefined {
    const branch = this.#branch(this.#models.of(deploymentId));
    const node = branch.find(deploymentId);
    if (node !== undefined) this.#branchOf.set(node, branch);
    return node;
  }

  /** Sees to it that a deployment is listed: it may be left out by the filter, or be further down than what is. */
  uncover(deploymentId: string): void {
    if (!this.matching().some(({ id }) => id === deploymentId)) this.setFilter('');
    this.#branch(this.#models.of(deploymentId)).uncover(deploymentId);
  }

  /** Draws everything again: what is connected to has changed. */
  refresh(): void {
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#held.dispose();
    this.#changed.dispose();
    this.#filtered.dispose();
  }

  /** In the order of the connections. */
  #all(): readonly Branch[] {
    return this.#models.all().flatMap((model) => this.#branches.get(model) ?? []);
  }

  #branch(model: DeploymentsModel): Branch {
    const branch = this.#branches.get(model);
    if (branch === undefined) throw new Error(`Nothing is listed of ${model.connection.label}.`);
    return branch;
  }

  #own(branch: Branch, nodes: readonly Node[]): Node[] {
    for (const node of nodes) this.#branchOf.set(node, branch);
    return Array.from(nodes);
  }
}
