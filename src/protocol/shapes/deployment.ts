import * as v from 'valibot';
import { configBreaches, base64Bytes } from '../configMounts.ts';
import { base64, imageTag, portKey, portNumber, resourceName, timestamp, uuid } from '../wire.ts';
import { certificateState } from './certificate.ts';
import { afterConfigChange, configMountName } from './configMount.ts';
import { trafficLimits } from './trafficLimits.ts';

/** The host that stands for Patr's own registry in an image source, whichever server is behind it. */
export const patrRegistry = 'registry.patr.cloud';

/** Statuses on the wire. What a newer server may add is read as `unknown`, never as a failure. */
export const deploymentStatuses = [
  'created',
  'deploying',
  'running',
  'stopped',
  'errored',
  'unreachable',
] as const;
export const deploymentStatus = v.fallback(
  v.union([v.picklist(deploymentStatuses), v.literal('unknown')]),
  'unknown',
);
export type DeploymentStatus = v.InferOutput<typeof deploymentStatus>;

/** A status that nobody here knows, in the server's own word: beside `unknown`, so that people see what it is. */
const statusWord = v.pipe(
  v.object({ status: v.optional(v.unknown()), statusWord: v.optional(v.string()) }),
  v.transform(({ status, statusWord: known }): { statusWord?: string } => {
    const word = known ?? (isOwnWord(status) ? status.slice(0, longestWord) : undefined);
    return word === undefined ? {} : { statusWord: word };
  }),
);
const longestWord = 40;

function isOwnWord(status: unknown): status is string {
  return typeof status === 'string' && ![...deploymentStatuses, 'unknown', ''].includes(status);
}

export const portType = v.picklist(['http', 'tcp', 'udp']);
export type PortType = v.InferOutput<typeof portType>;

export const patrImage = v.object({ registry: v.literal(patrRegistry), repositoryId: uuid });
export const externalImage = v.object({
  registry: v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1, 'must name a registry'),
    v.maxLength(255),
    v.check((host) => host !== patrRegistry, 'is the own registry: name the image by its repositoryId'),
  ),
  imageName: v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^[a-zA-Z0-9\-_ ./]{4,255}$/, 'must be the path of an image, such as library/nginx'),
  ),
});
/** Patr's own registry by repository id, or any other by host and image name. */
export const imageSource = v.union([patrImage, externalImage]);
export type ImageSource = v.InferOutput<typeof imageSource>;

/** HTTP GET that must answer 200. */
export const probe = v.object({
  port: portNumber,
  path: v.pipe(
    v.string(),
    v.trim(),
    v.startsWith('/', 'must start with /'),
    v.maxLength(255, 'must have at most 255 characters'),
  ),
});
export type Probe = v.InferOutput<typeof probe>;
/** On update, port 0 removes the probe. */
const probeChange = v.union([v.object({ port: v.literal(0), path: v.string() }), probe]);

export const envName = v.pipe(
  v.string(),
  v.regex(/^[^=\0]{1,256}$/, 'must have 1 to 256 characters and no equals sign'),
);
export const envValue = v.union([
  v.pipe(
    v.string(),
    v.check((text) => !text.includes('\0'), 'must not contain a NUL character'),
  ),
  v.object({ fromSecret: uuid }),
]);
export type EnvValue = v.InferOutput<typeof envValue>;

export const mountPath = v.pipe(
  v.string(),
  v.trim(),
  v.regex(/^\/[^\0:]{1,254}$/, 'must be an absolute path such as /data'),
  v.check((path) => !path.split('/').includes('..'), 'must not contain ..'),
);

const scale = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be at least 1'),
  v.maxValue(256, 'must be at most 256'),
);

