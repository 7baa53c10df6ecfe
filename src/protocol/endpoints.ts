import * as v from 'valibot';
import { del, get, patch, post } from './endpoint.ts';
import { apiTokenInfo, createApiToken, createdApiToken, permission } from './shapes/apiToken.ts';
import {
  changeConfigMounts,
  configChanged,
  configMountContent,
  configMounts,
  configMountVersion,
} from './shapes/configMount.ts';
import {
  createDeployment,
  deployHistoryEntry,
  deployment,
  deploymentInfo,
  machineType,
  updateDeployment,
} from './shapes/deployment.ts';
import { logFrame, logLine, logQuery, logStreamQuery } from './shapes/log.ts';
import { event, instance, release, releaseDetails, revertParts } from './shapes/release.ts';
import {
  change,
  collection,
  createRepository,
  created,
  currentUser,
  exposedPorts,
  imageDetails,
  registryUsage,
  repository,
  repositoryInList,
  runner,
  serverInfo,
  tagInfo,
  workspace,
} from './shapes/workspace.ts';
import { metricPoints, metrics } from './shapes/metrics.ts';
import { checkImage, imageCheck, registryCredentials, saveRegistry } from './shapes/registry.ts';
import { addDomain, domainCheck, urlCheck, workspaceDomain } from './shapes/domain.ts';
import { createManagedUrl, managedUrl, updateManagedUrl } from './shapes/managedUrl.ts';
import { createSecret, restoreKeys, sealedAnew, secret, updateSecret } from './shapes/secret.ts';
import { createVolume, updateVolume, volume, volumeData } from './shapes/volume.ts';
import { queryBoolean, queryDuration, queryInteger, queryWords, timestamp, uuid } from './wire.ts';

/** `count` rows from row `count * page` on. */
const page = v.object({
  count: v.optional(queryInteger(1, 1000), 25),
  page: v.optional(queryInteger(0, 1_000_000), 0),
});

/** The time that ends now, in seconds. */
const span = v.object({ interval: v.optional(queryDuration(60, 14 * 86_400), 3600) });

const ws = '/workspace/:workspaceId';
const deployments = `${ws}/deployment` as const;
const one = `${deployments}/:deploymentId` as const;
const repositories = `${ws}/container-registry` as const;
const managedUrls = `${ws}/infrastructure/managed-url` as const;

/**
 * The whole API, once. Server routes and client methods are both derived from it, so neither side can have an
 * endpoint that the other has not. Lines with a `capability` are ours; the others are Patr's, to the letter.
 */
