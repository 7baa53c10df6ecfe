import { commands } from 'vscode';
import type { CommandArguments, CommandId } from '../ids.ts';
import { back } from '../prompts.ts';
import type { RegionLog } from '../regionLog.ts';
import { lookOf, describeDeployment } from '../tree/look.ts';
import {
  copyAddressCommand,
  copyDigestCommand,
  copyIdCommand,
  copyInstanceIdCommand,
  copyThisAddressCommand,
  openAddressCommand,
  openCommand,
} from './addresses.ts';
import { aboutLocal } from './about.ts';
import { archiveVolumesCommand } from './archiveVolumes.ts';
import {
  addConnectionCommand,
  removeConnectionCommand,
  reviewCertificateCommand,
  signInCommand,
  signOutCommand,
} from './accounts.ts';
import { chooseDeployment, pickDeployment, type CommandContext } from './context.ts';
import { configHistoryCommand } from './configHistory.ts';
import {
  addConfigMountCommand,
  addFileCommand,
  compareConfigMountCommand,
  deleteConfigMountCommand,
  openConfigMountCommand,
  renameConfigMountCommand,
  searchConfigMountsCommand,
  stopFollowingCommand,
  writeConfigMountCommand,
} from './configMounts.ts';
import { switchConnectionCommand, tryAgainCommand } from './connections.ts';
import { copyToCommand } from './copyTo.ts';
import { deployOnPushCommand } from './deployOnPush.ts';
import { openShellCommand } from './openShell.ts';
import { renameCommand } from './rename.ts';
import { scaleCommand } from './scale.ts';
import { deleteCommand } from './deleteDeployment.ts';
import { customizeCommand, deployCommand } from './deploy.ts';
import { duplicateCommand } from './duplicate.ts';
import { deployImageCommand } from './deployImage.ts';
import { explainCommand } from './explain.ts';
import { compareCommand, resumePushesCommand, revertCommand, rollOutCommand } from './history.ts';
import { lifecycleCommand } from './lifecycle.ts';
import { manageCommand } from './manage.ts';
import {
  addManagedUrlCommand,
  copyManagedUrlCommand,
  copyManagedUrlRecordCommand,
  deleteManagedUrlCommand,
  editManagedUrlCommand,
  openManagedUrlCommand,
  verifyManagedUrlCommand,
} from './managedUrls.ts';
import {
  addDomainCommand,
  copyDomainRecordCommand,
  deleteDomainCommand,
  verifyDomainCommand,
} from './domains.ts';
import {
  createSecretCommand,
  deleteSecretCommand,
  renameSecretCommand,
  restoreKeysCommand,
  rotateKeyCommand,
  rotateSecretCommand,
} from './secrets.ts';
import { pushCommand } from './push.ts';
import { eventsCommand } from './documents.ts';
import { makeSecretCommand } from './makeSecret.ts';
import { filterCommand, refreshCommand } from './view.ts';
import { collectCommand, showUsageCommand, signOutOfRegistryCommand } from './registry.ts';
import { dockerLoginCommand, revokeTokenCommand } from './apiTokens.ts';
import { trustCommand } from './trustAuthority.ts';
import { removeRegionCommand, startRegionCommand, stopRegionCommand } from './region.ts';

type CommandTable = { readonly [K in CommandId]: (...args: CommandArguments[K]) => Promise<void> };