/** Rules that look at all config mounts together. */
const wholeConfig = v.rawCheck<Record<string, string>>(({ dataset, addIssue }) => {
  if (!dataset.typed) return;
  const { value: input } = dataset;
  const sizes = Object.entries(input).map(([name, text]) => [name, base64Bytes(text)] as const);
  for (const { field, message } of configBreaches(new Map(sizes))) {
    const key = field.slice('configMounts.'.length);
    const value = input[key];
    const path = { type: 'object', origin: 'value', input, key, value } as const;
    addIssue(value === undefined ? { message } : { message, path: [path] });
  }
});

const maps = {
  ports: v.record(portKey, portType),
  environmentVariables: v.record(envName, envValue),
  configMounts: v.pipe(v.record(configMountName, base64), wholeConfig),
  volumes: v.record(uuid, mountPath),
};

/** Everything about a new deployment but where its image comes from. */
export const deploymentSettings = v.object({
  name: resourceName,
  imageTag,
  runner: uuid,
  machineType: uuid,
  deployOnPush: v.boolean(),
  deployOnCreate: v.boolean(),
  minHorizontalScale: scale,
  maxHorizontalScale: scale,
  ports: v.optional(maps.ports, {}),
  environmentVariables: v.optional(maps.environmentVariables, {}),
  startupProbe: v.optional(probe),
  livenessProbe: v.optional(probe),
  configMounts: v.optional(maps.configMounts, {}),
  volumes: v.optional(maps.volumes, {}),
  /** Ours: what happens in instances after their config mounts have changed; absent: nothing. */
  afterConfigChange: v.optional(afterConfigChange),
  /** Ours: what the edge holds clients and instances to; absent: what is usual. */
  trafficLimits: v.optional(trafficLimits),
});
export type DeploymentSettings = v.InferOutput<typeof deploymentSettings>;

export const createDeployment = v.intersect([imageSource, deploymentSettings]);
export type CreateDeployment = v.InferOutput<typeof createDeployment>;
export type CreateDeploymentInput = v.InferInput<typeof createDeployment>;

export const updateDeployment = v.object({
  name: v.optional(resourceName),
  runner: v.optional(uuid),
  machineType: v.optional(uuid),
  deployOnPush: v.optional(v.boolean()),
  minHorizontalScale: v.optional(scale),
  maxHorizontalScale: v.optional(scale),
  ports: v.optional(maps.ports),
  environmentVariables: v.optional(maps.environmentVariables),
  startupProbe: v.optional(probeChange),
  livenessProbe: v.optional(probeChange),
  configMounts: v.optional(maps.configMounts),
  volumes: v.optional(maps.volumes),
  /** Ours: what happens in instances after their config mounts have changed. */
  afterConfigChange: v.optional(afterConfigChange),
  /** Ours: all limits that shall be declared from now on; those that are not in it are usual again. */
  trafficLimits: v.optional(trafficLimits),
  /** Ours: refuse with `revisionConflict` when the deployment is not at this revision any more. */
  ifRevision: v.optional(v.number()),
  /** Ours: the caller knows that this change deletes volumes. */
  allowDataLoss: v.optional(v.boolean()),
  /** Ours: `false` lets pushes be rolled out again after a revert. Asking for `deployOnPush` does so as well. */
  pushesPaused: v.optional(v.boolean()),
});
export type UpdateDeployment = v.InferOutput<typeof updateDeployment>;

/** Why a deployment, release or instance is not well, in a form that a fix can be offered for. */
export const reasonCodes = [
  'imageNotFound',
  'pullDenied',
  'pullFailed',
  'platformMismatch',
  'exited',
  'cannotStart',
  'outOfMemory',
  'portNotListening',
  'probeFailed',
  'notReadyInTime',
  'crashLoop',
  'dependencyDown',
  'noRoom',
  'portTaken',
  'secretMissing',
  'engineUnreachable',
  'engineFailed',
] as const;
export const reason = v.object({
  code: v.fallback(v.union([v.picklist(reasonCodes), v.literal('unknown')]), 'unknown'),
  /** What happened, why, and what to do next: whole sentences. */
  message: v.string(),
  /** The last lines of output that belong to it, oldest first. */
  lines: v.optional(v.array(v.string())),
  /** The port that was expected, and those on which the instance listens instead. */
  port: v.optional(v.number()),
  listening: v.optional(v.array(v.number())),
  exitCode: v.optional(v.number()),
});
export type Reason = v.InferOutput<typeof reason>;

