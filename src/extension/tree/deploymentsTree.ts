import {
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeDataProvider,
} from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Address, Deployment } from '../../protocol/shapes/deployment.ts';
import type { Connection } from '../connections/connection.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { contextValueOf } from './contextValue.ts';
import { describeDeployment, describeInstance, instanceLooks, lookOf, type Look } from './look.ts';
import type { Node, NodeKind } from './nodes.ts';
import { deploymentTooltip } from './tooltip.ts';

type NodeOf<K extends NodeKind> = Extract<Node, { kind: K }>;

/** Regions, their deployments, and of each its addresses and instances. Only what changed is drawn again. */
export class DeploymentsTree implements TreeDataProvider<Node>, Disposable {
  readonly #connection: Connection;
  readonly #model: DeploymentsModel;
  readonly #changed = new EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** The nodes that the editor holds, by id: it wants the very same ones back. */
  readonly #nodes = new Map<string, Node>();
  readonly #held = new DisposableStore();

  constructor(connection: Connection, model: DeploymentsModel) {
    this.#connection = connection;
    this.#model = model;
    this.#held.add(
      model.onChange((change) => {
        this.#changed.fire(change.kind === 'all' ? undefined : this.#nodes.get(deploymentNodeId(change.id)));
      }),
    );
    this.#held.add(
      connection.onChange(() => {
        const region = this.#nodes.get(regionNodeId(connection.id));
        if (region !== undefined) this.#changed.fire(region);
      }),
    );
  }

  getChildren(node?: Node): Node[] | Promise<Node[]> {
    if (node === undefined) return this.#roots();
    if (node.kind === 'region')
      return this.#model.all().map((deployment) => this.#deploymentNode(deployment));
    if (node.kind === 'deployment') return this.#partsOf(this.#fresh(node));
    if (node.kind === 'instances') return this.#instancesOf(node);
    return [];
  }

  getParent(node: Node): Node | undefined {
    if (node.kind === 'region' || node.kind === 'message') return undefined;
    if (node.kind === 'deployment') return this.#nodes.get(regionNodeId(this.#connection.id));
    if (node.kind === 'instance') return this.#nodes.get(`instances/${node.deploymentId}`);
    const id = node.kind === 'address' ? node.deploymentId : node.deployment.id;
    return this.#nodes.get(deploymentNodeId(id));
  }

  getTreeItem(node: Node): TreeItem {
    return this.#items[node.kind](node as never);
  }

  resolveTreeItem(item: TreeItem, node: Node): TreeItem {
    if (node.kind === 'deployment') item.tooltip = deploymentTooltip(this.#fresh(node));
    return item;
  }

  /** The node of a deployment, for showing it. */
  find(deploymentId: string): Node | undefined {
    const deployment = this.#model.get(deploymentId);
    return deployment === undefined ? undefined : this.#deploymentNode(deployment);
  }

  /** Draws everything again: what is connected to has changed. */
  refresh(): void {
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#held.dispose();
    this.#changed.dispose();
  }

  readonly #items: { readonly [K in NodeKind]: (node: NodeOf<K>) => TreeItem } = {
    region: (node) => {
      const item = new TreeItem(node.label, TreeItemCollapsibleState.Expanded);
      item.iconPath = new ThemeIcon('server-environment');
      const state = this.#connection.state();
      const region = state.kind === 'connected' ? state.region : undefined;
      if (region?.connected === false) item.description = 'not connected';
      item.tooltip = region?.message ?? 'The region on this machine: your Docker engine.';
      return this.#named(item, node);
    },
    deployment: (node) => {
      const deployment = this.#fresh(node);
      const item = new TreeItem(deployment.name, TreeItemCollapsibleState.Collapsed);
      item.description = describeDeployment(deployment);
      item.iconPath = iconOf(lookOf(deployment));
      const reason = deployment.reason === undefined ? '' : `. ${deployment.reason.message}`;
      item.accessibilityInformation = {
        label: `Deployment ${deployment.name}, ${lookOf(deployment).words}, ${describeDeployment(deployment)}${reason}`,
      };
      return this.#named(item, { ...node, deployment });
    },
    address: (node) => {
      const { address } = node;
      const item = new TreeItem(hostOf(address), TreeItemCollapsibleState.None);
      const scheme = schemeOf(address);
      item.iconPath = new ThemeIcon(addressIcons[scheme]);
      item.description = `${scheme} → port ${address.port}`;
      item.tooltip = labelOf(address);
      item.accessibilityInformation = { label: `Address ${labelOf(address)}, port ${address.port}` };
      if (node.address.url !== undefined) {
        item.command = { command: 'patr.address.open', title: 'Open', arguments: [node] };
      }
      return this.#named(item, node);
    },
    instances: (node) => {
      const item = new TreeItem('Instances', TreeItemCollapsibleState.Collapsed);
      item.iconPath = new ThemeIcon('vm');
      const { instances } = this.#model.get(node.deployment.id) ?? node.deployment;
      if (instances !== undefined) item.description = `${instances.ready} of ${instances.wanted} ready`;
      return this.#named(item, node);
    },
    instance: (node) => {
      const { instance } = node;
      const item = new TreeItem(instance.name, TreeItemCollapsibleState.None);
      item.description = describeInstance(instance);
      item.iconPath = iconOf(instanceLooks[instance.state]);
      const reason = instance.reason?.message ?? '';
      item.tooltip = new MarkdownString().appendText(
        `${describeInstance(instance)} on ${instance.node}\n${reason}`,
      );
      item.accessibilityInformation = {
        label: `Instance ${instance.name}, ${describeInstance(instance)}. ${reason}`,
      };
      return this.#named(item, node);
    },
    reason: (node) => {
      const message = node.deployment.reason?.message ?? '';
      const item = new TreeItem(message, TreeItemCollapsibleState.None);
      item.iconPath = new ThemeIcon('info', new ThemeColor('charts.yellow'));
      item.tooltip = message;
      item.command = {
        command: 'patr.deployment.explain',
        title: 'Explain',
        arguments: [this.find(node.deployment.id)],
      };
      return this.#named(item, node);
    },
    message: (node) => this.#named(new TreeItem(node.label, TreeItemCollapsibleState.None), node),
  };

  #named(item: TreeItem, node: Node): TreeItem {
    item.id = node.id;
    item.contextValue = contextValueOf(node);
    return item;
  }

  /** Nothing at all where a welcome view says what to do. */
  #roots(): Node[] {
    if (this.#connection.state().kind !== 'connected' || this.#model.all().length === 0) return [];
    const { id, label } = this.#connection;
    return [this.#keep({ kind: 'region', id: regionNodeId(id), label })];
  }

  #deploymentNode(deployment: Deployment): Node {
    return this.#keep({ kind: 'deployment', id: deploymentNodeId(deployment.id), deployment });
  }

  #fresh(node: NodeOf<'deployment'>): Deployment {
    return this.#model.get(node.deployment.id) ?? node.deployment;
  }

  #partsOf(deployment: Deployment): Node[] {
    const { id } = deployment;
    const reason: Node[] =
      deployment.reason === undefined ? [] : [{ kind: 'reason', id: `reason/${id}`, deployment }];
    const addresses = bestAddresses(deployment.addresses ?? []).map((address): Node => ({
      kind: 'address',
      id: `address/${id}/${labelOf(address)}`,
      deploymentId: id,
      address,
    }));
    const instances: Node = { kind: 'instances', id: `instances/${id}`, deployment };
    return [...reason, ...addresses, instances].map((node) => this.#keep(node));
  }

  async #instancesOf(node: NodeOf<'instances'>): Promise<Node[]> {
    const deploymentId = node.deployment.id;
    const found = await this.#model.instances(deploymentId);
    if (found.length === 0)
      return [{ kind: 'message', id: `none/${deploymentId}`, label: 'None is running' }];
    return found.map((instance) =>
      this.#keep({ kind: 'instance', id: `instance/${deploymentId}/${instance.id}`, deploymentId, instance }),
    );
  }

  #keep(node: Node): Node {
    this.#nodes.set(node.id, node);
    return node;
  }
}

