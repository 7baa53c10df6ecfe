import { EventEmitter, type TreeDataProvider, type TreeItem } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { Connection } from '../connections/connection.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { filtered } from './filter.ts';
import { itemOf, type Known } from './items.ts';
import type { DeploymentNode, MoreNode, Node, NodeKind, NodeOf, RegionNode } from './nodes.ts';
import {
  configMountsOf,
  domainsOf,
  instancesOf,
  partsOf,
  releasesOf,
  secretsOf,
  volumesOf,
  type MarksOf,
} from './parts.ts';
import { readLastHour } from '../manage/metrics.ts';
import { deploymentTooltip } from './tooltip.ts';

/** Deployments that are listed at once; more come when they are asked for. */
const pageSize = 250;

/**
 * Connections, their regions, deployments, and of each what belongs to it, read as it is unfolded. Only what changed
 * is drawn again.
 */
export class DeploymentsTree implements TreeDataProvider<Node>, Disposable {
  readonly #connection: Connection;
  readonly #model: DeploymentsModel;
  readonly #marksOf: MarksOf;
  readonly #changed = new EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #filtered = new EventEmitter<void>();
  /** Fires when there is another filter. */
  readonly onDidFilter = this.#filtered.event;
  /** The nodes that the editor holds, by id: it wants the very same ones back. */
  readonly #nodes = new Map<string, Node>();
  /** Ids of the children that a node had when it was last unfolded; the root has no id. */
  readonly #children = new Map<string, ReadonlySet<string>>();
  /** How many deployments of a region are listed, by the id of its node, where it is more than a page. */
  readonly #listed = new Map<string, number>();
  readonly #held = new DisposableStore();
  #filter = '';

