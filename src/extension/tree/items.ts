import { ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { Backend } from '../../client/backend.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { Runner } from '../../protocol/shapes/workspace.ts';
import { formatBytes } from '../../base/formatBytes.ts';
import { awayWords } from '../connections/awayWords.ts';
import type { CommandId } from '../ids.ts';
import { addressIcons, hostOf, labelOf, schemeOf } from './address.ts';
import {
  describePastImage,
  describeRelease,
  liveImageLook,
  pastImageLook,
  releaseLooks,
  shortDigest,
} from '../history/releaseWords.ts';
import { contextValueOf } from './contextValue.ts';
import { describeSecret, describeUrl, domainLook, urlLooks, urlWords } from './resourceWords.ts';
import { describeDeployment, describeInstance, instanceLooks, lookOf, type Look } from './look.ts';
import type { Node, NodeKind, NodeOf } from './nodes.ts';
import { connectionLook, lostLook } from './connectionLook.ts';
import {
  connectionTooltip,
  instanceTooltip,
  mountTooltip,
  pastImageTooltip,
  regionTooltip,
  releaseTooltip,
} from './tooltip.ts';

/** What items show beside what is in their nodes: how things are now. */
export interface Known {
  deployment(node: NodeOf<'deployment' | 'reason' | 'instances' | 'newerImage'>): Deployment;
  region(node: NodeOf<'region' | 'connection'>): Runner | undefined;
  /** Whether the node of a connection stands for its only region as well. */
  isRegion(): boolean;
  /** The server, while it is connected. */
  backend(): Backend | undefined;
  /** The node of a deployment, for commands. */
  nodeOf(deploymentId: string): Node | undefined;
}

/** How a node is drawn. */
export function itemOf(node: Node, known: Known): TreeItem {
  const item = items[node.kind](node as never, known);
  item.id = node.id;
  const shown = node.kind === 'deployment' ? { ...node, deployment: known.deployment(node) } : node;
  item.contextValue = contextValueOf(shown, known.backend());
  return item;
}

const { None, Collapsed, Expanded } = TreeItemCollapsibleState;

const items: { readonly [K in NodeKind]: (node: NodeOf<K>, known: Known) => TreeItem } = {
  connection: (node, known) => {
    const { connection, label } = node;
    const state = connection.state();
    const region = known.isRegion() ? known.region(node) : undefined;
    const look = region?.connected === false ? lostLook : connectionLook(connection);
    // The editor keeps how it was at first: what cannot be listed yet will be.
    const item = new TreeItem(label, Expanded);
    const facts = [look.words, connection.description].filter((part) => part !== '');
    item.iconPath = iconOf(look);
    item.description = facts.join(' · ');
    const why = state.kind === 'connected' ? region?.message : awayWords(state);
    item.tooltip = connectionTooltip(node, facts, why, region);
    item.accessibilityInformation = {
      label: [`Connection ${label}`, ...facts, ...(why === undefined ? [] : [why])].join(', '),
    };
    return item;
  },

  region: (node, known) => {
    const item = new TreeItem(node.label, Expanded);
    const region = known.region(node);
    const lost = region?.connected === false;
    item.iconPath = lost ? iconOf(lostLook) : new ThemeIcon('server-environment');
    if (lost) item.description = lostLook.words;
    item.tooltip = regionTooltip(node.label, region);
    item.accessibilityInformation = {
      label: `Region ${node.label}${lost ? `, not connected. ${region.message ?? ''}` : ''}`,
    };
    return item;
  },

  deployment: (node, known) => {
    const deployment = known.deployment(node);
    const item = new TreeItem(deployment.name, Collapsed);
    item.description = describeDeployment(deployment);
    item.iconPath = iconOf(lookOf(deployment));
    const reason = deployment.reason === undefined ? '' : `. ${deployment.reason.message}`;
    item.accessibilityInformation = {
      label: `Deployment ${deployment.name}, ${lookOf(deployment).words}, ${describeDeployment(deployment)}${reason}`,
    };
    return item;
  },

  reason: (node, known) => {
    const message = known.deployment(node).reason?.message ?? '';
    const item = new TreeItem(message, None);
    item.iconPath = new ThemeIcon('info', new ThemeColor('charts.yellow'));
    item.tooltip = message;
    item.command = command('patr.deployment.explain', 'Explain', known.nodeOf(node.deployment.id));
    return item;
  },

  address: (node) => {
    const { address } = node;
    const item = new TreeItem(hostOf(address), None);
    const scheme = schemeOf(address);
    item.iconPath = new ThemeIcon(addressIcons[scheme]);
    item.description = `${scheme} → port ${address.port}`;
    item.tooltip = labelOf(address);
    item.accessibilityInformation = { label: `Address ${labelOf(address)}, port ${address.port}` };
    if (address.url !== undefined) item.command = command('patr.address.open', 'Open', node);
    return item;
  },

  instances: (node, known) => {
    const item = new TreeItem('Instances', Collapsed);
    item.iconPath = new ThemeIcon('vm');
    const { instances } = known.deployment(node);
    if (instances !== undefined) item.description = `${instances.ready} of ${instances.wanted} ready`;
    return item;
  },

  instance: ({ instance }) => {
    const item = new TreeItem(instance.name, None);
    item.description = describeInstance(instance);
    item.iconPath = iconOf(instanceLooks[instance.state]);
    item.tooltip = instanceTooltip(instance);
    item.accessibilityInformation = {
      label: `Instance ${instance.name}, ${describeInstance(instance)}. ${instance.reason?.message ?? ''}`,
    };
    return item;
  },

  configMounts: ({ count }) => {
    const item = new TreeItem('Config mounts', count === 0 ? None : Collapsed);
    item.iconPath = new ThemeIcon('files');
    item.description = count === 0 ? 'none' : String(count);
    item.tooltip =
      'Files that every instance sees read-only under /etc/config. Open one to change it; drop a file on the deployment to add one.';
    return item;
  },

  configMount: (node) => {
    const { name, bytes, follows, kept } = node;
    const item = new TreeItem(name, None);
    const facts = [
      formatBytes(bytes),
      ...(follows === undefined ? [] : [`follows ${follows}`]),
      ...(kept === undefined ? [] : ['a save waits']),
    ];
    item.iconPath = kept === undefined ? mountIcon(follows) : new ThemeIcon('warning');
    item.description = facts.join(' · ');
    item.tooltip = mountTooltip(node);
    item.accessibilityInformation = { label: `Config mount ${name}, ${facts.join(', ')}` };
    item.command = command('patr.configMount.open', 'Open', node);
    return item;
  },

  volumes: ({ count }) => {
    const item = new TreeItem('Volumes', Collapsed);
    item.iconPath = new ThemeIcon('database');
    item.description = String(count);
    item.tooltip = 'Every instance has data of its own under each volume. Rollouts, stop and start keep it.';
    return item;
  },

  volume: ({ volume }) => {
    const item = new TreeItem(volume.name ?? volume.id, None);
    const size = volume.size === undefined ? '' : `${volume.size} GB · `;
    item.iconPath = new ThemeIcon('database');
    item.description = `${size}${volume.path}`;
    item.tooltip = `Mounted at ${volume.path}`;
    item.accessibilityInformation = { label: `Volume ${volume.name ?? volume.id}, ${size}${volume.path}` };
    return item;
  },

  newerImage: (node, known) => {
    const item = new TreeItem('A newer image is in the registry', None);
    item.iconPath = new ThemeIcon('cloud-download');
    const { newerImage } = known.deployment(node);
    if (newerImage !== undefined) item.description = newerImage.digest.replace('sha256:', '').slice(0, 12);
    item.tooltip = 'It was pushed and is not rolled out, because deploy on push is off or paused.';
    return item;
  },

  history: (_, known) => {
    const item = new TreeItem('Image history', Collapsed);
    item.iconPath = new ThemeIcon('history');
    item.tooltip =
      known.backend()?.offers('releases') === false
        ? 'Every image that was deployed, as far as this server tells.'
        : 'Every version that was rolled out. Compare one with what runs, or revert to it.';
    return item;
  },

  release: ({ release }) => {
    const item = new TreeItem(`v${release.number}`, None);
    item.description = describeRelease(release);
    item.iconPath = iconOf(releaseLooks[release.state]);
    item.tooltip = releaseTooltip(release);
    item.accessibilityInformation = {
      label: `Version ${release.number}, ${describeRelease(release)}. ${release.reason?.message ?? ''}`,
    };
    return item;
  },

  pastImage: ({ image, live }) => {
    const item = new TreeItem(shortDigest(image.digest), None);
    item.description = describePastImage(image, live);
    item.iconPath = iconOf(live ? liveImageLook : pastImageLook);
    item.tooltip = pastImageTooltip(image, live);
    item.accessibilityInformation = {
      label: `Image ${shortDigest(image.digest)}, ${describePastImage(image, live)}`,
    };
    return item;
  },

  managedUrl: (node) => {
    const { url } = node;
    const item = new TreeItem(urlWords(url), None);
    const look = urlLooks[url.state ?? 'unknown'];
    item.iconPath = iconOf(look);
    item.description = describeUrl(url);
    item.tooltip = [url.address ?? '', url.message ?? ''].filter((part) => part !== '').join('\n\n');
    item.accessibilityInformation = {
      label: `Managed URL ${urlWords(url)}, ${look.words}. ${url.message ?? ''}`,
    };
    item.command = url.isConfigured
      ? command('patr.managedUrl.open', 'Open', node)
      : command('patr.managedUrl.verify', 'Check DNS', node);
    return item;
  },

  secrets: () => {
    const item = new TreeItem('Secrets', Collapsed);
    item.iconPath = new ThemeIcon('key');
    item.tooltip =
      'Values that environment variables are taken from. They are stored sealed and never shown.';
    return item;
  },

  secret: ({ secret }) => {
    const item = new TreeItem(secret.name, None);
    item.iconPath = new ThemeIcon('key');
    item.description = describeSecret(secret);
    item.tooltip = 'Its value is never shown. Rotate it to give it another one.';
    item.accessibilityInformation = { label: `Secret ${secret.name}, ${describeSecret(secret)}` };
    return item;
  },

  domains: () => {
    const item = new TreeItem('Domains', Collapsed);
    item.iconPath = new ThemeIcon('globe');
    item.tooltip = 'Domains that managed URLs of deployments are under.';
    return item;
  },

  domain: (node) => {
    const { domain } = node;
    const item = new TreeItem(domain.name, None);
    item.iconPath = iconOf(domainLook(domain));
    item.description = domainLook(domain).words;
    if (domain.message !== undefined) item.tooltip = domain.message;
    item.accessibilityInformation = {
      label: `Domain ${domain.name}, ${domainLook(domain).words}. ${domain.message ?? ''}`,
    };
    if (!domain.isVerified) item.command = command('patr.domain.verify', 'Verify', node);
    return item;
  },

  more: (node) => {
    const item = new TreeItem('Show more…', None);
    item.iconPath = new ThemeIcon('ellipsis');
    item.description = `${node.hidden} more`;
    item.tooltip = 'Or filter the deployments by name, status or address.';
    item.command = command('patr.view.showMore', 'Show more', node);
    return item;
  },

  message: ({ label, problem, helps }) => {
    const item = new TreeItem(helps?.remedy.label ?? label, None);
    if (helps !== undefined) {
      const { remedy, connection } = helps;
      item.description = label;
      item.tooltip = label;
      item.accessibilityInformation = { label: `${remedy.label}. ${label}` };
      item.command = { command: remedy.command, title: remedy.label, arguments: [{ connection }] };
    }
    if (problem === undefined) return item;
    item.iconPath = new ThemeIcon('warning', new ThemeColor('charts.yellow'));
    item.tooltip = problem;
    item.accessibilityInformation ??= { label: `${label} ${problem}` };
    item.command ??= command('patr.view.refresh', 'Refresh');
    return item;
  },
};

function command(id: CommandId, title: string, ...nodes: readonly (Node | undefined)[]) {
  return { command: id, title, arguments: [...nodes] };
}

function mountIcon(follows: string | undefined): ThemeIcon {
  return new ThemeIcon(follows === undefined ? 'file' : 'file-symlink-file');
}

function iconOf({ icon, color }: Look): ThemeIcon {
  return new ThemeIcon(icon, color === undefined ? undefined : new ThemeColor(color));
}
