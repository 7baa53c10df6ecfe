import * as v from 'valibot';
import { resourceName, timestamp, uuid } from '../wire.ts';

/** Most characters of a value. A variable is one string to the kernel, which takes 128 KiB with its name. */
const longest = 32_768;

/** Taken as it is, blanks at its ends included. No message repeats it. */
export const secretValue = v.pipe(
  v.string('must be a text'),
  v.minLength(1, 'must not be empty'),
  v.maxLength(longest, `must have at most ${longest} characters`),
  v.check((text) => !text.includes('\0'), 'must not contain a NUL character'),
);

export const createSecret = v.object({ name: resourceName, value: secretValue });
export const updateSecret = v.object({ name: v.optional(resourceName), value: v.optional(secretValue) });

/** The value is never answered. What comes after `deploymentId` is ours. */
export const secret = v.object({
  id: uuid,
  name: v.string(),
  deploymentId: v.nullish(uuid),
  /** How many values it has had, this one included. */
  version: v.optional(v.number()),
  /** When it got its value. */
  updated: v.optional(timestamp),
  /** Deployments that take a variable from it. */
  usedBy: v.optional(v.array(uuid)),
});
export type Secret = v.InferOutput<typeof secret>;

/** How many stored values have the new key, and how many cannot be opened, because theirs is lost. */
export const sealedAnew = v.object({ sealed: v.number(), unreadable: v.number() });

/** Content of a file of sealing keys. No message repeats it. */
export const restoreKeys = v.object({
  keys: v.pipe(v.string('must be a text'), v.maxLength(65_536, 'must have at most 65536 characters')),
});
