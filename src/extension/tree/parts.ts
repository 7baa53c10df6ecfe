import { describeError } from '../../base/log.ts';
import type { PastImage } from '../../deploy/imageHistory.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { InstanceInfo, InstanceState, ReleaseInfo } from '../../protocol/shapes/release.ts';
import type { MountMarks } from '../config/configs.ts';
import { noPastImageWords } from '../history/releaseWords.ts';
import { mostReleases, type DeploymentsModel } from '../model/deployments.ts';
import { bestAddresses, labelOf } from './address.ts';
import type { Node, PastImageNode, ReleaseNode } from './nodes.ts';

/** What a deployment has, in the order in which it is shown. What cannot be read says so in its place. */
export async function partsOf(
  model: Pick<DeploymentsModel, 'details' | 'resources'>,
  deployment: Deployment,
): Promise<Node[]> {
  const { id } = deployment;
  const reason: Node[] =
    deployment.reason === undefined ? [] : [{ kind: 'reason', id: `reason/${id}`, deployment }];
  const addresses = bestAddresses(deployment.addresses ?? []).map((address): Node => ({
    kind: 'address',
    id: `address/${id}/${labelOf(address)}`,
    deploymentId: id,
    address,
  }));
  const newer: Node[] =
    deployment.newerImage === undefined ? [] : [{ kind: 'newerImage', id: `newer/${id}`, deployment }];
  const history: Node = { kind: 'history', id: `history/${id}`, deployment };
  const urls = await orMessage(`deployment/${id}`, 'The managed URLs', () => urlsOf(model, id));
  const instances: Node = { kind: 'instances', id: `instances/${id}`, deployment };
  const configured = await orMessage(`deployment/${id}`, 'The configuration', () =>
    configuredParts(model, id),
  );
  return [...reason, ...newer, ...addresses, ...urls, instances, history, ...configured];
}

/** Addresses of one's own that lead to it. */
async function urlsOf({ resources }: Pick<DeploymentsModel, 'resources'>, id: string): Promise<Node[]> {
  const urls = await resources.list('urls');
  return urls.flatMap((url): Node[] =>
    url.type === 'proxyDeployment' && url.deploymentId === id
      ? [{ kind: 'managedUrl', id: `managedUrl/${url.id}`, deploymentId: id, url }]
      : [],
  );
}

/** A line in the place of what the server does not have. */
function notOffered(parentId: string): Node[] {
  return [messageOf('lacking', parentId, 'Not offered by this server')];
}

function messageOf(what: string, parentId: string, label: string): Node {
  return { kind: 'message', id: `${what}/${parentId}`, parentId, label };
}

export async function secretsOf(model: Pick<DeploymentsModel, 'resources' | 'answers'>): Promise<Node[]> {
  const { resources } = model;
  if (!model.answers('listSecrets')) return notOffered('secrets');
  return orMessage('secrets', 'The secrets', async () => {
    const found = await resources.list('secrets');
    const label = 'There is none yet: create one to keep a value out of the configuration';
    if (found.length === 0) return [{ kind: 'message', id: 'none/secrets', parentId: 'secrets', label }];
    return found.map((secret): Node => ({ kind: 'secret', id: `secret/${secret.id}`, secret }));
  });
}

export async function domainsOf(model: Pick<DeploymentsModel, 'resources' | 'answers'>): Promise<Node[]> {
  const { resources } = model;
  if (!model.answers('listDomains')) return notOffered('domains');
  return orMessage('domains', 'The domains', async () => {
    const found = await resources.list('domains');
    const label = 'There is none yet: add one to give deployments addresses of your own';
    if (found.length === 0) return [{ kind: 'message', id: 'none/domains', parentId: 'domains', label }];
    return found.map((domain): Node => ({ kind: 'domain', id: `domain/${domain.id}`, domain }));
  });
}

async function configuredParts(model: Pick<DeploymentsModel, 'details'>, id: string): Promise<Node[]> {
  const { info, volumes } = await model.details(id);
  const files = Object.keys(info.configMounts).length;
  const mounts: Node = { kind: 'configMounts', id: `configMounts/${id}`, deploymentId: id, count: files };
  if (volumes.length === 0) return [mounts];
  return [mounts, { kind: 'volumes', id: `volumes/${id}`, deploymentId: id, count: volumes.length }];
}

export async function instancesOf(
  model: Pick<DeploymentsModel, 'instances' | 'answers'>,
  deploymentId: string,
  hasShells: boolean,
): Promise<Node[]> {
  const parentId = `instances/${deploymentId}`;
  if (!model.answers('listInstances')) return notOffered(parentId);
  return orMessage(parentId, 'The instances', async () => {
    const found = await model.instances(deploymentId);
    if (found.length === 0)
      return [{ kind: 'message', id: `none/${parentId}`, parentId, label: 'None is running' }];
    return found.map((instance): Node => ({
      kind: 'instance',
      id: `instance/${deploymentId}/${instance.id}`,
      deploymentId,
      instance,
      hasShell: hasShells && runs(instance),
    }));
  });
}