/** What each of them does for the connection that is meant. */
export function commandsOf(context: CommandContext, regionLog: RegionLog): CommandTable {
  return {
    'patr.deploy': (file) => deployCommand(context, file),
    'patr.deploy.customize': (file) => customizeCommand(context, file),
    'patr.deployment.create': async () =>
      context.openCreateForm({ kind: 'new', connection: context.model.connection.id }),
    'patr.deployment.duplicate': (node) => duplicateCommand(context, node),
    'patr.deployment.copyTo': (node) => copyToCommand(context, node),
    'patr.deployment.manage': (node) => manageCommand(context, node),
    'patr.deployImage': () => deployImageCommand(context),
    'patr.deployment.push': (node) => pushCommand(context, node),
    'patr.deployment.start': (node) => lifecycleCommand(context, 'start', node),
    'patr.deployment.stop': (node) => lifecycleCommand(context, 'stop', node),
    'patr.deployment.restart': (node) => lifecycleCommand(context, 'restart', node),
    'patr.deployment.delete': (node) => deleteCommand(context, node),
    'patr.deployment.open': (node) => openCommand(context, node),
    'patr.deployment.reveal': async (node) => {
      const chosen = await chooseDeployment(context, node, () => true, 'Show in the view');
      if (chosen !== undefined) await context.reveal(chosen.id);
    },
    'patr.deployment.explain': (node) => explainCommand(context, node),
    'patr.deployment.logs': async (node) => {
      const chosen = await chooseDeployment(context, node, () => true, 'Show logs');
      if (chosen !== undefined) await context.showLogs(chosen.id);
    },
    'patr.deployment.copyAddress': (node) => copyAddressCommand(context, node),
    'patr.deployment.scale': (node) => scaleCommand(context, node),
    'patr.deployment.rename': (node) => renameCommand(context, node),
    'patr.deployment.deployOnPush': (node) => deployOnPushCommand(context, node),
    'patr.deployment.copyDigest': (node) => copyDigestCommand(context, node),
    'patr.deployment.copyId': (node) => copyIdCommand(context, node),
    'patr.deployment.events': (node) => eventsCommand(context, node),
    'patr.instance.openShell': (node) => openShellCommand(context, node),
    'patr.instance.copyId': (node) => copyInstanceIdCommand(context, node),
    'patr.configMount.add': (node) => addConfigMountCommand(context, node),
    'patr.configMount.write': (node) => writeConfigMountCommand(context, node),
    'patr.configMount.search': (node) => searchConfigMountsCommand(context, node),
    'patr.configMount.addFile': (file) => addFileCommand(context, file),
    'patr.configMount.open': (meant) => openConfigMountCommand(context, meant),
    'patr.configMount.compare': (meant) => compareConfigMountCommand(context, meant),
    'patr.configMount.history': (meant) => configHistoryCommand(context, meant),
    'patr.configMount.rename': (meant) => renameConfigMountCommand(context, meant),
    'patr.configMount.stopFollowing': (meant) => stopFollowingCommand(context, meant),
    'patr.configMount.makeSecret': (file, value) => makeSecretCommand(context, file, value),
    'patr.configMount.delete': (meant) => deleteConfigMountCommand(context, meant),
    'patr.deployment.resumePushes': (node) => resumePushesCommand(context, node),
    'patr.deployment.rollOut': (node) => rollOutCommand(context, node),
    'patr.release.revert': (node) => revertCommand(context, node),
    'patr.release.compare': (node) => compareCommand(context, node),
    'patr.volume.archive': (node) => archiveVolumesCommand(context, node),
    'patr.address.open': (node) => openAddressCommand(context, node),
    'patr.address.copy': (node) => copyThisAddressCommand(node),
    'patr.secret.create': () => createSecretCommand(context),
    'patr.secret.rotate': (node) => rotateSecretCommand(context, node),
    'patr.secret.rename': (node) => renameSecretCommand(context, node),
    'patr.secret.delete': (node) => deleteSecretCommand(context, node),
    'patr.secret.rotateKey': () => rotateKeyCommand(context),
    'patr.secret.restoreKeys': () => restoreKeysCommand(context),
    'patr.domain.add': async () => void (await addDomainCommand(context)),
    'patr.domain.verify': (node) => verifyDomainCommand(context, node),
    'patr.domain.copyRecord': (node) => copyDomainRecordCommand(context, node),
    'patr.domain.delete': (node) => deleteDomainCommand(context, node),
    'patr.managedUrl.add': (node) => addManagedUrlCommand(context, node),
    'patr.managedUrl.edit': (node) => editManagedUrlCommand(context, node),
    'patr.managedUrl.open': (node) => openManagedUrlCommand(context, node),
    'patr.managedUrl.copy': (node) => copyManagedUrlCommand(context, node),
    'patr.managedUrl.verify': (node) => verifyManagedUrlCommand(context, node),
    'patr.managedUrl.copyRecord': (node) => copyManagedUrlRecordCommand(context, node),
    'patr.managedUrl.delete': (node) => deleteManagedUrlCommand(context, node),
    'patr.registry.usage': () => showUsageCommand(context),
    'patr.registry.collect': () => collectCommand(context),
    'patr.registry.signOut': () => signOutOfRegistryCommand(context),
    'patr.apiToken.dockerLogin': () => dockerLoginCommand(context),
    'patr.apiToken.revoke': () => revokeTokenCommand(context),
    'patr.account.signIn': (meant) => signInCommand(context, meant),
    'patr.account.signOut': () => signOutCommand(context),
    'patr.connection.add': () => addConnectionCommand(context),
    'patr.connection.remove': (meant) => removeConnectionCommand(context, meant),
    'patr.connection.reviewCertificate': (meant) => reviewCertificateCommand(context, meant),
    'patr.region.start': () => startRegionCommand(context),
    'patr.region.stop': () => stopRegionCommand(context),
    'patr.region.remove': () => removeRegionCommand(context),
    'patr.region.showLog': async () => regionLog.show((await context.local.host()).host),
    'patr.region.trust': () => trustCommand(aboutLocal(context), 'trust'),
    'patr.region.untrust': () => trustCommand(aboutLocal(context), 'untrust'),
    'patr.connection.switch': () => switchConnectionCommand(context),
    'patr.connection.tryAgain': () => tryAgainCommand(context),
    'patr.view.refresh': () => refreshCommand(context),
    'patr.view.filter': () => filterCommand(context),
    'patr.view.clearFilter': async () => context.tree.setFilter(''),
    'patr.view.showMore': async (node) => {
      if (node !== undefined) context.tree.showMore(node);
    },
    'patr.output.show': async () => context.output.show(),
    'patr.status.pick': () => pickFromStatusBar(context),
  };
}

