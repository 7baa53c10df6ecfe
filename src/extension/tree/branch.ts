import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { Runner } from '../../protocol/shapes/workspace.ts';
import { awayWords } from '../connections/awayWords.ts';
import { remedyOf } from '../connections/remedies.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { filtered } from './filter.ts';
import type { Known } from './items.ts';
import type {
  ConnectionNode,
  DeploymentNode,
  MessageNode,
  MoreNode,
  Node,
  NodeKind,
  NodeOf,
  RegionNode,
} from './nodes.ts';
import {
  configMountsOf,
  domainsOf,
  historyOf,
  instancesOf,
  partsOf,
  secretsOf,
  volumesOf,
  type MarksOf,
} from './parts.ts';

/** Deployments that are listed at once; more come when they are asked for. */
const pageSize = 250;

export interface BranchParts {
  readonly marksOf: MarksOf;
  readonly filter: () => string;
  /** Whether there are other connections beside this one: then it has a node of its own, whatever it has. */
  readonly besideOthers: () => boolean;
  /** This node is another one now, or has other children; undefined: which nodes there are at all. */
  readonly changed: (node: Node | undefined) => void;
}

/** Where deployments are listed: in a region, or in a connection that has no more than one. */
type ListNode = ConnectionNode | RegionNode;

/** What is listed of one connection. Only what changed is drawn again. */
export class Branch implements Disposable {
  readonly model: DeploymentsModel;
  readonly #parts: BranchParts;
  /** The nodes that the editor holds, by id: it wants the very same ones back. */
  readonly #nodes = new Map<string, Node>();
  /** Ids of the children that a node had when it was last unfolded; the root has no id. */
  readonly #children = new Map<string, ReadonlySet<string>>();
  /** How many deployments of a list are shown, by the id of its node, where it is more than a page. */
  readonly #listed = new Map<string, number>();
  readonly #held = new DisposableStore();

