import type {
  AddressNode,
  ConfigMountNode,
  ConfigMountsNode,
  DeploymentNode,
  DomainNode,
  DomainsNode,
  InstanceNode,
  ManagedUrlNode,
  MoreNode,
  NewerImageNode,
  PastImageNode,
  ReleaseNode,
  SecretNode,
  SecretsNode,
  VolumeNode,
} from './tree/nodes.ts';
import type { Uri } from 'vscode';
import type { ConnectionMeant } from './commands/accounts.ts';
import type { SecretMeant } from './config/checkText.ts';

/**
 * Every id that the manifest and the code share, once. A test compares this file with package.json both ways. A
 * command that takes a node may be run from the palette without one, and asks then.
 */
export interface CommandArguments {
  'patr.deploy': [file?: Uri];
  'patr.deploy.customize': [file?: Uri];
  'patr.deployment.create': [meant?: ConnectionMeant];
  'patr.deployment.duplicate': [node?: DeploymentNode];
  'patr.deployment.copyTo': [node?: DeploymentNode | Uri];
  'patr.deployment.manage': [node?: DeploymentNode];
  'patr.deployImage': [];
  'patr.deployment.push': [node?: DeploymentNode];
  'patr.deployment.start': [node?: DeploymentNode];
  'patr.deployment.stop': [node?: DeploymentNode];
  'patr.deployment.restart': [node?: DeploymentNode];
  'patr.deployment.delete': [node?: DeploymentNode];
  'patr.deployment.open': [node?: DeploymentNode];
  'patr.deployment.reveal': [node?: DeploymentNode];
  'patr.deployment.explain': [node?: DeploymentNode | InstanceNode];
  'patr.deployment.logs': [node?: DeploymentNode];
  'patr.deployment.copyAddress': [node?: DeploymentNode];
  'patr.deployment.scale': [node?: DeploymentNode];
  'patr.deployment.rename': [node?: DeploymentNode];
  'patr.deployment.deployOnPush': [node?: DeploymentNode];
  'patr.deployment.copyDigest': [node?: DeploymentNode];
  'patr.deployment.copyId': [node?: DeploymentNode];
  'patr.deployment.events': [node?: DeploymentNode];
  'patr.instance.openShell': [node?: InstanceNode];
  'patr.instance.copyId': [node?: InstanceNode];
  'patr.configMount.add': [node?: DeploymentNode | ConfigMountsNode];
  'patr.configMount.write': [node?: DeploymentNode | ConfigMountsNode];
  'patr.configMount.search': [node?: DeploymentNode | ConfigMountsNode];
  'patr.configMount.addFile': [file?: Uri];
  'patr.configMount.open': [meant?: ConfigMountNode | Uri];
  'patr.configMount.compare': [meant?: ConfigMountNode | Uri];
  'patr.configMount.history': [meant?: ConfigMountNode | Uri];
  'patr.configMount.rename': [meant?: ConfigMountNode | Uri];
  'patr.configMount.stopFollowing': [meant?: ConfigMountNode | Uri];
  'patr.configMount.makeSecret': [file?: Uri, value?: SecretMeant];
  'patr.deployment.resumePushes': [node?: DeploymentNode];
  'patr.deployment.rollOut': [node?: DeploymentNode | NewerImageNode];
  'patr.release.revert': [node?: ReleaseNode | PastImageNode];
  'patr.release.compare': [node?: ReleaseNode];
  'patr.volume.archive': [node?: DeploymentNode | VolumeNode];
  'patr.configMount.delete': [meant?: ConfigMountNode | Uri];
  'patr.address.open': [node?: AddressNode];
  'patr.address.copy': [node?: AddressNode];
  'patr.secret.create': [node?: SecretsNode];
  'patr.secret.rotate': [node?: SecretNode];
  'patr.secret.rename': [node?: SecretNode];
  'patr.secret.delete': [node?: SecretNode];
  'patr.secret.rotateKey': [node?: SecretsNode];
  'patr.secret.restoreKeys': [node?: SecretsNode];
  'patr.domain.add': [node?: DomainsNode];
  'patr.domain.verify': [node?: DomainNode];
  'patr.domain.copyRecord': [node?: DomainNode];
  'patr.domain.delete': [node?: DomainNode];
  'patr.managedUrl.add': [node?: DeploymentNode];
  'patr.managedUrl.edit': [node?: ManagedUrlNode];
  'patr.managedUrl.open': [node?: ManagedUrlNode];
  'patr.managedUrl.copy': [node?: ManagedUrlNode];
  'patr.managedUrl.verify': [node?: ManagedUrlNode];
  'patr.managedUrl.copyRecord': [node?: ManagedUrlNode];
  'patr.managedUrl.delete': [node?: ManagedUrlNode];
  'patr.registry.usage': [meant?: ConnectionMeant];
  'patr.registry.collect': [meant?: ConnectionMeant];
  'patr.registry.signOut': [];
  'patr.apiToken.dockerLogin': [meant?: ConnectionMeant];
  'patr.apiToken.revoke': [];
  'patr.account.signIn': [meant?: ConnectionMeant];
  'patr.account.signOut': [];
  'patr.connection.add': [];
  'patr.connection.remove': [meant?: ConnectionMeant];
  'patr.connection.reviewCertificate': [meant?: ConnectionMeant];
  'patr.region.start': [];
  'patr.region.stop': [];
  'patr.region.remove': [];
  'patr.region.showLog': [];
  'patr.region.trust': [];
  'patr.region.untrust': [];
  'patr.connection.switch': [];
  'patr.connection.tryAgain': [meant?: ConnectionMeant];
  'patr.view.refresh': [];
  'patr.view.filter': [];
  'patr.view.clearFilter': [];
  'patr.view.showMore': [node?: MoreNode];
  'patr.output.show': [];
  'patr.status.pick': [];
}

