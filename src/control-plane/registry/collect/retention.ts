import type { ReleaseState } from '../../../protocol/shapes/release.ts';

/** How long images of earlier releases are kept. Whatever either rule keeps is kept. */
export interface RetentionRules {
  /** So many of the newest versions that were live, of each deployment. */
  readonly versions: number;
  /** And all that were released within this time, in milliseconds. */
  readonly ageMs: number;
}

/** A release of an image of the region's own registry, as far as retention looks at it. */
export interface ReleasedImage {
  readonly deploymentId: string;
  readonly path: string;
  readonly digest: string;
  readonly number: number;
  readonly state: ReleaseState;
  /** It is the one that shall run. */
  readonly target: boolean;
  readonly createdAt: number;
}

/** States of a release that has instances, or is about to have some. */
const atWork: ReadonlySet<ReleaseState> = new Set(['waiting', 'rolling', 'live']);
/** States of a release that has served: it is something to go back to. */
const served: ReadonlySet<ReleaseState> = new Set(['live', 'retired']);

/** The images that are kept for releases, as `<path>@<digest>`. A version is a digest, however often it was released. */
export function keptForReleases(
  releases: readonly ReleasedImage[],
  rules: RetentionRules,
  now: number,
): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const [, own] of Map.groupBy(releases, ({ deploymentId }) => deploymentId)) {
    const newestFirst = own.toSorted((a, b) => b.number - a.number);
    const versions = new Set(newestFirst.filter(({ state }) => served.has(state)).map(imageKey));
    for (const key of Array.from(versions).slice(0, rules.versions)) kept.add(key);
    for (const release of newestFirst) {
      const young = now - release.createdAt <= rules.ageMs;
      if (release.target || atWork.has(release.state) || young) kept.add(imageKey(release));
    }
  }
  return kept;
}

export function imageKey({ path, digest }: { readonly path: string; readonly digest: string }): string {
  return `${path}@${digest}`;
}