  constructor(model: DeploymentsModel, parts: BranchParts) {
    this.model = model;
    this.#parts = parts;
    this.#held.add(
      model.onChange((change) => {
        if (change.kind === 'all') this.redrawLists();
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
      model.connection.onChange(() => {
        if (model.target() === undefined) this.#listed.clear();
        this.redrawLists();
      }),
    );
  }

  /** Deployments that fit the filter. */
  matching(): readonly Deployment[] {
    return filtered(this.model.all(), this.#parts.filter());
  }

  /** There is another filter: every list begins anew. */
  filterAnew(): void {
    this.#listed.clear();
    this.redrawLists();
  }

  showMore({ regionNodeId }: MoreNode): void {
    this.#listed.set(regionNodeId, this.#limitOf(regionNodeId) + pageSize);
    this.#redraw(regionNodeId);
  }

  /** What is at the top. Nothing at all where a welcome view says what to do. */
  roots(): Node[] {
    return this.#keepChildren('', this.#roots());
  }

  childrenOf(node: Node): Node[] | Promise<Node[]> {
    const children = this.#unfold[node.kind](node as never);
    const keep = (some: readonly Node[]): Node[] => this.#keepChildren(node.id, some);
    return Array.isArray(children) ? keep(children) : children.then(keep);
  }

  parentOf(node: Node): Node | undefined {
    const id = this.#parentIdOf(node);
    return id === undefined ? undefined : this.#nodes.get(id);
  }

  /** The node of a deployment. */
  find(deploymentId: string): DeploymentNode | undefined {
    const deployment = this.model.get(deploymentId);
    if (deployment === undefined) return undefined;
    const node = deploymentNode(deployment);
    this.#nodes.set(node.id, node);
    return node;
  }

  /** Sees to it that a deployment is listed, which may be further down than what is. */
  uncover(deploymentId: string): void {
    for (const list of this.#lists()) {
      const at = this.#deploymentsIn(list).findIndex(({ id }) => id === deploymentId);
      if (at < this.#limitOf(list.id)) continue;
      this.#listed.set(list.id, (Math.floor(at / pageSize) + 1) * pageSize);
      this.#redraw(list.id);
    }
  }

  /** The lists of deployments, or everything where there was nothing before or will be nothing. */
  redrawLists(): void {
    const roots = this.#roots();
    const had = this.#children.get('')?.size ?? 0;
    if (roots.length !== had || roots.length === 0 || roots.some(({ id }) => !this.#nodes.has(id)))
      return this.#parts.changed(undefined);
    for (const { id } of roots) this.#redraw(id);
  }

  fresh(node: { readonly deployment: Deployment }): Deployment {
    return this.model.get(node.deployment.id) ?? node.deployment;
  }

  dispose(): void {
    this.#held.dispose();
  }

  readonly known: Known = {
    deployment: (node) => this.fresh(node),
    region: (node) => {
      const wanted = node.kind === 'region' ? node.regionId : undefined;
      return this.#runners().find(({ id }) => wanted === undefined || id === wanted);
    },
    nodeOf: (deploymentId) => this.find(deploymentId),
    isRegion: () => this.#isRegion(),
    backend: () => this.model.target()?.backend,
  };

  readonly #unfold: { readonly [K in NodeKind]: (node: NodeOf<K>) => Node[] | Promise<Node[]> } = {
    connection: (node) => {
      const message = this.#messageOf(node);
      if (message !== undefined) return [message];
      const lists = this.#isRegion() ? this.#listOf(node) : this.#regions();
      return [...lists, ...this.#resourceNodes(node.id)];
    },
    region: (node) => [
      ...this.#listOf(node),
      ...(node.regionId === undefined ? this.#resourceNodes(node.id) : []),
    ],
    deployment: (node) => partsOf(this.model, this.fresh(node)),
    instances: ({ deployment }) => instancesOf(this.model, deployment.id, this.model.connection.hasShells),
    history: ({ deployment }) => historyOf(this.model, deployment.id),
    configMounts: ({ deploymentId }) => configMountsOf(this.model, deploymentId, this.#parts.marksOf),
    volumes: ({ deploymentId }) => volumesOf(this.model, deploymentId),
    secrets: () => secretsOf(this.model),
    domains: () => domainsOf(this.model),
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
    pastImage: () => [],
    more: () => [],
    message: () => [],
  };

  #parentIdOf(node: Node): string | undefined {
    switch (node.kind) {
      case 'connection':
        return undefined;
      case 'region':
        return node.regionId === undefined ? undefined : connectionNodeId(this.model.connection.id);
      case 'deployment':
        return this.#listWith(node.deployment)?.id;
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
      case 'pastImage':
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

  #roots(): Node[] {
    if (this.#parts.besideOthers()) {
      const hidden = this.#parts.filter() !== '' && this.matching().length === 0;
      return hidden ? [] : [this.#connectionNode()];
    }
    if (this.model.target() === undefined || this.matching().length === 0) return [];
    return this.#runners().length <= 1 ? this.#regions() : [this.#connectionNode()];
  }

  #connectionNode(): ConnectionNode {
    const { connection } = this.model;
    return { kind: 'connection', id: connectionNodeId(connection.id), label: connection.label, connection };
  }

  /** Whether its node stands for its only region as well. */
  #isRegion(): boolean {
    return this.#parts.besideOthers() && this.#runners().length <= 1;
  }

  /** What is said in the place of a list that cannot be had, or not yet. */
  #messageOf({ id: parentId, connection }: ConnectionNode): MessageNode | undefined {
    const state = connection.state();
    const message = { kind: 'message', id: `away/${parentId}`, parentId } as const;
    if (state.kind !== 'connected') {
      const remedy = remedyOf(state);
      const label = awayWords(state);
      if (remedy === undefined) return { ...message, label };
      return {
        ...message,
        label,
        problem: label,
        helps: { remedy, connection },
      };
    }
    if (this.model.loaded) return undefined;
    const { failure } = this.model;
    if (failure === undefined) return { ...message, label: 'The deployments are being read.' };
    const label = 'The deployments could not be read. Select this to try again.';
    return { ...message, label, problem: failure };
  }

  #runners(): readonly Runner[] {
    const state = this.model.connection.state();
    return state.kind === 'connected' ? state.regions : [];
  }

  #regions(): RegionNode[] {
    const { connection } = this.model;
    const { id, label } = connection;
    const runners = this.#runners();
    if (runners.length <= 1) return [{ kind: 'region', id: regionNodeId(id), label, connection }];
    return runners.map((runner) => ({
      kind: 'region',
      id: regionNodeId(runner.id),
      label: runner.name,
      connection,
      regionId: runner.id,
    }));
  }

  #lists(): readonly ListNode[] {
    return this.#isRegion() ? [this.#connectionNode()] : this.#regions();
  }

  #listWith(deployment: Deployment): ListNode | undefined {
    return this.#lists().find((list) => isIn(list, deployment));
  }

  #deploymentsIn(list: ListNode): readonly Deployment[] {
    const deployments = this.matching();
    if (list.kind === 'connection' || list.regionId === undefined) return deployments;
    return deployments.filter((deployment) => isIn(list, deployment));
  }

