import * as v from 'valibot';
import { repositoryName, timestamp, uuid } from '../wire.ts';
import { portType } from './deployment.ts';

export const currentUser = v.object({
  id: uuid,
  username: v.string(),
  firstName: v.fallback(v.string(), ''),
  lastName: v.fallback(v.string(), ''),
  created: timestamp,
  recoveryEmail: v.fallback(v.nullish(v.string(), null), null),
  recoveryPhoneNumber: v.fallback(
    v.nullish(v.object({ countryCode: v.string(), phoneNumber: v.string() }), null),
    null,
  ),
  isMfaEnabled: v.fallback(v.boolean(), false),
});

export const workspace = v.object({ id: uuid, name: v.string(), superAdminId: uuid });
export type Workspace = v.InferOutput<typeof workspace>;

/** Patr's wire word for a region. Everything after `lastSeen` is ours. */
export const runner = v.object({
  id: uuid,
  name: v.string(),
  connected: v.boolean(),
  lastSeen: v.nullish(timestamp, null),
  /** Platform that images must be made for, such as `linux/amd64`. */
  platform: v.optional(v.string()),
  /** Room left where images and volumes are kept, in bytes. */
  freeBytes: v.optional(v.number()),
  /** What its machine has, and how much memory all instances that shall run may use together. */
  cpus: v.optional(v.number()),
  memoryBytes: v.optional(v.number()),
  allocatedBytes: v.optional(v.number()),
  /** Where the region answers: ports of the edge on its host, and what to trust for HTTPS (PEM). */
  edge: v.optional(
    v.object({ httpPort: v.number(), httpsPort: v.number(), certificateAuthority: v.string() }),
  ),
  /** Why it is not connected. */
  message: v.optional(v.string()),
});
export type Runner = v.InferOutput<typeof runner>;

/** `size` in bytes. */
export const repository = v.object({
  name: v.string(),
  size: v.number(),
  lastUpdated: timestamp,
  created: timestamp,
});
export type Repository = v.InferOutput<typeof repository>;
export const repositoryInList = v.object({ id: uuid, ...repository.entries });

/** What a collection of what nobody needs did. */
export const collection = v.object({
  at: timestamp,
  tookMs: v.number(),
  removedImages: v.number(),
  removedBlobs: v.number(),
  freedBytes: v.number(),
  /** Images that were removed from the region's engine. */
  forgottenImages: v.number(),
});
export type Collection = v.InferOutput<typeof collection>;

/** Bytes on the disk; what images share counts once. The last two are ours. */
export const registryUsage = v.object({
  usedBytes: v.number(),
  repositoryCount: v.number(),
  imageCount: v.number(),
  /** Room left on the disk, where the region can tell. */
  freeBytes: v.optional(v.number()),
  lastCollection: v.optional(collection),
});
export type RegistryUsage = v.InferOutput<typeof registryUsage>;

export const createRepository = v.object({ name: repositoryName });
export const created = v.object({ id: uuid });

/** Snake case is Patr's. */
export const tagInfo = v.object({ tag: v.string(), digest: v.string(), last_updated: timestamp });
export const imageDetails = v.object({
  digest: v.string(),
  size: v.number(),
  created: timestamp,
  tags: v.array(v.string()),
});
export const exposedPorts = v.object({ ports: v.record(v.string(), v.fallback(portType, 'http')) });

/** Where to push images and as whom. The password is the caller's own API token. */
export const registryInfo = v.object({ host: v.string(), username: v.string() });

/** What this server is and which endpoints beyond Patr's it answers. */
export const serverInfo = v.object({
  product: v.string(),
  version: v.string(),
  capabilities: v.array(v.string()),
  registry: v.optional(registryInfo),
});
export type ServerInfo = v.InferOutput<typeof serverInfo>;

/**
 * One line of the stream of changes. `deployment`: it, its releases, instances or events changed: read them again.
 * `alive`: nothing happened, but the stream is well (at least every 20 s).
 */
export const change = v.variant('kind', [
  v.object({ kind: v.literal('alive') }),
  v.object({ kind: v.literal('deployment'), id: uuid }),
  v.object({ kind: v.literal('deploymentDeleted'), id: uuid }),
  v.object({ kind: v.literal('region'), id: uuid }),
  v.object({ kind: v.literal('repository'), id: uuid }),
  v.object({ kind: v.literal('secret'), id: uuid }),
  v.object({ kind: v.literal('domain'), id: uuid }),
  v.object({ kind: v.literal('managedUrl'), id: uuid }),
]);
export type Change = v.InferOutput<typeof change>;
