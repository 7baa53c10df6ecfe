import { createHash } from 'node:crypto';
import { problem } from '../protocol/problems.ts';
import type { ConfigChanged } from '../protocol/shapes/configMount.ts';
import type { DeploymentInfo } from '../protocol/shapes/deployment.ts';
import { parseTimestamp } from '../protocol/wire.ts';
import type { Target } from './target.ts';

/** Tells two contents of a config mount apart. Only to be compared, and to be handed back to where it came from. */
export type MountVersion = string;

/** A config mount without its content. `size` in bytes; `changedAt` in milliseconds since the epoch. */
export interface Mount {
  readonly name: string;
  readonly size: number;
  readonly version: MountVersion;
  /** Absent where the server does not keep it. */
  readonly changedAt?: number;
  readonly changedBy?: string;
}

export interface MountContent extends Mount {
  readonly bytes: Uint8Array;
}

/** What a config mount was at a time. `removed`: it was deleted then. */
export interface PastVersion extends Mount {
  readonly removed: boolean;
}

/**
 * One change. `content` absent: it is deleted. `from`: the file that is this one from now on, and no more under that
 * name. `ifVersion`: refuse unless the file is at this version; null: unless there is none; absent: whatever is there.
 */
export type MountChange = { readonly name: string; readonly ifVersion?: MountVersion | null } & (
  | { readonly content: Uint8Array | undefined }
  | { readonly from: string }
  | { readonly restore: MountVersion }
);

/** How a change arrived. `rollOut`: new instances bring it, and the server tells nothing more. */
export type Arrival =
  | {
      readonly kind: 'applied';
      readonly generation: number;
      /** Running instances, and those that have it. */
      readonly instances: number;
      readonly applied: number;
      readonly ms: number;
      /** Number of the release that brings it where a roll-out does. */
      readonly release?: number;
      /** Why not every instance has it yet. */
      readonly message?: string;
      /** What was done in the instances then, and where it failed why. */
      readonly after?: { readonly kind: string; readonly problems: readonly string[] };
    }
  | { readonly kind: 'rollOut' };

export interface Changed {
  readonly mounts: readonly Mount[];
  readonly arrival: Arrival;
}

export interface Waiting {
  readonly signal?: AbortSignal;
}

/** The config mounts of one deployment, on whichever server. Every call throws the client's errors. */
export interface ConfigMounts {
  /** Whether a change reaches instances that run. Otherwise it is rolled out. */
  readonly live: boolean;
  list(waiting?: Waiting): Promise<readonly Mount[]>;
  /** @throws `resourceDoesNotExist` */
  read(name: string, waiting?: Waiting): Promise<MountContent>;
  /** Together or not at all. @throws `configMountConflict` when a version is another one. */
  change(changes: readonly MountChange[], waiting?: Waiting): Promise<Changed>;
  /** Newest first; undefined where the server keeps none. */
  history(name: string, waiting?: Waiting): Promise<readonly PastVersion[] | undefined>;
  /** An earlier content. @throws `resourceDoesNotExist` where it is not kept. */
  readPast(name: string, version: MountVersion, waiting?: Waiting): Promise<Uint8Array>;
}

/** The capability of servers that change config mounts without a roll-out. */
export const configCapability = 'configMounts';

export function configMountsOf(target: Target, deploymentId: string): ConfigMounts {
  return target.backend.offers(configCapability)
    ? liveMounts(target, deploymentId)
    : plainMounts(target, deploymentId);
}

/** Versions of a config mount that are listed. */
const mostVersions = 100;

function liveMounts({ api, workspaceId }: Target, deploymentId: string): ConfigMounts {
  const params = { workspaceId, deploymentId };
  return {
    live: true,
    async list(waiting) {
      const { mounts } = await api.getConfigMounts({ params }, waiting);
      return mounts.map(mountOf);
    },
    async read(name, waiting) {
      const found = await api.getConfigMount({ params: { ...params, name }, query: {} }, waiting);
      return { ...mountOf(found), bytes: Buffer.from(found.content, 'base64') };
    },
    async change(changes, waiting) {
      const body = { changes: changes.map(onWire) };
      const answer = await api.changeConfigMounts({ params, body }, waiting);
      return { mounts: answer.mounts.map(mountOf), arrival: arrivalOf(answer) };
    },
    async history(name, waiting) {
      const given = { params: { ...params, name }, query: { count: mostVersions, page: 0 } };
      const { versions } = await api.listConfigMountVersions(given, waiting);
      return versions.map((one) => ({ ...mountOf({ ...one, name }), removed: one.removed }));
    },
    async readPast(name, version, waiting) {
      const given = { params: { ...params, name }, query: { version: Number(version) } };
      return Buffer.from((await api.getConfigMount(given, waiting)).content, 'base64');
    },
  };
}