  #listOf(list: ListNode): Node[] {
    const deployments = this.#deploymentsIn(list);
    const { id, connection } = list;
    const listed = deployments.slice(0, this.#limitOf(id)).map(deploymentNode);
    const hidden = deployments.length - listed.length;
    if (hidden > 0) return [...listed, { kind: 'more', id: `more/${id}`, regionNodeId: id, hidden }];
    if (listed.length > 0) return listed;
    const none = { kind: 'message', id: `none/${id}`, parentId: id } as const;
    if (list.kind === 'region') return [{ ...none, label: 'No deployment is here' }];
    const remedy = { command: 'patr.deployment.create', label: 'Create a deployment' } as const;
    const helps = { remedy, connection };
    return [{ ...none, label: 'No deployment is here yet', helps }];
  }

  /** What belongs to the workspace: below all that is listed, and not while something is looked for. */
  #resourceNodes(parentId: string): Node[] {
    if (this.#parts.filter() !== '') return [];
    return (['secrets', 'domains'] as const).map((kind) => ({ kind, id: kind, parentId }));
  }

  #limitOf(nodeId: string): number {
    return this.#listed.get(nodeId) ?? pageSize;
  }

  /** What the editor has never asked for is not drawn, so there is nothing to draw again. */
  #redraw(nodeId: string): void {
    const node = this.#nodes.get(nodeId);
    if (node !== undefined) this.#parts.changed(node);
  }

  /** What the parent had before and has no more is forgotten, with what belonged to it. */
  #keepChildren(parentId: string, nodes: readonly Node[]): Node[] {
    const ids = new Set(nodes.map(({ id }) => id));
    for (const id of this.#children.get(parentId) ?? []) if (!ids.has(id)) this.#forget(id);
    this.#children.set(parentId, ids);
    for (const node of nodes) this.#nodes.set(node.id, node);
    return Array.from(nodes);
  }

  #forget(id: string): void {
    for (const child of this.#children.get(id) ?? []) this.#forget(child);
    this.#children.delete(id);
    this.#nodes.delete(id);
  }
}

function isIn(list: ListNode, { runner }: Deployment): boolean {
  return list.kind === 'connection' || list.regionId === undefined || list.regionId === runner;
}

function deploymentNode(deployment: Deployment): DeploymentNode {
  return { kind: 'deployment', id: deploymentNodeId(deployment.id), deployment };
}

function connectionNodeId(connectionId: string): string {
  return `connection/${connectionId}`;
}

/** By the connection where it has one region, by the region where it has several. */
function regionNodeId(id: string): string {
  return `region/${id}`;
}

export function deploymentNodeId(id: string): string {
  return `deployment/${id}`;
}