/** One public address of a deployment. `url` for http ports, `host` and `publicPort` for the others. */
export const address = v.object({
  port: v.number(),
  type: v.fallback(portType, 'http'),
  url: v.optional(v.string()),
  host: v.optional(v.string()),
  publicPort: v.optional(v.number()),
});
export type Address = v.InferOutput<typeof address>;

/** What our control plane tells about a deployment beyond Patr's own fields. */
const additive = {
  reason: v.optional(reason),
  addresses: v.optional(v.array(address)),
  /** Of its own addresses, where a public authority signs for them. */
  certificate: v.optional(certificateState),
  /** Of the instances that there shall be, those that take traffic; and how many there shall be. */
  instances: v.optional(v.object({ ready: v.number(), wanted: v.number() })),
  /** Number of the release that takes traffic. */
  liveRelease: v.optional(v.number()),
  /** Number of the release being rolled out, while it is. */
  rollingRelease: v.optional(v.number()),
  /** Grows with every change of what is wanted; see `ifRevision`. */
  revision: v.optional(v.number()),
  /** Deploy on push is on, but waits since a revert until it is resumed. */
  pushesPaused: v.optional(v.boolean()),
  /** What the registry has under the tag, where it was pushed later than the image that is wanted now. */
  newerImage: v.optional(v.object({ digest: v.string(), pushedAt: timestamp })),
  /** What happens in instances after their config mounts have changed; absent: nothing. */
  afterConfigChange: v.optional(v.fallback(afterConfigChange, { kind: 'nothing' })),
  /** What was declared of what the edge holds clients and instances to; absent: nothing. */
  trafficLimits: v.optional(v.fallback(trafficLimits, {})),
};

const identity = v.object({
  id: uuid,
  name: v.string(),
  imageTag: v.string(),
  status: deploymentStatus,
  runner: uuid,
  machineType: uuid,
  currentLiveDigest: v.nullish(v.string(), null),
  ...additive,
});
/** An image source as servers answer it: Patr's rule for names is not applied to what already exists. */
export const anySource = v.union([patrImage, v.object({ registry: v.string(), imageName: v.string() })]);

export const deployment = v.intersect([anySource, identity, statusWord]);
export type Deployment = v.InferOutput<typeof deployment>;

/** What instances are made from beside the image, as servers answer it. */
export const configuration = {
  ports: v.optional(v.record(v.string(), v.fallback(portType, 'http')), {}),
  environmentVariables: v.optional(v.record(v.string(), envValue), {}),
  startupProbe: v.nullish(v.object({ port: v.number(), path: v.string() })),
  livenessProbe: v.nullish(v.object({ port: v.number(), path: v.string() })),
  configMounts: v.optional(v.record(v.string(), v.string()), {}),
  volumes: v.optional(v.record(v.string(), v.string()), {}),
};
const runningDetails = v.object({
  deployOnPush: v.fallback(v.boolean(), false),
  minHorizontalScale: v.fallback(v.number(), 1),
  maxHorizontalScale: v.fallback(v.number(), 1),
  ...configuration,
});
export const deploymentInfo = v.intersect([anySource, identity, statusWord, runningDetails]);
export type DeploymentInfo = v.InferOutput<typeof deploymentInfo>;

/** `memory_count` counts quarters of 10⁹ bytes. Snake case is Patr's. */
export const machineType = v.object({ id: uuid, cpu_count: v.number(), memory_count: v.number() });
export type MachineType = v.InferOutput<typeof machineType>;

export const deployHistoryEntry = v.object({ imageDigest: v.string(), created: timestamp });
