import * as v from 'valibot';
import { timestamp, uuid } from '../wire.ts';
import { anySource, configuration, reason } from './deployment.ts';

/** What made a release. */
export const releaseCauses = [
  'create',
  'start',
  'push',
  /** The newest image of the tag, rolled out by hand. */
  'rollOut',
  'update',
  'restart',
  'revert',
  'adopt',
] as const;
export type ReleaseCause = (typeof releaseCauses)[number];

/**
 * `waiting`: made, not begun. `rolling`: being rolled out. `live`: takes all traffic. `retired`: was live.
 * `failed`: never became ready. `superseded`: a newer one came before it was live.
 */
export const releaseStates = ['waiting', 'rolling', 'live', 'retired', 'failed', 'superseded'] as const;
export type ReleaseState = (typeof releaseStates)[number];

/**
 * What a rollout did to the traffic, counted at the edge from its first step until the last instance of the release
 * before is gone; until then, so far. Times in milliseconds: from the first ready instance to all new traffic on the
 * release, and from the first drained instance to the last one that had finished or had no more time.
 */
export const rolloutProof = v.object({
  requests: v.number(),
  failures: v.number(),
  cutOverMs: v.number(),
  drainMs: v.number(),
});
export type RolloutProof = v.InferOutput<typeof rolloutProof>;

/** Image digest and configuration, numbered from 1 within its deployment; never changed once made. */
export const release = v.object({
  id: uuid,
  number: v.number(),
  digest: v.nullable(v.string()),
  imageTag: v.string(),
  /** Bytes of the image in its registry; absent where nobody has asked for it yet. */
  size: v.optional(v.number()),
  /** It was removed from the registry, so that nobody can go back to it until it is pushed again. */
  imageRemoved: v.optional(v.boolean()),
  /** The generation of config mounts that it had last; absent: it had none. */
  configGeneration: v.optional(v.number()),
  cause: v.fallback(v.union([v.picklist(releaseCauses), v.literal('unknown')]), 'unknown'),
  state: v.fallback(v.union([v.picklist(releaseStates), v.literal('unknown')]), 'unknown'),
  created: timestamp,
  finished: v.optional(timestamp),
  /** From made to live, or until it was given up, in milliseconds. */
  tookMs: v.optional(v.number()),
  reason: v.optional(reason),
  proof: v.optional(rolloutProof),
});
export type ReleaseInfo = v.InferOutput<typeof release>;

/** A release with everything that its instances are made from; of secrets only which they are. */
export const releaseDetails = v.intersect([
  anySource,
  v.object({ ...release.entries, machineType: uuid, ...configuration }),
]);
export type ReleaseDetails = v.InferOutput<typeof releaseDetails>;

/** What of an earlier release a revert can bring back. */
export const revertParts = [
  'image',
  'environment',
  'ports',
  'probes',
  'configMounts',
  'volumes',
  'machineType',
] as const;
export type RevertPart = (typeof revertParts)[number];

export const instanceStates = ['starting', 'ready', 'unready', 'draining', 'backingOff', 'stopped'] as const;
export type InstanceState = (typeof instanceStates)[number];

/** What an instance uses now. `cpus` counts whole ones: 0.5 is half of one. */
export const usage = v.object({
  cpus: v.optional(v.number()),
  memoryBytes: v.optional(v.number()),
  memoryLimitBytes: v.optional(v.number()),
});
export type InstanceUsage = v.InferOutput<typeof usage>;

export const instance = v.object({
  /** Stable for the life of the instance. */
  id: v.string(),
  /** Short name for people, unique within the deployment. */
  name: v.string(),
  release: v.number(),
  state: v.fallback(v.union([v.picklist(instanceStates), v.literal('unknown')]), 'unknown'),
  node: v.string(),
  startedAt: v.optional(timestamp),
  restarts: v.number(),
  reason: v.optional(reason),
  /** Only where it was asked for, and the engine told it. */
  usage: v.optional(usage),
});
export type InstanceInfo = v.InferOutput<typeof instance>;

/** One decision of the control plane: what it did, by which rule, on which inputs. Newest first in lists. */
export const event = v.object({
  id: v.number(),
  at: timestamp,
  kind: v.string(),
  message: v.string(),
  release: v.optional(v.number()),
});
export type EventInfo = v.InferOutput<typeof event>;