export function regionNodeId(connectionId: string): string {
  return `region/${connectionId}`;
}

export function deploymentNodeId(id: string): string {
  return `deployment/${id}`;
}

function labelOf({ url, host, publicPort, port }: Address): string {
  return url ?? `${host ?? ''}:${publicPort ?? port}`;
}

/** The address without what stands before the host: there is little room for it. */
function hostOf(address: Address): string {
  return labelOf(address).replace(/^https?:\/\//, '');
}

const addressIcons = { http: 'globe', https: 'lock', tcp: 'plug', udp: 'plug' } as const;

function schemeOf({ url, type }: Address): keyof typeof addressIcons {
  if (url === undefined) return type;
  return url.startsWith('https:') ? 'https' : 'http';
}

/** Each port once by its best name, over HTTP and over HTTPS; the long per-port names are in the manual's reach. */
function bestAddresses(addresses: readonly Address[]): readonly Address[] {
  const best = new Map<string, Address>();
  for (const address of addresses) {
    const scheme = address.url === undefined ? '' : new URL(address.url).protocol;
    const key = `${address.port}/${address.type}/${scheme}`;
    if (!best.has(key)) best.set(key, address);
  }
  return Array.from(best.values());
}

function iconOf({ icon, color }: Look): ThemeIcon {
  return new ThemeIcon(icon, color === undefined ? undefined : new ThemeColor(color));
}
