import { canonical } from '../../src/protocol/consequences.ts';
import type { CreateWishInput } from '../../src/protocol/panelCreate.ts';
import type { WishedChangeInput } from '../../src/protocol/panelManage.ts';
import type { Draft } from '../shared/fields/draft.ts';
import { wishOf } from '../shared/fields/wish.ts';

/**
 * Everything that may change, each by its path in an update, as canonical JSON: `name`, `startupProbe`, `ports.8080`,
 * `environmentVariables.MODE`. What is not set has no entry. Volumes that are about to be made go by their folder.
 */
export type Settings = ReadonlyMap<string, string>;

const whole = [
  'name',
  'machineType',
  'deployOnPush',
  'minHorizontalScale',
  'maxHorizontalScale',
  'startupProbe',
  'livenessProbe',
  'afterConfigChange',
] as const;
const maps = ['ports', 'environmentVariables', 'configMounts', 'volumes', 'trafficLimits'] as const;

export function settingsOf(draft: Draft): Settings {
  const wish = wishOf(draft);
  const single = whole.flatMap((path) => entry(path, wish[path]));
  const inMaps = maps.flatMap((map) =>
    Object.entries(wish[map] ?? {}).flatMap(([name, value]) => entry(`${map}.${name}`, value)),
  );
  const fresh = wish.newVolumes.flatMap((volume) => entry(`newVolumes.${volume.path}`, volume));
  return new Map([...single, ...inMaps, ...fresh]);
}

function entry(path: string, value: unknown): [string, string][] {
  return value === undefined ? [] : [[path, canonical(value)]];
}

/** Paths whose values are not the same, in a steady order. */
export function differences(one: Settings, other: Settings): readonly string[] {
  const paths = new Set([...one.keys(), ...other.keys()]);
  return Array.from(paths)
    .filter((path) => one.get(path) !== other.get(path))
    .toSorted();
}

/** One of two edits from the same base. */
export interface Meeting {
  /** What the other one changed and this one did not. */
  readonly adopt: readonly string[];
  /** What both changed, differently. */
  readonly collide: readonly string[];
}

/** How an edit meets one that was made elsewhere since `base`. */
export function meet(base: Settings, mine: Settings, theirs: Settings): Meeting {
  const own = new Set(differences(base, mine));
  const foreign = differences(base, theirs).filter((path) => mine.get(path) !== theirs.get(path));
  return {
    adopt: foreign.filter((path) => !own.has(path)),
    collide: foreign.filter((path) => own.has(path)),
  };
}

const noProbe = { port: 0 as const, path: '/' };

/** The update that makes the changes of a draft, and nothing else: maps go as a whole, which the revision guards. */
export function changeOf(
  draft: Draft,
  paths: readonly string[],
  revision: number | undefined,
): WishedChangeInput {
  const wish = wishOf(draft);
  const parts = new Set(paths.map((path) => path.split('.', 1)[0]?.replace('newVolumes', 'volumes') ?? path));
  const picked = [...whole, ...maps].filter((part) => parts.has(part));
  const update = Object.fromEntries(picked.map((part) => [part, valueIn(wish, part)]));
  return {
    update: { ...update, ...(revision === undefined ? {} : { ifRevision: revision }) },
    newVolumes: [...wish.newVolumes],
  };
}

/** Absent leaves a probe as it is; port 0 removes it. */
function valueIn(wish: CreateWishInput, part: (typeof whole)[number] | (typeof maps)[number]): unknown {
  if (part === 'startupProbe' || part === 'livenessProbe') return wish[part] ?? noProbe;
  if (part === 'afterConfigChange') return wish[part] ?? { kind: 'nothing' };
  if (part === 'trafficLimits') return wish[part] ?? {};
  return wish[part];
}
