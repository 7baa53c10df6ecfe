import * as v from 'valibot';
import { base64, portNumber, timestamp } from '../wire.ts';
import { configNameProblem } from '../configMounts.ts';

/** A bare file name under /etc/config. */
export const configMountName = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed ? configNameProblem(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
);

/** Signals that an application can be told with that its configuration has changed. */
export const configSignals = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
export type ConfigSignal = (typeof configSignals)[number];

/**
 * What happens in each running instance after its config mounts have changed. `restart`: new instances take over
 * without downtime. `post`: a POST without a body to this port and path of the instance.
 */
export const afterConfigChange = v.variant('kind', [
  v.object({ kind: v.literal('nothing') }),
  v.object({ kind: v.literal('signal'), signal: v.picklist(configSignals) }),
  v.object({ kind: v.literal('restart') }),
  v.object({
    kind: v.literal('post'),
    port: portNumber,
    path: v.pipe(
      v.string(),
      v.trim(),
      v.startsWith('/', 'must start with /'),
      v.maxLength(255, 'must have at most 255 characters'),
    ),
  }),
]);
export type AfterConfigChange = v.InferOutput<typeof afterConfigChange>;

/**
 * A file under /etc/config without its content. `version` is the generation that the file last changed in, so it
 * grows and is never given twice. `size` in bytes, `digest` of the content.
 */
export const configMount = v.object({
  name: v.string(),
  size: v.number(),
  version: v.number(),
  changedAt: timestamp,
  /** Who changed it, in words: the user's name and the API token's. Absent where that is not known any more. */
  changedBy: v.optional(v.string()),
  digest: v.string(),
});
export type ConfigMount = v.InferOutput<typeof configMount>;

/** Which generation a running instance has, as its mounted directory showed it; absent: it shows none (yet). */
export const configInstance = v.object({ id: v.string(), generation: v.optional(v.number()) });
export type ConfigInstance = v.InferOutput<typeof configInstance>;

/** `generation` counts the changes of all config mounts of a deployment; 0: there never was one. */
export const configMounts = v.object({
  generation: v.number(),
  mounts: v.array(configMount),
  /** Running instances only. */
  instances: v.array(configInstance),
});
export type ConfigMounts = v.InferOutput<typeof configMounts>;

/** A config mount with its content, now or in an earlier version. */
export const configMountContent = v.object({ ...configMount.entries, content: v.string() });
export type ConfigMountContent = v.InferOutput<typeof configMountContent>;

/** A version of a config mount. `removed`: it was deleted then, or went on under another name. */
export const configMountVersion = v.object({
  version: v.number(),
  changedAt: timestamp,
  changedBy: v.optional(v.string()),
  removed: v.boolean(),
  size: v.number(),
  digest: v.optional(v.string()),
});
export type ConfigMountVersion = v.InferOutput<typeof configMountVersion>;

const version = v.pipe(v.number(), v.integer(), v.minValue(1));

/**
 * One change of a file: exactly one of `content` (Base64; `null` deletes), `from` (this file is the one that had that
 * name, which it has no more) and `restore` (the content of that version). `ifVersion`: refuse unless the file is at
 * this version; `null`: unless there is none. Without it whatever is there is replaced.
 */
export const configChange = v.pipe(
  v.object({
    name: configMountName,
    content: v.optional(v.nullable(base64)),
    from: v.optional(v.string()),
    restore: v.optional(version),
    ifVersion: v.optional(v.nullable(version)),
  }),
  v.check(
    ({ content, from, restore }) =>
      [content, from, restore].filter((given) => given !== undefined).length === 1,
    'must have exactly one of content, from and restore',
  ),
);
export type ConfigChange = v.InferOutput<typeof configChange>;

/** Changes that become one generation, together or not at all. */
export const changeConfigMounts = v.object({
  changes: v.pipe(v.array(configChange), v.minLength(1, 'must change something')),
});

/** What became of what the deployment does after a change, in one instance; absent `problem`: done. */
const afterOutcome = v.object({ instance: v.string(), problem: v.optional(v.string()) });

/**
 * What a change led to, as far as it could be waited for. `ms`: from the request until the last of the instances had
 * it, or until the waiting ended. `release`: number of the release whose instances bring it, where a roll-out does.
 */
export const configChanged = v.object({
  generation: v.number(),
  mounts: v.array(configMount),
  instances: v.array(configInstance),
  ms: v.number(),
  release: v.optional(v.number()),
  /** Why not every instance has it yet, and what becomes of it. */
  message: v.optional(v.string()),
  after: v.optional(v.object({ kind: v.string(), outcomes: v.array(afterOutcome) })),
});
export type ConfigChanged = v.InferOutput<typeof configChanged>;
