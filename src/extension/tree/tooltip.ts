import { MarkdownString } from 'vscode';
import type { Deployment, Reason } from '../../protocol/shapes/deployment.ts';
import type { PastImage } from '../../deploy/imageHistory.ts';
import type { InstanceInfo, ReleaseInfo } from '../../protocol/shapes/release.ts';
import type { Runner } from '../../protocol/shapes/workspace.ts';
import { formatBytes } from '../../base/formatBytes.ts';
import type { Glance } from '../../protocol/figureWords.ts';
import { parseTimestamp } from '../../protocol/wire.ts';
import { describePastImage, describeRelease, shortDigest } from '../history/releaseWords.ts';
import { describeDeployment, describeInstance, lookOf } from './look.ts';
import type { ConfigMountNode, ConnectionNode } from './nodes.ts';

/** Lines of output that fit under the pointer. */
const mostLines = 8;

/** What is known of a deployment, for the pointer and the screen reader. Names are text: nothing in them is markup. */
export function deploymentTooltip(deployment: Deployment, lastHour: readonly Glance[]): MarkdownString {
  const tip = titled(deployment.name);
  appendWords(tip, `${lookOf(deployment).words} · ${describeDeployment(deployment)}`);
  appendReason(tip, deployment.reason);
  for (const words of imageWords(deployment)) appendParagraph(tip, words);
  for (const { label, value, line } of lastHour) {
    // Blanks of the line are gaps.
    appendParagraph(tip, `${label} ${value} ${line.replaceAll(' ', '\u00a0')}`);
  }
  for (const { url } of (deployment.addresses ?? []).slice(0, 2)) {
    // The editor makes a link of it.
    if (url !== undefined) tip.appendMarkdown('\n\n').appendText(url);
  }
  appendParagraph(tip, `tag ${deployment.imageTag}`);
  if (deployment.currentLiveDigest !== null)
    appendWords(tip, ` · ${deployment.currentLiveDigest.slice(0, 19)}`);
  return tip;
}

/** What is to be known of where its images come from. */
function imageWords(deployment: Deployment): readonly string[] {
  const { pushesPaused, newerImage, registry } = deployment;
  return [
    ...(pushesPaused === true ? ['Pushes are paused since a revert, until they are resumed.'] : []),
    ...(newerImage === undefined ? [] : ['A newer image is in the registry. It is not rolled out.']),
    ...('repositoryId' in deployment
      ? []
      : [`From ${registry}: what is pushed there is not rolled out by itself.`]),
  ];
}

export function releaseTooltip(release: ReleaseInfo): MarkdownString {
  const tip = titled(`Version ${release.number}`);
  appendWords(tip, describeRelease(release));
  if (release.digest !== null) appendParagraph(tip, release.digest);
  appendReason(tip, release.reason);
  return tip;
}

export function pastImageTooltip(image: PastImage, live: boolean): MarkdownString {
  const tip = titled(`Image ${shortDigest(image.digest)}`);
  appendWords(tip, describePastImage(image, live));
  appendParagraph(tip, image.digest);
  return tip;
}

export function instanceTooltip(instance: InstanceInfo): MarkdownString {
  const tip = titled(instance.name);
  appendWords(tip, `${describeInstance(instance)} · on ${instance.node}`);
  const started = instance.startedAt === undefined ? undefined : parseTimestamp(instance.startedAt);
  if (started !== undefined) appendParagraph(tip, `started ${new Date(started).toLocaleString()}`);
  appendReason(tip, instance.reason);
  return tip;
}

/** Where a connection leads, what the trust in it rests on, and why it does not stand. */
export function connectionTooltip(
  { label }: ConnectionNode,
  facts: readonly string[],
  why: string | undefined,
  region: Runner | undefined,
): MarkdownString {
  const tip = titled(label);
  appendWords(tip, facts.join(' · '));
  if (why !== undefined) appendWords(tip.appendMarkdown('\n\n$(warning) '), why);
  const own = regionFacts(region);
  if (own.length > 0) appendParagraph(tip, own.join(' · '));
  return tip;
}

export function regionTooltip(label: string, region: Runner | undefined): MarkdownString {
  const tip = titled(label);
  if (region?.connected === false) {
    const why = region.message ?? 'The region does not answer. What runs there goes on; start its engine.';
    return appendWords(tip.appendMarkdown('$(warning) '), why);
  }
  appendWords(tip, region?.name === 'local' ? 'This machine: your Docker engine.' : (region?.name ?? ''));
  const facts = regionFacts(region);
  if (facts.length > 0) appendParagraph(tip, facts.join(' · '));
  return tip;
}

function regionFacts(region: Runner | undefined): readonly string[] {
  return [
    region?.platform,
    region?.freeBytes === undefined ? undefined : `${formatBytes(region.freeBytes)} free`,
  ].filter((fact) => fact !== undefined);
}

/**
 * Appends words as text: nothing in them is markup, an icon or a link. The editor's own `appendText` makes blanks that no
 * line is broken at, and cuts long sentences off.
 */
function appendWords(tip: MarkdownString, words: string): MarkdownString {
  const text = words.replaceAll(/[^\p{L}\p{N} ]/gu, (character) => `&#${character.codePointAt(0)};`);
  return tip.appendMarkdown(text);
}

function appendParagraph(tip: MarkdownString, words: string): void {
  appendWords(tip.appendMarkdown('\n\n'), words);
}

function titled(name: string): MarkdownString {
  return appendWords(new MarkdownString('**', true), name).appendMarkdown('**\n\n');
}

function appendReason(tip: MarkdownString, reason: Reason | undefined): void {
  if (reason === undefined) return;
  appendWords(tip.appendMarkdown('\n\n$(warning) '), reason.message);
  const lines = reason.lines ?? [];
  if (lines.length > 0) tip.appendCodeblock(lines.slice(-mostLines).join('\n'));
}

/** A config mount: where instances see it, and what stands beside it. */
export function mountTooltip({ name, follows, kept }: ConfigMountNode): string {
  return [
    `/etc/config/${name}`,
    ...(follows === undefined ? [] : [`Each save of ${follows} is sent here.`]),
    ...(kept === undefined ? [] : ['A save of it is kept, and is offered when the server answers.']),
  ].join('\n');
}