export const endpoints = {
  getServerInfo: get('/server', { returns: serverInfo, capability: 'server' }),

  getCurrentUser: get('/user', { returns: currentUser }),
  listWorkspaces: get('/user/workspaces', { returns: v.object({ workspaces: v.array(workspace) }) }),
  getWorkspace: get(ws, { returns: workspace }),

  /** In Patr's shapes; Patr answers these to its own dashboard only. */
  createApiToken: post('/user/api-token', {
    body: createApiToken,
    status: 201,
    returns: createdApiToken,
    capability: 'apiTokens',
  }),
  listApiTokens: get('/user/api-token', {
    query: page,
    paged: true,
    returns: v.object({ tokens: v.array(apiTokenInfo) }),
    capability: 'apiTokens',
  }),
  getApiToken: get('/user/api-token/:tokenId', { returns: apiTokenInfo, capability: 'apiTokens' }),
  regenerateApiToken: post('/user/api-token/:tokenId/regenerate', {
    status: 202,
    returns: v.object({ token: v.string() }),
    capability: 'apiTokens',
  }),
  revokeApiToken: del('/user/api-token/:tokenId', { capability: 'apiTokens' }),
  listPermissions: get(`${ws}/rbac/permission`, {
    returns: v.object({ permissions: v.array(permission) }),
    capability: 'apiTokens',
  }),

  listDeployments: get(deployments, {
    query: page,
    paged: true,
    returns: v.object({ deployments: v.array(deployment) }),
  }),
  createDeployment: post(deployments, { body: createDeployment, status: 201, returns: created }),
  listMachineTypes: get(`${deployments}/machine-type`, {
    auth: 'none',
    returns: v.object({ machineTypes: v.array(machineType) }),
  }),
  getDeployment: get(one, { returns: deploymentInfo }),
  updateDeployment: patch(one, { body: updateDeployment }),
  deleteDeployment: del(one),
  startDeployment: post(`${one}/start`, {
    query: v.object({ forceRestart: v.optional(queryBoolean, false) }),
  }),
  stopDeployment: post(`${one}/stop`, { status: 202, repeatable: true }),
  listDeployHistory: get(`${one}/deploy-history`, {
    query: page,
    paged: true,
    returns: v.object({ deploys: v.array(deployHistoryEntry) }),
  }),
  /** Ours: `parts`, what to bring back, and `release`, whose it is. Without them it is the image alone, as Patr does. */
  revertDeployment: post(`${one}/deploy-history/:digest/revert`, {
    query: v.object({
      parts: v.optional(queryWords(revertParts), 'image'),
      release: v.optional(queryInteger(1, 1_000_000_000)),
    }),
    status: 202,
  }),
  /** Rolls out what the tag points to now, and lets pushes be rolled out again. */
  rollOutNewest: post(`${one}/roll-out`, { status: 202, capability: 'releases' }),
  listReleases: get(`${one}/release`, {
    query: page,
    paged: true,
    returns: v.object({ releases: v.array(release) }),
    capability: 'releases',
  }),
  getRelease: get(`${one}/release/:releaseId`, { returns: releaseDetails, capability: 'releases' }),
  listInstances: get(`${one}/instance`, {
    query: v.object({ usage: v.optional(queryBoolean, false) }),
    returns: v.object({ instances: v.array(instance) }),
    capability: 'instances',
  }),
  /** Newest first, unless asked otherwise. Servers that name the capability `logs` know more than `endTime`, `limit` and `search`. */
  getLogs: get(`${one}/logs`, {
    query: logQuery,
    returns: v.object({
      logs: v.array(logLine),
      /** The search took long: all that comes before this, in its direction, was looked through. Ask on from here. */
      searchedTo: v.optional(timestamp),
    }),
  }),
  /** Lines as they come; from `startTime` on where that is given, from now on where it is not. */
  followLogs: get(`${one}/logs/stream`, {
    query: logStreamQuery,
    status: 101,
    answer: 'frames',
    returns: logFrame,
  }),
  /** One of the figures that Patr's newest generation has, of the deployment as a whole, oldest first. */
  getMetric: get(`${one}/metrics/:metric`, { query: span, returns: metricPoints }),
  /**
   * All figures, of the deployment and of each instance, at the path and with the names of Patr's generations before.
   * What the deployment has as a whole, the rest of the figures, and what happened meanwhile are ours.
   */
  getMetrics: get(`${one}/metrics`, { query: span, returns: metrics, capability: 'metrics' }),
  listEvents: get(`${one}/event`, {
    query: page,
    paged: true,
    returns: v.object({ events: v.array(event) }),
    capability: 'events',
  }),

  /** The files under /etc/config, and which generation of them each running instance has. */
  getConfigMounts: get(`${one}/config-mount`, { returns: configMounts, capability: 'configMounts' }),
  getConfigMount: get(`${one}/config-mount/:name`, {
    query: v.object({ version: v.optional(queryInteger(1, 1_000_000_000)) }),
    returns: configMountContent,
    capability: 'configMounts',
  }),
  /** Answers when every running instance has the change, or after 5 s with those that have it. */
  changeConfigMounts: patch(`${one}/config-mount`, {
    body: changeConfigMounts,
    status: 200,
    returns: configChanged,
    // It may be on a condition that it has itself ended.
    repeatable: false,
    capability: 'configMounts',
  }),
  /** Newest first; also of one that was deleted. */
  listConfigMountVersions: get(`${one}/config-mount/:name/history`, {
    query: page,
    paged: true,
    returns: v.object({ versions: v.array(configMountVersion) }),
    capability: 'configMounts',
  }),

  /** Measured when it is asked, which takes its time where there is much data. */
  listVolumeData: get(`${one}/volume-data`, {
    returns: v.object({ data: v.array(volumeData) }),
    capability: 'volumeData',
  }),
  /**
   * The data of instances from number `from` on, in all volumes or in one, as a tar archive: a folder for each, such as
   * `uploads-0`. What an instance writes meanwhile may be in it or not.
   */
  archiveVolumeData: get(`${one}/volume-data/archive`, {
    query: v.object({ from: v.optional(queryInteger(0, 255), 0), volumeId: v.optional(uuid) }),
    answer: 'tar',
    capability: 'volumeData',
  }),

  listRepositories: get(repositories, {
    query: page,
    paged: true,
    returns: v.object({ repositories: v.array(repositoryInList) }),
  }),
  createRepository: post(repositories, { body: createRepository, status: 201, returns: created }),
  getRegistryUsage: get(`${repositories}/usage`, { returns: registryUsage }),
  /** Answers when it is done, which takes some seconds. */
  collectRegistry: post(`${repositories}/collect`, { returns: collection, capability: 'collect' }),
  getRepository: get(`${repositories}/:repositoryId`, { returns: v.object({ repository }) }),
  listTags: get(`${repositories}/:repositoryId/tag`, {
    query: page,
    paged: true,
    returns: v.object({ tags: v.array(tagInfo) }),
  }),
  getImage: get(`${repositories}/:repositoryId/image/:digestOrTag`, { returns: imageDetails }),
  listExposedPorts: get(`${repositories}/:repositoryId/image/:digestOrTag/exposed-ports`, {
    returns: exposedPorts,
  }),
  deleteRepository: del(`${ws}/docker-registry/:repositoryId`, { status: 200 }),

  /** Credentials for other registries. A password is taken and never answered; saving again replaces it. */
  listRegistries: get(`${ws}/external-registry`, {
    query: page,
    paged: true,
    returns: v.object({ registries: v.array(registryCredentials) }),
    capability: 'registries',
  }),
  saveRegistry: post(`${ws}/external-registry`, {
    body: saveRegistry,
    status: 201,
    returns: created,
    repeatable: true,
    capability: 'registries',
  }),
  deleteRegistry: del(`${ws}/external-registry/:registryId`, { capability: 'registries' }),
  /** Asks a registry for an image. What it answers is a success, whatever it is. */
  checkImage: post(`${ws}/external-registry/check-image`, {
    body: checkImage,
    returns: imageCheck,
    repeatable: true,
    capability: 'registries',
  }),

  listVolumes: get(`${ws}/volume`, {
    query: page,
    paged: true,
    returns: v.object({ volumes: v.array(volume) }),
  }),
  createVolume: post(`${ws}/volume`, { body: createVolume, status: 201, returns: created }),
  getVolume: get(`${ws}/volume/:volumeId`, { returns: volume }),
  updateVolume: patch(`${ws}/volume/:volumeId`, { body: updateVolume }),
  deleteVolume: del(`${ws}/volume/:volumeId`),

  listSecrets: get(`${ws}/secret`, {
    query: page,
    paged: true,
    returns: v.object({ secrets: v.array(secret) }),
  }),
  createSecret: post(`${ws}/secret`, { body: createSecret, status: 201, returns: created }),
  /** Every value that is given counts as a new one. */
  updateSecret: patch(`${ws}/secret/:secretId`, { body: updateSecret, repeatable: false }),
  deleteSecret: del(`${ws}/secret/:secretId`),
  /** Makes a new key, and seals everything that is stored sealed with it. */
  rotateSealingKey: post(`${ws}/sealing-key/rotate`, { returns: sealedAnew, capability: 'sealing' }),
  /** Takes keys over that were lost here. They are never answered. */
  restoreSealingKeys: post(`${ws}/sealing-key/restore`, {
    body: restoreKeys,
    returns: sealedAnew,
    capability: 'sealing',
  }),

  listManagedUrls: get(managedUrls, {
    query: page,
    paged: true,
    returns: v.object({ urls: v.array(managedUrl) }),
  }),
  createManagedUrl: post(managedUrls, { body: createManagedUrl, status: 201, returns: created }),
  updateManagedUrl: post(`${managedUrls}/:managedUrlId`, {
    body: updateManagedUrl,
    status: 202,
    repeatable: true,
  }),
  deleteManagedUrl: del(`${managedUrls}/:managedUrlId`),
  /** Asks name servers, which may take some seconds. */
  verifyManagedUrl: post(`${managedUrls}/:managedUrlId/verify-configuration`, {
    returns: urlCheck,
    repeatable: true,
  }),

  addDomain: post(`${ws}/domain`, { body: addDomain, status: 201, returns: created }),
  listDomains: get(`${ws}/domain`, {
    query: page,
    paged: true,
    returns: v.object({ domains: v.array(workspaceDomain) }),
  }),
  getDomain: get(`${ws}/domain/:domainId`, { returns: workspaceDomain }),
  deleteDomain: del(`${ws}/domain/:domainId`),
  /** Asks name servers, which may take some seconds. */
  verifyDomain: post(`${ws}/domain/:domainId/verify`, { returns: domainCheck, repeatable: true }),

  listRunners: get(`${ws}/runner`, {
    query: page,
    paged: true,
    returns: v.object({ runners: v.array(runner) }),
  }),
  getRunner: get(`${ws}/runner/:runnerId`, { returns: v.object({ runner }) }),

  followChanges: get(`${ws}/change`, { answer: 'lines', returns: change, capability: 'changes' }),
};

export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;
