import type { Target } from '../../deploy/target.ts';
import type { EventInfo, ReleaseInfo } from '../../protocol/shapes/release.ts';
import { parseTimestamp } from '../../protocol/wire.ts';
import { causeWords, releaseLooks } from '../history/releaseWords.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { DocumentSubject } from './documentAddress.ts';

/** Events and releases that are shown at most, newest first. */
const mostEvents = 500;
const mostReleases = 20;

/** What was decided about a deployment and why, and what each rollout did to the traffic. */
export async function readEventsText(
  model: Pick<DeploymentsModel, 'get' | 'target'>,
  { id: deploymentId }: DocumentSubject,
): Promise<string> {
  const target = model.target();
  if (target === undefined)
    throw new Error('The server is not connected. Choose what helps in the Patr view, and open this again.');
  const name = model.get(deploymentId)?.name ?? deploymentId;
  const [events, releases] = await Promise.all([
    eventsOf(target, deploymentId),
    releasesOf(target, deploymentId),
  ]);
  return eventsText(name, events, releases);
}

/** Undefined where the server does not tell. */
async function eventsOf({ api, backend, workspaceId }: Target, deploymentId: string) {
  if (!backend.offers('events')) return undefined;
  const params = { workspaceId, deploymentId };
  return (await api.listEvents({ params, query: { count: mostEvents, page: 0 } })).events;
}

async function releasesOf({ api, backend, workspaceId }: Target, deploymentId: string) {
  if (!backend.offers('releases')) return undefined;
  const params = { workspaceId, deploymentId };
  return (await api.listReleases({ params, query: { count: mostReleases, page: 0 } })).releases;
}

/** Plain text in columns; nothing in it is markup. */
export function eventsText(
  name: string,
  events: readonly EventInfo[] | undefined,
  releases: readonly ReleaseInfo[] | undefined,
): string {
  const parts = [
    `${name}: what was decided, and why. Newest first; it follows what happens.`,
    '',
    'ROLLOUTS',
    ...section(releases, 'This server tells nothing of its rollouts.', releaseLines),
    '',
    'EVENTS',
    ...section(events, 'This server keeps no events.', eventLines),
  ];
  return `${parts.join('\n')}\n`;
}

function section<T>(
  rows: readonly T[] | undefined,
  silent: string,
  lines: (row: T) => readonly string[],
): readonly string[] {
  if (rows === undefined) return [silent];
  return rows.length === 0 ? ['None yet.'] : rows.flatMap(lines);
}

function releaseLines(release: ReleaseInfo): readonly string[] {
  const { number, state, cause, created, tookMs, proof, reason, digest } = release;
  const took = tookMs === undefined ? '' : `, live after ${secondsOf(tookMs)}`;
  const image = digest === null ? '' : `, ${digest.slice(0, 19)}`;
  return [
    `${timeOf(created)}  v${number} ${releaseLooks[state].words}, ${causeWords[cause]}${took}${image}`,
    ...(proof === undefined ? [] : [`${indent}${proofWords(proof)}`]),
    ...(reason === undefined ? [] : indented(reason.message)),
  ];
}

/** What the edge counted while a rollout ran. */
function proofWords({ requests, failures, cutOverMs, drainMs }: NonNullable<ReleaseInfo['proof']>): string {
  const failed = failures === 0 ? 'none failed' : `${failures} failed`;
  const counted = requests === 0 ? 'no request came while it ran' : `${requests} requests, ${failed}`;
  return `proof: ${counted}; took over in ${secondsOf(cutOverMs)}, the old ones drained in ${secondsOf(drainMs)}`;
}

function eventLines({ at, message, release }: EventInfo): readonly string[] {
  const version = release === undefined ? '' : `v${release}: `;
  const [first = '', ...rest] = message.split('\n');
  return [`${timeOf(at)}  ${version}${first}`, ...rest.map((line) => `${indent}${line}`)];
}

/** As wide as a time and the gap behind it. */
const indent = ' '.repeat(26);

function indented(text: string): readonly string[] {
  return text.split('\n').map((line) => `${indent}${line}`);
}

/** A time of the wire as it is shown in columns. */
export function timeOf(timestamp: string | number): string {
  const at = parseTimestamp(timestamp);
  return at === undefined ? String(timestamp).padEnd(24) : new Date(at).toISOString();
}

function secondsOf(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
