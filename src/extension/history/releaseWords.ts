import { formatBytes } from '../../base/formatBytes.ts';
import { parseTimestamp } from '../../protocol/wire.ts';
import type { ReleaseCause, ReleaseInfo, ReleaseState } from '../../protocol/shapes/release.ts';
import type { RevertPart } from '../../protocol/shapes/release.ts';
import { seconds } from '../deploy/progressWords.ts';
import type { Look } from '../tree/look.ts';

export const causeWords: Readonly<Record<ReleaseCause | 'unknown', string>> = {
  create: 'created',
  start: 'started',
  push: 'pushed',
  rollOut: 'rolled out by hand',
  update: 'configuration changed',
  restart: 'restarted',
  revert: 'reverted',
  adopt: 'found running',
  unknown: 'begun in a way that this version does not know',
};

export const releaseLooks: Readonly<Record<ReleaseState | 'unknown', Look>> = {
  waiting: { icon: 'circle-outline', words: 'waiting' },
  rolling: { icon: 'sync', color: 'charts.yellow', words: 'rolling out' },
  live: { icon: 'pass-filled', color: 'charts.green', words: 'live' },
  retired: { icon: 'pass', words: 'succeeded' },
  failed: { icon: 'error', color: 'charts.red', words: 'failed' },
  superseded: { icon: 'circle-slash', color: 'disabledForeground', words: 'superseded before it was live' },
  unknown: { icon: 'question', words: 'in a state that this version does not know' },
};

export const partWords: Readonly<Record<RevertPart, string>> = {
  image: 'Image',
  environment: 'Environment',
  ports: 'Ports',
  probes: 'Probes',
  configMounts: 'Config mounts',
  volumes: 'Volumes',
  machineType: 'Machine type',
};

/** What stands behind a version's number: "live · pushed 24/11/2026, 14:05 · 3.2 s · latest 9f86d081884c · 34 MB". */
export function describeRelease(release: ReleaseInfo): string {
  const took = release.tookMs === undefined ? '' : seconds(release.tookMs);
  const size = release.size === undefined ? '' : formatBytes(release.size);
  const kept = release.imageRemoved === true ? 'image removed' : size;
  const when = whenOf(release);
  const begun = `${causeWords[release.cause]}${when === undefined ? '' : ` ${when}`}`;
  return [releaseLooks[release.state].words, begun, took, imageOf(release), kept]
    .filter((part) => part !== '')
    .join(' · ');
}

/** In the person's own way of writing dates; absent stays absent. */
function whenOf({ created }: ReleaseInfo): string | undefined {
  const time = parseTimestamp(created);
  if (time === undefined) return undefined;
  return new Date(time).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' });
}

/** Tag, and enough of the digest to tell images apart. */
function imageOf({ imageTag, digest }: ReleaseInfo): string {
  return digest === null ? imageTag : `${imageTag} ${digest.replace('sha256:', '').slice(0, 12)}`;
}
