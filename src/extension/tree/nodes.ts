import type { Address, Deployment } from '../../protocol/shapes/deployment.ts';
import type { PastImage } from '../../deploy/imageHistory.ts';
import type { InstanceInfo, ReleaseInfo } from '../../protocol/shapes/release.ts';
import type { WorkspaceDomain } from '../../protocol/shapes/domain.ts';
import type { ManagedUrl } from '../../protocol/shapes/managedUrl.ts';
import type { Secret } from '../../protocol/shapes/secret.ts';
import type { Connection } from '../connections/connection.ts';
import type { Remedy } from '../connections/remedies.ts';
import type { MountedVolume } from '../model/details.ts';

/** What the tree is made of. Ids are the server's own, so that expansion and selection survive every refresh. */
export type Node =
  | ConnectionNode
  | RegionNode
  | DeploymentNode
  | ReasonNode
  | AddressNode
  | InstancesNode
  | InstanceNode
  | ConfigMountsNode
  | ConfigMountNode
  | VolumesNode
  | VolumeNode
  | MoreNode
  | NewerImageNode
  | HistoryNode
  | ReleaseNode
  | PastImageNode
  | ManagedUrlNode
  | SecretsNode
  | SecretNode
  | DomainsNode
  | DomainNode
  | MessageNode;

/**
 * A workspace of a server, where there are several connections, or several regions of the only one. Beside others it
 * stands for its only region as well.
 */
export interface ConnectionNode {
  readonly kind: 'connection';
  readonly id: string;
  readonly label: string;
  readonly connection: Connection;
}

export interface RegionNode {
  readonly kind: 'region';
  readonly id: string;
  readonly label: string;
  readonly connection: Connection;
  /** Absent: the only one of its connection, so every deployment is in it. */
  readonly regionId?: string;
}

export interface DeploymentNode {
  readonly kind: 'deployment';
  readonly id: string;
  readonly deployment: Deployment;
}

export interface AddressNode {
  readonly kind: 'address';
  readonly id: string;
  readonly deploymentId: string;
  readonly address: Address;
}

export interface InstancesNode {
  readonly kind: 'instances';
  readonly id: string;
  readonly deployment: Deployment;
}

export interface InstanceNode {
  readonly kind: 'instance';
  readonly id: string;
  readonly deploymentId: string;
  readonly instance: InstanceInfo;
  /** Whether a shell can be opened in it: it runs, on an engine that the editor reaches. */
  readonly hasShell: boolean;
}

export interface ConfigMountsNode {
  readonly kind: 'configMounts';
  readonly id: string;
  readonly deploymentId: string;
  readonly count: number;
}

export interface ConfigMountNode {
  readonly kind: 'configMount';
  readonly id: string;
  readonly deploymentId: string;
  readonly name: string;
  readonly bytes: number;
  /** The file of the workspace whose saves it gets. */
  readonly follows?: string;
  /** A save of it is kept until the server answers. */
  readonly kept?: true;
}

export interface VolumesNode {
  readonly kind: 'volumes';
  readonly id: string;
  readonly deploymentId: string;
  readonly count: number;
}

export interface VolumeNode {
  readonly kind: 'volume';
  readonly id: string;
  readonly deploymentId: string;
  readonly volume: MountedVolume;
}

/** Stands for deployments that are not listed yet. */
export interface MoreNode {
  readonly kind: 'more';
  readonly id: string;
  readonly regionNodeId: string;
  readonly hidden: number;
}

/** Why a deployment is not well, as a line of its own. */
export interface ReasonNode {
  readonly kind: 'reason';
  readonly id: string;
  readonly deployment: Deployment;
}

/** What was pushed and is not rolled out, as a line of its own. */
export interface NewerImageNode {
  readonly kind: 'newerImage';
  readonly id: string;
  readonly deployment: Deployment;
}

export interface HistoryNode {
  readonly kind: 'history';
  readonly id: string;
  readonly deployment: Deployment;
}

export interface ReleaseNode {
  readonly kind: 'release';
  readonly id: string;
  readonly deploymentId: string;
  readonly release: ReleaseInfo;
  /** It takes the traffic, and nothing newer is wanted: there is nothing to go back from. */
  readonly current: boolean;
}

/** An image that a deployment has run, on a server that keeps no releases. */
export interface PastImageNode {
  readonly kind: 'pastImage';
  readonly id: string;
  readonly deploymentId: string;
  readonly image: PastImage;
  /** It is the one that the server says to be live. */
  readonly live: boolean;
  readonly canRevert: boolean;
}

/** An address of one's own that leads to a deployment. */
export interface ManagedUrlNode {
  readonly kind: 'managedUrl';
  readonly id: string;
  readonly deploymentId: string;
  readonly url: ManagedUrl;
}

/** Secrets of the workspace. */
export interface SecretsNode {
  readonly kind: 'secrets';
  readonly id: string;
  readonly parentId: string;
}

export interface SecretNode {
  readonly kind: 'secret';
  readonly id: string;
  readonly secret: Secret;
}

/** Domains of the workspace. */
export interface DomainsNode {
  readonly kind: 'domains';
  readonly id: string;
  readonly parentId: string;
}

export interface DomainNode {
  readonly kind: 'domain';
  readonly id: string;
  readonly domain: WorkspaceDomain;
}

/**
 * A line that says something where there is nothing to list. `problem`: why, when it should be there. With what `helps`
 * it is called by that, and does it when it is selected; otherwise a problem is read again.
 */
export interface MessageNode {
  readonly kind: 'message';
  readonly id: string;
  readonly label: string;
  readonly parentId: string;
  readonly problem?: string;
  readonly helps?: { readonly remedy: Remedy; readonly connection: Connection };
}

export type NodeKind = Node['kind'];
export type NodeOf<K extends NodeKind> = Extract<Node, { kind: K }>;

/** The deployment that a node is, or belongs to. */
export function deploymentOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ('deployment' in node) return node.deployment.id;
  return 'deploymentId' in node ? node.deploymentId : undefined;
}
