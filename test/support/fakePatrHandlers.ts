import type * as v from 'valibot';
import type { LogLine, logQuery } from '../../src/protocol/shapes/log.ts';
import type { DecodedOf, WireAnswerOf } from '../../src/protocol/endpoint.ts';
import type { EndpointName, Endpoints } from '../../src/protocol/endpoints.ts';
import { problem } from '../../src/protocol/problems.ts';
import type { DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import type { Volume } from '../../src/protocol/shapes/volume.ts';
import { changeMounts, configOf, listMounts, readMount } from './fakeConfigMounts.ts';
import { aDeployment, regionId, workspaceId, type FakePatrState } from './fakePatrState.ts';
import { aDomain } from './resources.ts';

type Handlers = {
  readonly [K in EndpointName]?: (
    state: FakePatrState,
    given: DecodedOf<Endpoints[K]>,
  ) => WireAnswerOf<Endpoints[K]>;
};

/** Of the credentials at this place. */
const loginId = (at: number): string => (at + 1).toString(16).padStart(32, 'a');

export const fakePermissions = ['pull', 'push'].map((action, at) => ({
  id: String(at + 7).repeat(32),
  name: `containerRegistryRepository::${action}`,
  description: action,
}));

const repositoryFacts = { size: 0, lastUpdated: 1, created: 1 };

/** What the look-alike answers. Endpoints that are missing here are not offered by it. */
export const fakeHandlers: Handlers = {
  getServerInfo: ({ capabilities, registryHost }) => ({
    product: 'Look-alike',
    version: '0.0.1',
    capabilities: [...capabilities],
    registry: { host: registryHost, username: 'patr' },
  }),
  getCurrentUser: () => ({
    id: '9'.repeat(32),
    username: 'asha',
    firstName: 'Asha',
    lastName: 'Rao',
    created: 1,
    recoveryEmail: null,
    recoveryPhoneNumber: null,
    isMfaEnabled: false,
  }),
  listWorkspaces: () => ({
    workspaces: [{ id: workspaceId, name: 'local', superAdminId: '9'.repeat(32) }],
  }),
  listRunners: ({ region, otherRegions }) => ({ runners: [region, ...otherRegions] }),
  getRunner: ({ region }) => ({ runner: region }),
  listMachineTypes: ({ machineTypes }) => ({ machineTypes }),
  listDeployments: ({ deployments }, { query }) => {
    const from = query.page * query.count;
    return { deployments: Array.from(deployments.values()).slice(from, from + query.count) };
  },
  getDeployment: (state, { params }) => find(state, params.deploymentId),
  createDeployment: (state, { body }) => {
    const taken = Array.from(state.deployments.values()).some(({ name }) => name === body.name);
    if (taken) throw problem('resourceAlreadyExists');
    const { repositoryId: _, ...usual } = aDeployment({
      id: state.id(),
      name: body.name,
    }) as DeploymentInfo & {
      repositoryId: string;
    };
    const { id } = state.put({ ...usual, ...body, runner: regionId } as DeploymentInfo);
    state.release(id, { cause: 'create' });
    return { id };
  },
  updateDeployment: (state, { params, body }) => {
    const before = find(state, params.deploymentId);
    const { startupProbe, livenessProbe, ifRevision, allowDataLoss: _allowed, ...rest } = body;
    if (ifRevision !== undefined && ifRevision !== before.revision) throw problem('revisionConflict');
    state.change(params.deploymentId, {
      ...(rest as Partial<DeploymentInfo>),
      startupProbe: probeAfter(before.startupProbe, startupProbe),
      livenessProbe: probeAfter(before.livenessProbe, livenessProbe),
      revision: (before.revision ?? 0) + 1,
    });
    return undefined;
  },
  deleteDeployment: (state, { params }) => {
    find(state, params.deploymentId);
    state.remove(params.deploymentId);
    return undefined;
  },
  startDeployment: (state, { params }) => {
    find(state, params.deploymentId);
    state.change(params.deploymentId, { status: 'running', instances: { ready: 1, wanted: 1 } });
    return undefined;
  },
  stopDeployment: (state, { params }) => {
    find(state, params.deploymentId);
    state.change(params.deploymentId, { status: 'stopped', instances: { ready: 0, wanted: 0 } });
    return undefined;
  },
  checkImage: (state, { body }) => state.imageCheck(body.credentials?.username),
  listRegistries: ({ logins }, { query }) => ({
    registries: logins
      .map(({ registry, username }, at) => ({ id: loginId(at), registry, username, updated: 1 }))
      .slice(query.page * query.count, (query.page + 1) * query.count),
  }),
  deleteRegistry: ({ logins }, { params }) => {
    const at = logins.findIndex((_, index) => loginId(index) === params.registryId);
    if (at < 0) throw problem('resourceDoesNotExist');
    logins.splice(at, 1);
    return undefined;
  },
  saveRegistry: (state, { body }) => {
    state.logins.push(body);
    return { id: state.id() };
  },
  listReleases: (state, { params, query }) => ({
    releases: (state.releases.get(params.deploymentId) ?? []).slice(0, query.count),
  }),
  getRelease: (state, { params }) => {
    const found = state.releases.get(params.deploymentId)?.find(({ id }) => id === params.releaseId);
    if (found === undefined) throw problem('resourceDoesNotExist');
    return found;
  },
  revertDeployment: (state, { params, query }) => {
    find(state, params.deploymentId);
    const old = state.releases.get(params.deploymentId)?.find(({ number }) => number === query.release);
    if (old?.digest !== params.digest) throw problem('resourceDoesNotExist');
    state.release(params.deploymentId, { digest: old.digest, cause: 'revert' }, { pushesPaused: true });
    return undefined;
  },
  rollOutNewest: (state, { params }) => {
    const { newerImage } = find(state, params.deploymentId);
    if (newerImage === undefined) throw problem('tagNotFound');
    const digest = { digest: newerImage.digest, cause: 'rollOut' } as const;
    state.release(params.deploymentId, digest, { pushesPaused: false, newerImage: undefined });
    return undefined;
  },
  getConfigMounts: (state, { params }) => {
    const config = configOf(state, params.deploymentId);
    return { generation: config.generation, mounts: listMounts(config), instances: [] };
  },
  getConfigMount: (state, { params, query }) =>
    readMount(configOf(state, params.deploymentId), params.name, query.version),
  changeConfigMounts: (state, { params, body }) => changeMounts(state, params.deploymentId, body.changes),
  listConfigMountVersions: (state, { params }) => ({
    versions: (configOf(state, params.deploymentId).versions.get(params.name) ?? []).map(
      ({ content: _content, ...version }) => version,
    ),
  }),
  listInstances: (state, { params }) => ({ instances: state.instances.get(params.deploymentId) ?? [] }),
  getMetrics: ({ metrics }, { params }) => metrics.get(params.deploymentId) ?? { metrics: [], total: [] },
  listEvents: ({ events }, { params }) => ({ events: events.get(params.deploymentId) ?? [] }),
  listVolumes: ({ volumes }, { query }) => ({
    volumes: volumes.slice(query.page * query.count, (query.page + 1) * query.count),
  }),
  listVolumeData: ({ volumeData }) => ({ data: [...volumeData] }),
  getLogs: (state, { params, query }) => ({
    logs: inDirection(state.logs.get(params.deploymentId) ?? [], query.direction)
      .filter((line) => isWanted(line, query))
      .slice(0, query.limit),
  }),
  listRepositories: ({ repositories }) => ({
    repositories: Array.from(repositories, ([id, name]) => ({ id, name, ...repositoryFacts })),
  }),
  getRegistryUsage: ({ repositories, collections }) => {
    const [lastCollection] = collections.toReversed();
    return {
      usedBytes: 3_100_000,
      repositoryCount: repositories.size,
      imageCount: 3,
      freeBytes: 5_000_000_000,
      ...(lastCollection === undefined ? {} : { lastCollection }),
    };
  },
  collectRegistry: ({ collections }) => {
    const collection = {
      at: 1_700_000_000_000,
      tookMs: 10,
      removedImages: 2,
      removedBlobs: 5,
      freedBytes: 2_000_000,
      forgottenImages: 1,
    };
    collections.push(collection);
    return collection;
  },
  listPermissions: () => ({ permissions: [...fakePermissions] }),
  createApiToken: (state, { body }) => {
    const id = state.id();
    const { name, permissions, tokenExp } = body;
    const end = tokenExp === undefined ? {} : { tokenExp };
    state.apiTokens.set(id, { id, name, permissions, ...end, created: 1 });
    return { id, token: `patrv1.${'c'.repeat(32)}.${id}` };
  },
  listApiTokens: ({ apiTokens }, { query }) => ({
    tokens: Array.from(apiTokens.values()).slice(query.page * query.count, (query.page + 1) * query.count),
  }),
  revokeApiToken: ({ apiTokens }, { params }) => {
    if (!apiTokens.delete(params.tokenId)) throw problem('apiTokenDoesNotExist');
    return undefined;
  },
  createRepository: (state, { body }) => {
    const id = state.id();
    state.repositories.set(id, body.name);
    return { id };
  },
  listTags: ({ tags }) => ({
    tags: tags.map((tag) => ({ tag, digest: `sha256:${'c'.repeat(64)}`, last_updated: 1 })),
  }),
  listExposedPorts: ({ exposed }) => ({ ports: exposed }),
  getVolume: (state, { params }) => volumeOf(state, params.volumeId),
  createVolume: (state, { body }) => {
    const taken = state.volumes.some(({ name }) => name === body.name);
    if (taken)
      throw problem('resourceAlreadyExists', { fields: [{ field: 'name', message: 'is already taken' }] });
    const id = state.id();
    state.volumes.push({ id, ...body, deploymentId: null });
    return { id };
  },
  deleteVolume: (state, { params }) => {
    const mounted = Array.from(state.deployments.values(), ({ volumes }) => Object.keys(volumes)).flat();
    if (mounted.includes(params.volumeId)) throw problem('resourceInUse');
    state.volumes.splice(state.volumes.indexOf(volumeOf(state, params.volumeId)), 1);
    return undefined;
  },
  listSecrets: (state) => ({
    secrets: Array.from(state.secrets, ([id, { name }]) => ({ id, name, usedBy: usersOf(state, id) })),
  }),
  updateSecret: (state, { params, body }) => {
    const before = state.secrets.get(params.secretId);
    if (before === undefined) throw problem('resourceDoesNotExist');
    state.secrets.set(params.secretId, { name: body.name ?? before.name, value: body.value ?? before.value });
  },
  deleteSecret: (state, { params }) => {
    if (usersOf(state, params.secretId).length > 0) throw problem('resourceInUse');
    state.secrets.delete(params.secretId);
  },
  restoreSealingKeys: () => ({ sealed: 1, unreadable: 0 }),
  addDomain: (state, { body }) => {
    const id = state.id();
    const isVerified = body.domain.endsWith('.localhost');
    state.domains.set(
      id,
      aDomain({ id, name: body.domain, isVerified, ...(isVerified ? {} : txtOf(id, body.domain)) }),
    );
    return { id };
  },
  listDomains: ({ domains }) => ({ domains: Array.from(domains.values()) }),
  getDomain: ({ domains }, { params }) => {
    const found = domains.get(params.domainId);
    if (found === undefined) throw problem('resourceDoesNotExist');
    return found;
  },
  verifyDomain: ({ domains }, { params }) => {
    const { isVerified, records = [], message } = domains.get(params.domainId) ?? aDomain();
    return { verified: isVerified, records: [...records], message };
  },
  deleteDomain: ({ domains }, { params }) => {
    domains.delete(params.domainId);
    return undefined;
  },
  verifyManagedUrl: ({ urls }, { params }) => {
    const { isConfigured: configured = false, records = [], message } = urls.get(params.managedUrlId) ?? {};
    return { configured, records, ...(message === undefined ? {} : { message }) };
  },
  rotateSealingKey: ({ secrets }) => ({ sealed: secrets.size, unreadable: 0 }),
  createManagedUrl: (state, { body }) => {
    const id = state.id();
    const domain = state.domains.get(body.domainId) ?? aDomain();
    const host = body.subDomain === '@' ? domain.name : `${body.subDomain}.${domain.name}`;
    const { subDomain, domainId, path, urlType } = body;
    const isConfigured = domain.isVerified;
    const standing = isConfigured ? ('active' as const) : ('waitingForDomain' as const);
    const address = `https://${host}${path}`;
    state.urls.set(id, { id, subDomain, domainId, path, isConfigured, address, state: standing, ...urlType });
    return { id };
  },
  listManagedUrls: ({ urls }) => ({ urls: Array.from(urls.values()) }),
  updateManagedUrl: ({ urls }, { params, body }) => {
    const before = urls.get(params.managedUrlId);
    if (before === undefined) throw problem('resourceDoesNotExist');
    const { id, subDomain, domainId, isConfigured, address, state } = before;
    urls.set(id, { id, subDomain, domainId, isConfigured, address, state, path: body.path, ...body.urlType });
  },
  deleteManagedUrl: ({ urls }, { params }) => {
    urls.delete(params.managedUrlId);
  },
  createSecret: (state, { body }) => {
    const id = state.id();
    state.secrets.set(id, body);
    return { id };
  },
  getRepository: ({ repositories }, { params }) => {
    const name = repositories.get(params.repositoryId);
    if (name === undefined) throw problem('resourceDoesNotExist');
    return { repository: { name, ...repositoryFacts } };
  },
};

function probeAfter(before: DeploymentInfo['startupProbe'], change: DeploymentInfo['startupProbe']) {
  if (change === undefined || change === null) return before;
  return change.port === 0 ? undefined : change;
}

function volumeOf({ volumes }: FakePatrState, id: string): Volume {
  const found = volumes.find((one) => one.id === id);
  if (found === undefined) throw problem('resourceDoesNotExist');
  return found;
}

function find({ deployments }: FakePatrState, id: string): DeploymentInfo {
  const found = deployments.get(id);
  if (found === undefined) throw problem('resourceDoesNotExist');
  return found;
}

/** Deployments that take a variable from a secret. */
function usersOf({ deployments }: FakePatrState, secretId: string): string[] {
  return Array.from(deployments.values())
    .filter(({ environmentVariables }) =>
      Object.values(environmentVariables).some(
        (value) => typeof value !== 'string' && value.fromSecret === secretId,
      ),
    )
    .map(({ id }) => id);
}

/** What a domain waits for. */
function txtOf(id: string, domain: string) {
  const record = { type: 'TXT' as const, name: `patrVerify.${domain}`, value: id, found: [], present: false };
  return { records: [record], message: `There is no TXT record at patrVerify.${domain}.` };
}

function inDirection(lines: readonly LogLine[], direction: 'backward' | 'forward'): readonly LogLine[] {
  return direction === 'forward' ? lines : lines.toReversed();
}

/** Times of the look-alike are written alike, so their texts compare. Expressions are understood without case. */
function isWanted(
  { timestamp, log, instance }: LogLine,
  { startTime, endTime, search, regex, instance: wanted }: v.InferOutput<typeof logQuery>,
): boolean {
  if (startTime !== undefined && String(timestamp) < startTime) return false;
  if (endTime !== undefined && String(timestamp) > endTime) return false;
  if (search !== undefined && !log.includes(search)) return false;
  if (regex !== undefined && !new RegExp(regex.replace('(?i)', ''), 'i').test(log)) return false;
  return wanted === undefined || instance === wanted;
}
