import { isAbort } from '../../base/abort.ts';
import { systemClock } from '../../base/clock.ts';
import { configMountsOf, type Mount } from '../../deploy/configMounts.ts';
import { readPastImages } from '../../deploy/imageHistory.ts';
import type { Target } from '../../deploy/target.ts';
import { whereOffered } from '../../deploy/whereOffered.ts';
import type { Backend } from '../../client/backend.ts';
import { NotOffered } from '../../client/errors.ts';
import {
  urlVerbs,
  type ImageHistory,
  type Managed,
  type MountVerb,
  type ShownMount,
  type ShownRelease,
  type ShownUrl,
  type UrlVerb,
  type Verb,
} from '../../protocol/panelManage.ts';
import type { EndpointName } from '../../protocol/endpoints.ts';
import { isProblem } from '../../protocol/problems.ts';
import type { ManagedUrl } from '../../protocol/shapes/managedUrl.ts';
import type { Deployment, DeploymentInfo } from '../../protocol/shapes/deployment.ts';
import type { InstanceUsage, ReleaseInfo } from '../../protocol/shapes/release.ts';
import { fixOf } from '../commands/fix.ts';
import { describeMount } from '../config/configWords.ts';
import type { MountMarks } from '../config/configs.ts';
import { causeWords, noPastImageWords, releaseLooks, tagWords } from '../history/releaseWords.ts';
import { abilitiesOf, canCompareWith, canRevertTo, type Ability } from '../tree/contextValue.ts';
import { describeDeployment, instanceLooks, lookOf } from '../tree/look.ts';
import { pastImageNode, releaseNode, type MarksOf } from '../tree/parts.ts';
import { targetWords, urlLooks, urlWords } from '../tree/resourceWords.ts';

interface Waiting {
  readonly signal?: AbortSignal;
}

/** Rows of each list that a panel shows. */
const most = 50;

/**
 * A deployment with everything that a panel shows of it; `gone` when it was deleted.
 * @throws the client's errors.
 */
export async function readFacts(
  target: Target,
  deploymentId: string,
  waiting: Waiting,
  marksOf: MarksOf = () => ({}),
): Promise<Managed | 'gone'> {
  const { api, backend, workspaceId } = target;
  const given = { params: { workspaceId, deploymentId } };
  const listed = { ...given, query: { count: most } };
  const offered = <T>(capability: string, ask: () => Promise<T>): Promise<T> | undefined =>
    backend.offers(capability) ? ask() : undefined;
  try {
    const asked = api.getDeployment(given, waiting);
    const config = configMountsOf(target, deploymentId);
    const [deployment, image, region, instances, releases, images, events, urls, mounts] = await Promise.all([
      asked,
      asked.then((deployment) => imageOf(target, deployment, waiting)),
      asked.then((deployment) => regionOf(target, deployment, waiting)),
      offered('instances', () => api.listInstances(given, waiting)),
      offered('releases', () => api.listReleases(listed, waiting)),
      asked.then((deployment) => imageHistoryOf(target, deployment, waiting)),
      offered('events', () => api.listEvents(listed, waiting)),
      urlsOf(target, deploymentId, waiting),
      config.list(waiting),
    ]);
    return {
      kind: 'there',
      aheadMs: api.now() - systemClock.now(),
      deployment,
      words: lookOf(deployment).words,
      description: describeDeployment(deployment),
      image,
      region,
      verbs: verbsOf(deployment, backend),
      fix: fixOf(deployment.reason)?.label,
      instances: instances?.instances.map((one) => ({ ...one, words: instanceLooks[one.state].words })),
      releases: releases?.releases.map((one, index) => shownRelease(deployment, one, index)),
      imageHistory: images,
      events: events?.events,
      urls,
      mounts: mounts.map((mount) => shownMount(mount, config.live, marksOf(deploymentId, mount.name))),
      liveMounts: config.live,
    };
  } catch (error) {
    if (isProblem(error, 'resourceDoesNotExist')) return 'gone';
    throw error;
  }
}

function shownMount(mount: Mount, live: boolean, { follows, kept }: MountMarks): ShownMount {
  const history: MountVerb[] = live ? ['history'] : [];
  const followed: MountVerb[] = follows === undefined ? [] : ['stopFollowing'];
  return {
    name: mount.name,
    words: describeMount(mount),
    verbs: ['open', ...history, 'rename', ...followed, 'delete'],
    ...(follows === undefined ? {} : { follows }),
    ...(kept === undefined ? {} : { kept }),
  };
}

