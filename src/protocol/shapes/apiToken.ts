import * as v from 'valibot';
import { parseTimestamp, resourceName, timestamp, uuid } from '../wire.ts';

/** `include`: these resources alone. `exclude`: all but these. */
const permissionScope = v.object({
  permissionType: v.picklist(['include', 'exclude']),
  resources: v.array(uuid),
});

/** What a token may do in one workspace. Every key of a member beside `type` is the id of a permission. */
export const workspacePermission = v.variant('type', [
  v.object({ type: v.literal('superAdmin') }),
  v.objectWithRest({ type: v.literal('member') }, permissionScope),
]);

/** By workspace. A workspace that is not in it is closed to the token. */
const permissions = v.record(uuid, workspacePermission);
export type Permissions = v.InferOutput<typeof permissions>;

/** A time that a person sets; decoded it is milliseconds since the epoch. */
const moment = v.pipe(
  timestamp,
  v.transform((text) => parseTimestamp(text) ?? Number.NaN),
  v.check((time) => !Number.isNaN(time), 'must be a time such as 2026-01-31 12:00:00.0 +00:00:00'),
);

export const createApiToken = v.object({
  name: resourceName,
  permissions: v.optional(permissions, {}),
  /** It is good from here on. */
  tokenNbf: v.optional(moment),
  /** It is good until here; absent: until it is revoked. */
  tokenExp: v.optional(moment),
  allowedIps: v.optional(v.array(v.string())),
});

/** A token as it is shown: never with its secret. */
export const apiTokenInfo = v.object({
  id: uuid,
  name: v.string(),
  permissions: v.optional(permissions, {}),
  tokenNbf: v.optional(timestamp),
  tokenExp: v.optional(timestamp),
  created: timestamp,
});
export type ApiTokenInfo = v.InferInput<typeof apiTokenInfo>;

/** `token` is shown this once. */
export const createdApiToken = v.object({ id: uuid, token: v.string() });

export const permission = v.object({ id: uuid, name: v.string(), description: v.string() });