export type CommandId = keyof CommandArguments;

/** What keybindings hand to a command in the place of a node: it is meant for what is selected in the view. */
export const fromSelection = 'selection';

export const commandIds: readonly CommandId[] = [
  'patr.deploy',
  'patr.deploy.customize',
  'patr.deployment.create',
  'patr.deployment.duplicate',
  'patr.deployment.copyTo',
  'patr.deployment.manage',
  'patr.deployImage',
  'patr.deployment.push',
  'patr.deployment.start',
  'patr.deployment.stop',
  'patr.deployment.restart',
  'patr.deployment.delete',
  'patr.deployment.open',
  'patr.deployment.reveal',
  'patr.deployment.explain',
  'patr.deployment.logs',
  'patr.deployment.copyAddress',
  'patr.deployment.scale',
  'patr.deployment.rename',
  'patr.deployment.deployOnPush',
  'patr.deployment.copyDigest',
  'patr.deployment.copyId',
  'patr.deployment.events',
  'patr.instance.openShell',
  'patr.instance.copyId',
  'patr.configMount.add',
  'patr.configMount.write',
  'patr.configMount.search',
  'patr.configMount.addFile',
  'patr.configMount.open',
  'patr.configMount.compare',
  'patr.configMount.history',
  'patr.configMount.rename',
  'patr.configMount.stopFollowing',
  'patr.configMount.makeSecret',
  'patr.deployment.resumePushes',
  'patr.deployment.rollOut',
  'patr.release.revert',
  'patr.release.compare',
  'patr.configMount.delete',
  'patr.volume.archive',
  'patr.address.open',
  'patr.address.copy',
  'patr.secret.create',
  'patr.secret.rotate',
  'patr.secret.rename',
  'patr.secret.delete',
  'patr.secret.rotateKey',
  'patr.secret.restoreKeys',
  'patr.domain.add',
  'patr.domain.verify',
  'patr.domain.copyRecord',
  'patr.domain.delete',
  'patr.managedUrl.add',
  'patr.managedUrl.edit',
  'patr.managedUrl.open',
  'patr.managedUrl.copy',
  'patr.managedUrl.verify',
  'patr.managedUrl.copyRecord',
  'patr.managedUrl.delete',
  'patr.registry.usage',
  'patr.registry.collect',
  'patr.registry.signOut',
  'patr.apiToken.dockerLogin',
  'patr.apiToken.revoke',
  'patr.account.signIn',
  'patr.account.signOut',
  'patr.connection.add',
  'patr.connection.remove',
  'patr.connection.reviewCertificate',
  'patr.region.start',
  'patr.region.stop',
  'patr.region.remove',
  'patr.region.showLog',
  'patr.region.trust',
  'patr.region.untrust',
  'patr.connection.switch',
  'patr.connection.tryAgain',
  'patr.view.refresh',
  'patr.view.filter',
  'patr.view.clearFilter',
  'patr.view.showMore',
  'patr.output.show',
  'patr.status.pick',
];

/** Kinds of panels, as the editor knows them: it brings a panel back by this name after a reload. */
export const panelTypes = ['patr.create', 'patr.manage'] as const;
export type PanelType = (typeof panelTypes)[number];

/** The view of regions and their deployments. */
export const deploymentsView = 'patr.deployments';

/** Context key that welcome views ask for: a `ViewState`. */
export const stateKey = 'patr.state';

/** Context key: whether the view lists only what fits a filter. */
export const filteredKey = 'patr.filtered';

/** Settings, without the prefix `patr.`; what each means is in the manifest. */
export const settingIds = [
  'docker.host',
  'local.images.node',
  'local.images.registry',
  'local.images.edge',
  'local.ports.api',
  'local.ports.registry',
  'local.ports.http',
  'local.ports.https',
  'local.placement',
  'local.httpsRedirect',
  'local.keep.versions',
  'local.keep.days',
  'local.keep.logs',
  'logs.problemPattern',
  'build.arguments',
  'codeLens.enabled',
  'prices',
  'registryHosts',
] as const;
export type SettingId = (typeof settingIds)[number];
