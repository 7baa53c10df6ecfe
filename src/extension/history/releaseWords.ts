import { formatBytes } from '../../base/formatBytes.ts';
import type { PastImage } from '../../deploy/imageHistory.ts';
import { parseTimestamp } from '../../protocol/wire.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
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

/** One that the server calls live, and one of which nothing is known but that it ran. */
export const liveImageLook = releaseLooks.live;
export const pastImageLook: Look = { icon: 'package', words: '' };

/** What stands behind the digest of an image: "live · first deployed 24/11/2026, 14:05 · tag latest". */
export function describePastImage(image: PastImage, live: boolean): string {
  const when = whenOf(image);
  return [
    live ? liveImageLook.words : '',
    when === undefined ? '' : `first deployed ${when}`,
    tagWords(image),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** The tags that mean an image now. */
export function tagWords({ tags }: PastImage): string {
  if (tags.length === 0) return '';
  return `${tags.length === 1 ? 'tag' : 'tags'} ${tags.join(', ')}`;
}

/** Enough of a digest to tell images apart. */
export function shortDigest(digest: string): string {
  return digest.replace('sha256:', '').slice(0, 12);
}

/** Why a server of Patr's own lists no image of a deployment. */
export function noPastImageWords(deployment: Deployment): string {
  if ('repositoryId' in deployment) return 'Nothing was deployed yet';
  return `This server keeps no history of images from ${deployment.registry}`;
}

/** In the person's own way of writing dates; absent stays absent. */
function whenOf({ created }: Pick<ReleaseInfo, 'created'>): string | undefined {
  const time = parseTimestamp(created);
  if (time === undefined) return undefined;
  return new Date(time).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' });
}

/** Tag, and enough of the digest to tell images apart. */
function imageOf({ imageTag, digest }: ReleaseInfo): string {
  return digest === null ? imageTag : `${imageTag} ${shortDigest(digest)}`;
}
