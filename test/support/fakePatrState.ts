import type { WorkspaceDomain } from '../../src/protocol/shapes/domain.ts';
import type { ManagedUrl } from '../../src/protocol/shapes/managedUrl.ts';
import type { ConfigChanged } from '../../src/protocol/shapes/configMount.ts';
import type { DeploymentInfo, MachineType } from '../../src/protocol/shapes/deployment.ts';
import type { LogLine } from '../../src/protocol/shapes/log.ts';
import type { Metrics } from '../../src/protocol/shapes/metrics.ts';
import type { EventInfo, InstanceInfo, ReleaseDetails } from '../../src/protocol/shapes/release.ts';
import type { ApiTokenInfo } from '../../src/protocol/shapes/apiToken.ts';
import type { ImageCheck } from '../../src/protocol/shapes/registry.ts';
import type { Volume, VolumeData } from '../../src/protocol/shapes/volume.ts';
import type { Change, Collection, Runner } from '../../src/protocol/shapes/workspace.ts';

export const workspaceId = '1'.repeat(32);
export const regionId = '2'.repeat(32);
export const machineTypeId = '3'.repeat(32);

/** What the look-alike knows. Tests put things in, and read what came of calls. */
export class FakePatrState {
  readonly deployments = new Map<string, DeploymentInfo>();
  readonly instances = new Map<string, InstanceInfo[]>();
  readonly logs = new Map<string, LogLine[]>();
  readonly events = new Map<string, EventInfo[]>();
  readonly metrics = new Map<string, Metrics>();
  /** Newest first. */
  readonly releases = new Map<string, ReleaseDetails[]>();
  /** What other registries say of an image, by the user name that it is asked with. */
  imageCheck: (username: string | undefined) => ImageCheck = () => ({
    outcome: 'found',
    digest: `sha256:${'d'.repeat(64)}`,
    size: 1000,
    ports: { 8080: 'http' },
  });
  /** Who changes config mounts, as their history has it. */
  who = 'admin';
  /** What answers to changes of config mounts say beside what they always do. */
  afterChange: Partial<ConfigChanged> = {};
  readonly logins: { readonly registry: string; readonly username: string; readonly password: string }[] = [];
  readonly collections: Collection[] = [];
  readonly apiTokens = new Map<string, ApiTokenInfo>();
  readonly repositories = new Map<string, string>();
  readonly volumes: Volume[] = [];
  /** What the instances of every deployment have in its volumes, and what an archive of it is. */
  volumeData: readonly VolumeData[] = [];
  archive = 'an archive';
  readonly secrets = new Map<string, { readonly name: string; readonly value: string }>();
  readonly domains = new Map<string, WorkspaceDomain>();
  readonly urls = new Map<string, ManagedUrl>();
  /** Tags of every repository, newest first, and the ports that their images expose. */
  tags: readonly string[] = ['latest'];
  exposed: Readonly<Record<string, 'http' | 'tcp' | 'udp'>> = { 8080: 'http' };
  region: Runner = { id: regionId, name: 'local', connected: true, lastSeen: 1, platform: 'linux/amd64' };
  registryHost = '127.0.0.1:5000';
  readonly machineTypes: MachineType[] = [{ id: machineTypeId, cpu_count: 1, memory_count: 2 }];
  readonly otherRegions: Runner[] = [];
  capabilities: readonly string[] = [
    'sealing',
    'server',
    'changes',
    'instances',
    'logs',
    'metrics',
    'releases',
    'events',
    'registries',
    'collect',
    'apiTokens',
    'volumeData',
    'configMounts',
    'trafficLimits',
  ];
  #last = 0;
  #changes: Change[] = [];

  id(): string {
    this.#last += 1;
    return this.#last.toString(16).padStart(32, '0');
  }

  /** Adds or replaces a deployment, and notes that it changed. */
  put(deployment: DeploymentInfo): DeploymentInfo {
    this.deployments.set(deployment.id, deployment);
    this.#changes.push({ kind: 'deployment', id: deployment.id });
    return deployment;
  }

  change(id: string, changes: Partial<DeploymentInfo>): void {
    const before = this.deployments.get(id);
    if (before === undefined) throw new Error(`There is no deployment ${id}.`);
    this.put({ ...before, ...changes } as DeploymentInfo);
  }

  /** Lets the next release of a deployment be live at once. */
  release(id: string, made: Partial<ReleaseDetails>, changes: Partial<DeploymentInfo> = {}): void {
    const before = this.releases.get(id) ?? [];
    const number = (before[0]?.number ?? 0) + 1;
    const retired = before.map((one) => (one.state === 'live' ? { ...one, state: 'retired' as const } : one));
    this.releases.set(id, [aRelease({ number, ...made }), ...retired]);
    this.change(id, { liveRelease: number, ...changes });
  }

  remove(id: string): void {
    if (this.deployments.delete(id)) this.#changes.push({ kind: 'deploymentDeleted', id });
  }

  /** What is to be told to those who follow, once. */
  takeChanges(): readonly Change[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }
}

/** A deployment that serves on port 8080, with what matters to the test changed. */
export function aDeployment(changes: Partial<DeploymentInfo> & { readonly id: string }): DeploymentInfo {
  const name = changes.name ?? 'sample';
  return {
    name,
    registry: 'registry.patr.cloud',
    repositoryId: '4'.repeat(32),
    imageTag: 'latest',
    status: 'running',
    runner: regionId,
    machineType: machineTypeId,
    currentLiveDigest: `sha256:${'c'.repeat(64)}`,
    deployOnPush: true,
    minHorizontalScale: 1,
    maxHorizontalScale: 1,
    ports: { 8080: 'http' },
    environmentVariables: {},
    configMounts: {},
    volumes: {},
    startupProbe: null,
    livenessProbe: null,
    addresses: [
      { port: 8080, type: 'http', url: `http://${name.replaceAll(' ', '-').toLowerCase()}.localhost:7080` },
    ],
    instances: { ready: 1, wanted: 1 },
    liveRelease: 1,
    revision: 1,
    ...changes,
  } as DeploymentInfo;
}

/** An instance that takes traffic, with what matters to the test changed. */
export function anInstance(changes: Partial<InstanceInfo> = {}): InstanceInfo {
  const id = changes.id ?? 'f'.repeat(12);
  return {
    id,
    name: `sample-${id.slice(0, 4)}`,
    release: 1,
    state: 'ready',
    node: 'this machine',
    restarts: 0,
    ...changes,
  };
}

/** A release that takes the traffic, with what matters to the test changed; its digest is of its number. */
export function aRelease(changes: Partial<ReleaseDetails> = {}): ReleaseDetails {
  const number = changes.number ?? 1;
  return {
    id: number.toString(16).padStart(32, 'e'),
    number,
    registry: 'registry.patr.cloud',
    repositoryId: '4'.repeat(32),
    digest: `sha256:${String(number % 10).repeat(64)}`,
    imageTag: 'latest',
    cause: 'push',
    state: 'live',
    created: 1_700_000_000_000,
    machineType: machineTypeId,
    ports: { 8080: 'http' },
    environmentVariables: {},
    configMounts: {},
    volumes: {},
    ...changes,
  } as ReleaseDetails;
}
