import type { Address, Deployment } from '../../protocol/shapes/deployment.ts';
import type { InstanceInfo } from '../../protocol/shapes/release.ts';

/** What the tree is made of. Ids are the server's own, so that expansion and selection survive every refresh. */
export type Node =
  | RegionNode
  | DeploymentNode
  | AddressNode
  | InstancesNode
  | InstanceNode
  | ReasonNode
  | MessageNode;

export interface RegionNode {
  readonly kind: 'region';
  readonly id: string;
  readonly label: string;
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
}

/** Why a deployment is not well, as a line of its own. */
export interface ReasonNode {
  readonly kind: 'reason';
  readonly id: string;
  readonly deployment: Deployment;
}

/** A line that says something where there is nothing to list. */
export interface MessageNode {
  readonly kind: 'message';
  readonly id: string;
  readonly label: string;
}

export type NodeKind = Node['kind'];