/** Its history: releases, or, where the server keeps none, the images that it has run. */
export async function historyOf(
  model: Pick<DeploymentsModel, 'releases' | 'pastImages' | 'get' | 'answers'>,
  deploymentId: string,
): Promise<Node[]> {
  if (model.answers('listReleases')) return releasesOf(model, deploymentId);
  if (model.answers('listDeployHistory')) return pastImagesOf(model, deploymentId);
  return notOffered(`history/${deploymentId}`);
}

/** Newest first. The one that takes the traffic is current, unless a newer one is wanted. */
async function releasesOf(
  model: Pick<DeploymentsModel, 'releases' | 'get'>,
  deploymentId: string,
): Promise<Node[]> {
  const parentId = `history/${deploymentId}`;
  return orMessage(parentId, 'The image history', async () => {
    const found = await model.releases(deploymentId);
    if (found.length === 0)
      return [{ kind: 'message', id: `none/${parentId}`, parentId, label: 'Nothing was released yet' }];
    const live = model.get(deploymentId)?.liveRelease;
    const nodes: Node[] = found.map((release, index) =>
      releaseNode({ id: deploymentId, liveRelease: live }, release, index),
    );
    if (found.length < mostReleases) return nodes;
    const label = `Versions older than these ${mostReleases} are listed by the API`;
    return [...nodes, { kind: 'message', id: `older/${parentId}`, parentId, label }];
  });
}

/** One of the releases of a deployment; `index` counts from the newest. */
export function releaseNode(
  deployment: { readonly id: string; readonly liveRelease?: number | undefined },
  release: ReleaseInfo,
  index: number,
): ReleaseNode {
  return {
    kind: 'release',
    id: `release/${deployment.id}/${release.id}`,
    deploymentId: deployment.id,
    release,
    current: index === 0 && release.number === deployment.liveRelease,
  };
}

async function pastImagesOf(
  model: Pick<DeploymentsModel, 'pastImages' | 'get' | 'answers'>,
  deploymentId: string,
): Promise<Node[]> {
  const parentId = `history/${deploymentId}`;
  return orMessage(parentId, 'The image history', async () => {
    const found = await model.pastImages(deploymentId);
    const deployment = model.get(deploymentId);
    if (deployment === undefined) return [];
    if (found.length === 0) return [messageOf('none', parentId, noPastImageWords(deployment))];
    const reverts = model.answers('revertDeployment');
    return [
      ...found.map((image) => pastImageNode(deployment, image, reverts)),
      ...(found.length < mostReleases
        ? []
        : [messageOf('older', parentId, `Images older than these ${mostReleases} are listed by the API`)]),
      ...(reverts ? [] : [messageOf('lacking', parentId, 'Going back to one is not offered by this server')]),
    ];
  });
}

/** One of the images that a deployment has run; `reverts`: whether its server goes back to one. */
export function pastImageNode(
  { id, currentLiveDigest }: Pick<Deployment, 'id' | 'currentLiveDigest'>,
  image: PastImage,
  reverts: boolean,
): PastImageNode {
  const live = image.digest === currentLiveDigest;
  return {
    kind: 'pastImage',
    id: `pastImage/${id}/${image.digest}`,
    deploymentId: id,
    image,
    live,
    canRevert: reverts && !live,
  };
}

/** What stands beside a config mount: see `MountMarks`. */
export type MarksOf = (deploymentId: string, name: string) => MountMarks;

export function configMountsOf(
  model: Pick<DeploymentsModel, 'details'>,
  deploymentId: string,
  marksOf: MarksOf,
): Promise<Node[]> {
  return orMessage(`configMounts/${deploymentId}`, 'The config mounts', async () => {
    const { info } = await model.details(deploymentId);
    const names = Object.keys(info.configMounts).toSorted((a, b) => a.localeCompare(b));
    return names.map((name): Node => ({
      kind: 'configMount',
      id: `configMount/${deploymentId}/${name}`,
      deploymentId,
      name,
      bytes: Buffer.byteLength(info.configMounts[name] ?? '', 'base64'),
      ...marksOf(deploymentId, name),
    }));
  });
}

export function volumesOf(model: Pick<DeploymentsModel, 'details'>, deploymentId: string): Promise<Node[]> {
  return orMessage(`volumes/${deploymentId}`, 'The volumes', async () => {
    const { volumes } = await model.details(deploymentId);
    return volumes.map((volume): Node => ({
      kind: 'volume',
      id: `volume/${deploymentId}/${volume.id}`,
      deploymentId,
      volume,
    }));
  });
}

const running: Readonly<Record<InstanceState | 'unknown', boolean>> = {
  starting: true,
  ready: true,
  unready: true,
  draining: true,
  backingOff: false,
  stopped: false,
  unknown: false,
};

/** Whether there is a process to open a shell beside. */
export function runs({ state }: InstanceInfo): boolean {
  return running[state];
}

async function orMessage(parentId: string, what: string, read: () => Promise<Node[]>): Promise<Node[]> {
  try {
    return await read();
  } catch (error) {
    const label = `${what} could not be read. Select this to try again.`;
    return [{ kind: 'message', id: `failed/${parentId}`, parentId, label, problem: describeError(error) }];
  }
}
