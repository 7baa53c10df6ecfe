import { formatBytes } from '../../base/formatBytes.ts';
import type { Arrival, Mount, PastVersion } from '../../deploy/configMounts.ts';
import { configBreaches, configLimits, configNameProblem } from '../../protocol/configMounts.ts';

/** What became of a save: "Applied on 3/3 instances, generation 12, 84 ms". */
export function arrivalWords(arrival: Arrival): string {
  if (arrival.kind === 'rollOut') return 'Saved; new instances bring it';
  const { generation, instances, applied, ms, release } = arrival;
  if (release !== undefined) return `Saved, generation ${generation}; version ${release} brings it`;
  if (instances === 0) return `Saved, generation ${generation}; no instance runs`;
  const counted = `${applied}/${instances} ${instances === 1 ? 'instance' : 'instances'}`;
  const so = applied < instances ? ' so far' : '';
  return `Applied on ${counted}${so}, generation ${generation}, ${ms} ms${afterWords(arrival)}`;
}

const afterKinds: Readonly<Record<string, string>> = {
  signal: 'signal sent',
  restart: 'restarting without downtime',
  post: 'POST sent',
};

function afterWords({ after }: Extract<Arrival, { kind: 'applied' }>): string {
  if (after === undefined) return '';
  const done = afterKinds[after.kind];
  return done === undefined || after.problems.length > 0 ? '' : `, ${done}`;
}

/** What of a save is not as it should be, as sentences; undefined: nothing. A roll-out that brings it is as it should be. */
export function shortfallOf(arrival: Arrival): string | undefined {
  if (arrival.kind === 'rollOut') return undefined;
  const { message, after, release } = arrival;
  const said = [
    ...(message === undefined || release !== undefined ? [] : [message]),
    ...(after?.problems ?? []).map((why) => `After the change: ${why}`),
  ];
  return said.length === 0 ? undefined : said.join(' ');
}

/** What will become of a save, while there is none yet. */
export function promiseWords(live: boolean): string {
  return live ? 'a save is in every instance at once' : 'a save rolls out new instances';
}

/** "2 kB · changed 24/11/2026, 14:05 by admin", as far as it is known. */
export function describeMount(mount: Pick<Mount, 'size' | 'changedAt' | 'changedBy'>): string {
  const { size, changedAt, changedBy } = mount;
  const who = changedBy === undefined ? '' : ` by ${changedBy}`;
  if (changedAt === undefined) return formatBytes(size);
  return `${formatBytes(size)} · changed ${whenWords(changedAt)}${who}`;
}

export function describeVersion({ size, changedAt, changedBy, removed }: PastVersion): string {
  const what = removed ? 'deleted' : formatBytes(size);
  const when = changedAt === undefined ? '' : ` · ${whenWords(changedAt)}`;
  return `${what}${when}${changedBy === undefined ? '' : ` · ${changedBy}`}`;
}

/** In the person's own way of writing dates. */
export function whenWords(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' });
}

/** Why a name is none for a config mount, as a sentence with what to do; undefined when it is one. */
export function nameTrouble(name: string): string | undefined {
  const problem = configNameProblem(name);
  if (problem === undefined) return undefined;
  return `${name === '' ? 'The name' : short(name)} cannot be a config mount: the name ${problem}. Choose another name.`;
}

/** Why a content is none for a config mount; undefined when it is one. */
export function sizeTrouble(name: string, bytes: number): string | undefined {
  const [breach] = configBreaches(new Map([[name, bytes]]));
  if (breach === undefined) return undefined;
  return `${name} has ${formatBytes(bytes)}. A config mount ${breach.message} (${configLimits.fileBytes} bytes); put larger files into the image or a volume.`;
}

const longest = 60;

function short(name: string): string {
  return name.length <= longest ? name : `${name.slice(0, longest)}…`;
}
