import { createHash } from 'node:crypto';
import { problem } from '../../src/protocol/problems.ts';
import type { ConfigChange, ConfigMount, ConfigMountVersion } from '../../src/protocol/shapes/configMount.ts';
import type { FakePatrState } from './fakePatrState.ts';

interface Version extends ConfigMountVersion {
  readonly content: string | undefined;
}

interface Kept {
  generation: number;
  readonly contents: Map<string, string>;
  /** Newest first. */
  readonly versions: Map<string, Version[]>;
}

const kept = new WeakMap<FakePatrState, Map<string, Kept>>();

/** Versions of the config mounts of a deployment, which may have been changed in whatever way since. */
export function configOf(state: FakePatrState, deploymentId: string): Kept {
  const deployment = state.deployments.get(deploymentId);
  if (deployment === undefined) throw problem('resourceDoesNotExist');
  const all = kept.get(state) ?? new Map<string, Kept>();
  kept.set(state, all);
  const mine = all.get(deploymentId) ?? { generation: 0, contents: new Map(), versions: new Map() };
  all.set(deploymentId, mine);
  const now = new Map(Object.entries(deployment.configMounts));
  const names = new Set([...now.keys(), ...mine.contents.keys()]);
  const changed = Array.from(names).filter((name) => now.get(name) !== mine.contents.get(name));
  if (changed.length > 0) mine.generation += 1;
  for (const name of changed) {
    const content = now.get(name);
    const version = versionOf(mine.generation, content, state.who);
    mine.versions.set(name, [version, ...(mine.versions.get(name) ?? [])]);
    if (content === undefined) mine.contents.delete(name);
    else mine.contents.set(name, content);
  }
  return mine;
}

export function listMounts({ contents, versions }: Kept): ConfigMount[] {
  return Array.from(contents.keys())
    .toSorted()
    .flatMap((name) => {
      const [newest] = versions.get(name) ?? [];
      return newest?.digest === undefined ? [] : [mountOf(name, newest, newest.digest)];
    });
}

export function readMount({ versions }: Kept, name: string, version: number | undefined) {
  const all = versions.get(name) ?? [];
  const found = version === undefined ? all[0] : all.find((one) => one.version === version);
  if (found?.content === undefined || found.digest === undefined) throw problem('resourceDoesNotExist');
  return { ...mountOf(name, found, found.digest), content: found.content };
}

/** Carries changes out together, or refuses all of them. */
export function changeMounts(state: FakePatrState, id: string, changes: readonly ConfigChange[]) {
  const before = configOf(state, id);
  const after = new Map(before.contents);
  for (const { name, content, from, restore, ifVersion } of changes) {
    const there = before.contents.has(name) ? before.versions.get(name)?.[0]?.version : null;
    if (ifVersion !== undefined && ifVersion !== there) throw problem('configMountConflict');
    if (from !== undefined) {
      after.set(name, before.contents.get(from) ?? '');
      after.delete(from);
    } else if (restore !== undefined) after.set(name, readMount(before, name, restore).content);
    else if (content === null || content === undefined) after.delete(name);
    else after.set(name, content);
  }
  state.change(id, { configMounts: Object.fromEntries(after) });
  const now = configOf(state, id);
  const wanted = state.deployments.get(id)?.instances?.wanted ?? 0;
  return {
    generation: now.generation,
    mounts: listMounts(now),
    instances: Array.from({ length: wanted }, (_, at) => ({ id: String(at), generation: now.generation })),
    ms: 12,
    ...state.afterChange,
  };
}

function mountOf(
  name: string,
  { version, size, changedAt, changedBy }: Version,
  digest: string,
): ConfigMount {
  return { name, size, version, changedAt, digest, ...(changedBy === undefined ? {} : { changedBy }) };
}

function versionOf(generation: number, content: string | undefined, changedBy: string): Version {
  const bytes = Buffer.from(content ?? '', 'base64');
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return {
    version: generation,
    changedAt: 1_700_000_000_000 + generation,
    changedBy,
    removed: content === undefined,
    size: bytes.length,
    content,
    ...(content === undefined ? {} : { digest }),
  };
}