/** What can be done with the workspace's deployment, from the status bar. */
async function pickFromStatusBar(context: CommandContext): Promise<void> {
  const own = new Set(context.memory.deploymentIds());
  const deployment = await onlyOrChosen(context, own);
  if (deployment === undefined) return;
  const node = { kind: 'deployment', id: '', deployment } as const;
  const entries = [
    { label: '$(globe) Open in the browser', command: 'patr.deployment.open' },
    { label: '$(settings-gear) Manage', command: 'patr.deployment.manage' },
    { label: '$(cloud-upload) Build and push', command: 'patr.deployment.push' },
    { label: '$(output) Logs', command: 'patr.deployment.logs' },
    ...(deployment.reason === undefined
      ? []
      : [{ label: '$(question) Explain', command: 'patr.deployment.explain' }]),
    ...(deployment.pushesPaused === true
      ? [{ label: '$(debug-continue) Resume pushes', command: 'patr.deployment.resumePushes' }]
      : []),
    ...(deployment.newerImage === undefined
      ? []
      : [{ label: '$(cloud-download) Roll out the newest image', command: 'patr.deployment.rollOut' }]),
  ];
  const title = `${deployment.name}: ${lookOf(deployment).words}`;
  const placeholder = describeDeployment(deployment);
  const chosen = await context.prompts.pick(entries, { title, placeholder });
  if (chosen !== undefined && chosen !== back) await commands.executeCommand(chosen.command, node);
}

async function onlyOrChosen({ models, prompts }: CommandContext, own: ReadonlySet<string>) {
  const there = Array.from(own).flatMap((id) => models.get(id) ?? []);
  return there.length === 1 ? there[0] : pickDeployment(prompts, there, 'Deployments of this workspace');
}