/** Managed URLs that lead to it; undefined where the server has none of them. */
async function urlsOf(
  { api, backend, workspaceId }: Target,
  deploymentId: string,
  waiting: Waiting,
): Promise<ShownUrl[] | undefined> {
  const rows = api.pages('listManagedUrls', { params: { workspaceId } }, ({ urls }) => urls, waiting);
  try {
    const found = await Array.fromAsync(rows);
    return found
      .filter((url) => url.type === 'proxyDeployment' && url.deploymentId === deploymentId)
      .map((url) => shownUrl(url, backend));
  } catch (error) {
    if (error instanceof NotOffered) return undefined;
    throw error;
  }
}

function shownUrl(url: ManagedUrl, backend: Backend): ShownUrl {
  const able: Readonly<Record<UrlVerb, boolean>> = {
    open: url.address !== undefined,
    copy: url.address !== undefined,
    edit: backend.answers('updateManagedUrl'),
    verify: backend.answers('verifyManagedUrl'),
    copyRecord: !url.isConfigured && (url.records ?? []).length > 0,
    delete: backend.answers('deleteManagedUrl'),
  };
  return {
    ...url,
    label: urlWords(url),
    leadsTo: targetWords(url),
    words: urlLooks[url.state ?? 'unknown'].words,
    verbs: urlVerbs.filter((verb) => able[verb]),
  };
}

/** What instances use now, by their id. @throws the client's errors. */
export async function readUsage(
  { api, backend, workspaceId }: Target,
  deploymentId: string,
  waiting: Waiting,
): Promise<Record<string, InstanceUsage>> {
  if (!backend.offers('instances')) return {};
  const given = { params: { workspaceId, deploymentId }, query: { usage: true } };
  const { instances } = await api.listInstances(given, waiting);
  return Object.fromEntries(
    instances.flatMap(({ id, usage: used }) => (used === undefined ? [] : [[id, used]])),
  );
}

const abilityOf: Readonly<Record<Verb, Ability | undefined>> = {
  open: 'canOpen',
  push: 'canPush',
  start: 'canStart',
  stop: 'canStop',
  restart: 'canRestart',
  rollOut: 'canRollOut',
  resumePushes: 'canResume',
  logs: undefined,
  addUrl: undefined,
  uploadMounts: undefined,
  writeMount: undefined,
  delete: undefined,
};

/** What not every server does. */
const endpointOf: Readonly<Partial<Record<Verb, EndpointName>>> = {
  push: 'createRepository',
  rollOut: 'rollOutNewest',
  logs: 'getLogs',
  addUrl: 'createManagedUrl',
};

function verbsOf(deployment: Deployment, backend: Backend): Verb[] {
  const abilities = abilitiesOf(deployment);
  const all = Object.entries(abilityOf) as [Verb, Ability | undefined][];
  return all
    .filter(([, ability]) => ability === undefined || abilities.includes(ability))
    .filter(([verb]) => {
      const endpoint = endpointOf[verb];
      return endpoint === undefined || backend.answers(endpoint);
    })
    .map(([verb]) => verb);
}

function shownRelease(deployment: Deployment, release: ReleaseInfo, index: number): ShownRelease {
  const node = releaseNode(deployment, release, index);
  return {
    ...release,
    words: releaseLooks[release.state].words,
    causeWords: causeWords[release.cause],
    canRevert: canRevertTo(node),
    canCompare: canCompareWith(node),
  };
}

/** What the server tells of it that keeps no releases; undefined where it does, or tells nothing. */
async function imageHistoryOf(
  target: Target,
  deployment: DeploymentInfo,
  waiting: Waiting,
): Promise<ImageHistory | undefined> {
  const { backend } = target;
  if (backend.offers('releases')) return undefined;
  const found = await whereOffered(readPastImages(target, deployment, most, waiting));
  if (found === undefined) return undefined;
  const reverts = backend.answers('revertDeployment');
  const images = found.map((image) => {
    const { live, canRevert } = pastImageNode(deployment, image, reverts);
    return { digest: image.digest, created: image.created, tagWords: tagWords(image), live, canRevert };
  });
  return { images, noneWords: noPastImageWords(deployment), reverts };
}

/** What a person calls the image. A repository that cannot be read is known by its id. */
async function imageOf(
  { api, workspaceId }: Target,
  deployment: DeploymentInfo,
  waiting: Waiting,
): Promise<string> {
  if (!('repositoryId' in deployment)) return `${deployment.registry}/${deployment.imageName}`;
  const { repositoryId } = deployment;
  const asked = api.getRepository({ params: { workspaceId, repositoryId } }, waiting);
  return (await orUndefined(asked))?.repository.name ?? repositoryId;
}

async function regionOf(
  { api, workspaceId }: Target,
  { runner: runnerId }: DeploymentInfo,
  waiting: Waiting,
): Promise<string | undefined> {
  return (await orUndefined(api.getRunner({ params: { workspaceId, runnerId } }, waiting)))?.runner.name;
}

/** What is only nice to know. Whether the server is there shows in what has to be known. */
async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isAbort(error)) throw error;
    return undefined;
  }
}