  constructor(connection: Connection, model: DeploymentsModel, marksOf: MarksOf = () => ({})) {
    this.#connection = connection;
    this.#model = model;
    this.#marksOf = marksOf;
    this.#held.add(
      model.onChange((change) => {
        if (change.kind === 'all') this.#redrawLists();
        else this.#redraw(deploymentNodeId(change.id));
      }),
    );
    this.#held.add(
      model.resources.onChange((kind) => {
        if (kind !== 'urls') return this.#redraw(kind);
        for (const { id } of model.all()) this.#redraw(deploymentNodeId(id));
      }),
    );
    this.#held.add(
      connection.onChange(() => {
        if (connection.state().kind !== 'connected') this.#listed.clear();
        this.#redrawLists();
      }),
    );
  }

  get filter(): string {
    return this.#filter;
  }

  /** Lists only what fits; see `filtered`. */
  setFilter(filter: string): void {
    const wanted = filter.trim();
    if (wanted === this.#filter) return;
    this.#filter = wanted;
    this.#listed.clear();
    this.#filtered.fire();
    this.#redrawLists();
  }

  /** Deployments that fit the filter. */
  matching(): readonly Deployment[] {
    return filtered(this.#model.all(), this.#filter);
  }

  showMore({ regionNodeId }: MoreNode): void {
    this.#listed.set(regionNodeId, this.#limitOf(regionNodeId) + pageSize);
    this.#redraw(regionNodeId);
  }

  getChildren(node?: Node): Node[] | Promise<Node[]> {
    const children = node === undefined ? this.#roots() : this.#unfold[node.kind](node as never);
    const keep = (some: readonly Node[]): Node[] => this.#keepChildren(node?.id ?? '', some);
    return Array.isArray(children) ? keep(children) : children.then(keep);
  }

  getParent(node: Node): Node | undefined {
    const id = this.#parentIdOf(node);
    return id === undefined ? undefined : this.#nodes.get(id);
  }

  getTreeItem(node: Node): TreeItem {
    return itemOf(node, this.#known);
  }

  async resolveTreeItem(item: TreeItem, node: Node): Promise<TreeItem> {
    if (node.kind !== 'deployment') return item;
    const target = this.#model.target();
    const lastHour = target === undefined ? [] : await readLastHour(target, node.deployment.id);
    item.tooltip = deploymentTooltip(this.#fresh(node), lastHour);
    return item;
  }

  /** What is known of the connection that a node belongs to. */
  modelOf(node: Node): DeploymentsModel | undefined {
    return this.#nodes.get(node.id) === node ? this.#model : undefined;
  }

  /** The node of a deployment. */
  find(deploymentId: string): Node | undefined {
    const deployment = this.#model.get(deploymentId);
    return deployment === undefined ? undefined : this.#keep(deploymentNode(deployment));
  }

  /** Sees to it that a deployment is listed: it may be left out by the filter, or be further down than what is. */
  uncover(deploymentId: string): void {
    if (!this.matching().some(({ id }) => id === deploymentId)) this.setFilter('');
    for (const region of this.#regions()) {
      const at = this.#deploymentsIn(region).findIndex(({ id }) => id === deploymentId);
      if (at < this.#limitOf(region.id)) continue;
      this.#listed.set(region.id, (Math.floor(at / pageSize) + 1) * pageSize);
      this.#redraw(region.id);
    }
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

  readonly #known: Known = {
    deployment: ({ deployment }) => this.#model.get(deployment.id) ?? deployment,
    region: ({ regionId }) => this.#runners().find(({ id }) => regionId === undefined || id === regionId),
    nodeOf: (deploymentId) => this.find(deploymentId),
  };

  readonly #unfold: { readonly [K in NodeKind]: (node: NodeOf<K>) => Node[] | Promise<Node[]> } = {
    connection: ({ id }) => [...this.#regions(), ...this.#resourceNodes(id)],
    region: (node) => [
      ...this.#listOf(node),
      ...(node.regionId === undefined ? this.#resourceNodes(node.id) : []),
    ],
    deployment: (node) => partsOf(this.#model, this.#fresh(node)),
    instances: ({ deployment }) => instancesOf(this.#model, deployment.id, this.#connection.hasShells),
    history: ({ deployment }) => releasesOf(this.#model, deployment.id),
    configMounts: ({ deploymentId }) => configMountsOf(this.#model, deploymentId, this.#marksOf),
    volumes: ({ deploymentId }) => volumesOf(this.#model, deploymentId),
    secrets: () => secretsOf(this.#model),
    domains: () => domainsOf(this.#model),
    secret: () => [],
    domain: () => [],
    managedUrl: () => [],
    reason: () => [],
    address: () => [],
    instance: () => [],
    configMount: () => [],
    volume: () => [],
    newerImage: () => [],
    release: () => [],
    more: () => [],
    message: () => [],
  };

  #parentIdOf(node: Node): string | undefined {
    switch (node.kind) {
      case 'connection':
        return undefined;
      case 'region':
        return node.regionId === undefined ? undefined : connectionNodeId(this.#connection.id);
      case 'deployment':
        return this.#regionOf(node.deployment)?.id;
      case 'more':
        return node.regionNodeId;
      case 'reason':
      case 'instances':
      case 'newerImage':
      case 'history':
        return deploymentNodeId(node.deployment.id);
      case 'instance':
        return `instances/${node.deploymentId}`;
      case 'release':
        return `history/${node.deploymentId}`;
      case 'configMount':
        return `configMounts/${node.deploymentId}`;
      case 'volume':
        return `volumes/${node.deploymentId}`;
      case 'secrets':
      case 'domains':
        return node.parentId;
      case 'secret':
        return 'secrets';
      case 'domain':
        return 'domains';
      case 'managedUrl':
      case 'address':
      case 'configMounts':
      case 'volumes':
        return deploymentNodeId(node.deploymentId);
      case 'message':
        return node.parentId;
    }
  }

  /** Nothing at all where a welcome view says what to do. */
  #roots(): Node[] {
    if (this.#connection.state().kind !== 'connected' || this.matching().length === 0) return [];
    const { id, label } = this.#connection;
    if (this.#runners().length <= 1) return this.#regions();
    return [{ kind: 'connection', id: connectionNodeId(id), label }];
  }

  #runners() {
    const state = this.#connection.state();
    return state.kind === 'connected' ? state.regions : [];
  }

  #regions(): RegionNode[] {
    const { id, label } = this.#connection;
    const runners = this.#runners();
    if (runners.length <= 1) return [{ kind: 'region', id: regionNodeId(id), label }];
    return runners.map((runner) => ({
      kind: 'region',
      id: regionNodeId(runner.id),
      label: runner.name,
      regionId: runner.id,
    }));
  }

  #regionOf({ runner }: Deployment): RegionNode | undefined {
    return this.#regions().find(({ regionId }) => regionId === undefined || regionId === runner);
  }

  #deploymentsIn({ regionId }: RegionNode): readonly Deployment[] {
    const deployments = this.matching();
    return regionId === undefined ? deployments : deployments.filter(({ runner }) => runner === regionId);
  }

  #listOf(region: RegionNode): Node[] {
    const deployments = this.#deploymentsIn(region);
    const { id } = region;
    const listed = deployments.slice(0, this.#limitOf(id)).map(deploymentNode);
    const hidden = deployments.length - listed.length;
    if (hidden > 0) return [...listed, { kind: 'more', id: `more/${id}`, regionNodeId: id, hidden }];
    if (listed.length > 0) return listed;
    return [{ kind: 'message', id: `none/${id}`, parentId: id, label: 'No deployment is here' }];
  }

  /** What belongs to the workspace: below all that is listed, and not while something is looked for. */
  #resourceNodes(parentId: string): Node[] {
    if (this.#filter !== '') return [];
    return (['secrets', 'domains'] as const).map((kind) => ({ kind, id: kind, parentId }));
  }

  #limitOf(regionNodeId: string): number {
    return this.#listed.get(regionNodeId) ?? pageSize;
  }

  #fresh(node: NodeOf<'deployment'>): Deployment {
    return this.#model.get(node.deployment.id) ?? node.deployment;
  }

  /** The lists of deployments, or everything where there was nothing before or will be nothing. */
  #redrawLists(): void {
    const roots = this.#roots();
    if (roots.length === 0 || roots.some(({ id }) => !this.#nodes.has(id))) return this.refresh();
    for (const { id } of roots) this.#redraw(id);
  }

  /** What the editor has never asked for is not drawn, so there is nothing to draw again. */
  #redraw(nodeId: string): void {
    const node = this.#nodes.get(nodeId);
    if (node !== undefined) this.#changed.fire(node);
  }

  /** What the parent had before and has no more is forgotten, with what belonged to it. */
  #keepChildren(parentId: string, nodes: readonly Node[]): Node[] {
    const ids = new Set(nodes.map(({ id }) => id));
    for (const id of this.#children.get(parentId) ?? []) if (!ids.has(id)) this.#forget(id);
    this.#children.set(parentId, ids);
    return nodes.map((node) => this.#keep(node));
  }

  #forget(id: string): void {
    for (const child of this.#children.get(id) ?? []) this.#forget(child);
    this.#children.delete(id);
    this.#nodes.delete(id);
  }

  #keep(node: Node): Node {
    this.#nodes.set(node.id, node);
    return node;
  }
}

function deploymentNode(deployment: Deployment): DeploymentNode {
  return { kind: 'deployment', id: deploymentNodeId(deployment.id), deployment };
}

function connectionNodeId(connectionId: string): string {
  return `connection/${connectionId}`;
}

/** By the connection where it has one region, by the region where it has several. */
export function regionNodeId(id: string): string {
  return `region/${id}`;
}

export function deploymentNodeId(id: string): string {
  return `deployment/${id}`;
}