interface OnWire {
  readonly name: string;
  readonly size: number;
  readonly version: number;
  readonly changedAt: string | number;
  readonly changedBy?: string | undefined;
}

function mountOf({ name, size, version, changedAt, changedBy }: OnWire): Mount {
  const at = parseTimestamp(changedAt);
  return {
    name,
    size,
    version: String(version),
    ...(at === undefined ? {} : { changedAt: at }),
    ...(changedBy === undefined ? {} : { changedBy }),
  };
}

function onWire(change: MountChange) {
  const { name, ifVersion } = change;
  const guard = ifVersion === undefined ? {} : { ifVersion: ifVersion === null ? null : Number(ifVersion) };
  if ('from' in change) return { name, from: change.from, ...guard };
  if ('restore' in change) return { name, restore: Number(change.restore), ...guard };
  const { content } = change;
  return { name, content: content === undefined ? null : base64(content), ...guard };
}

function arrivalOf({ generation, instances, ms, release, message, after }: ConfigChanged): Arrival {
  return {
    kind: 'applied',
    generation,
    instances: instances.length,
    applied: instances.filter((one) => (one.generation ?? 0) >= generation).length,
    ms,
    ...(release === undefined ? {} : { release }),
    ...(message === undefined ? {} : { message }),
    ...(after === undefined
      ? {}
      : {
          after: {
            kind: after.kind,
            problems: after.outcomes.flatMap(({ problem: why }) => (why === undefined ? [] : [why])),
          },
        }),
  };
}

/** By the deployment itself: all config mounts travel as one, and saving them rolls out. */
function plainMounts({ api, workspaceId }: Target, deploymentId: string): ConfigMounts {
  const params = { workspaceId, deploymentId };
  const now = (waiting?: Waiting): Promise<DeploymentInfo> => api.getDeployment({ params }, waiting);
  return {
    live: false,
    async list(waiting) {
      return plainList((await now(waiting)).configMounts);
    },
    async read(name, waiting) {
      const content = (await now(waiting)).configMounts[name];
      if (content === undefined) throw noSuch(name);
      return { ...plainMount(name, content), bytes: Buffer.from(content, 'base64') };
    },
    async change(changes, waiting) {
      const info = await now(waiting);
      const configMounts = changes.reduce(withChange, info.configMounts);
      const { revision } = info;
      const guard = revision === undefined ? {} : { ifRevision: revision };
      await api.updateDeployment({ params, body: { configMounts, ...guard } }, waiting);
      return { mounts: plainList(configMounts), arrival: { kind: 'rollOut' } };
    },
    history: async () => undefined,
    readPast: async (name) => {
      throw noSuch(name);
    },
  };
}

type Contents = Readonly<Record<string, string>>;

function plainList(contents: Contents): readonly Mount[] {
  return Object.entries(contents)
    .map(([name, content]) => plainMount(name, content))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function plainMount(name: string, content: string): Mount {
  const bytes = Buffer.from(content, 'base64');
  return { name, size: bytes.length, version: createHash('sha256').update(bytes).digest('hex') };
}

/** The contents with a change in them. @throws where the change expects another version than there is. */
function withChange(contents: Contents, change: MountChange): Contents {
  const { name, ifVersion } = change;
  const there = contents[name];
  const version = there === undefined ? null : plainMount(name, there).version;
  if (ifVersion !== undefined && ifVersion !== version) throw problem('configMountConflict');
  if ('restore' in change) throw noSuch(name);
  if ('from' in change) {
    const { [change.from]: moved, ...others } = contents;
    if (moved === undefined) throw noSuch(change.from);
    return { ...others, [name]: moved };
  }
  const { [name]: _before, ...others } = contents;
  return change.content === undefined ? others : { ...others, [name]: base64(change.content) };
}

function noSuch(name: string) {
  return problem('resourceDoesNotExist', { says: `There is no config mount ${name} (any more).` });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
