/** Name of the file that sorts times into buckets, of the table that counts them, and of what the table is in. */
export const timesMapName = 'times.map';
export const timesTable = 'times';

const firstMicroseconds = 100;
const lastMicroseconds = 1_000_000_000;
const growth = 1.2;

/**
 * Upper bounds of the buckets that times to answer are counted in, in microseconds: each a fifth above the one before,
 * from a tenth of a millisecond to a quarter of an hour. What took longer is in one more bucket after the last.
 */
export const bucketBounds: readonly number[] = boundsBetween(firstMicroseconds, lastMicroseconds);

function boundsBetween(first: number, last: number): number[] {
  const bounds: number[] = [];
  for (let bound = first; bound < last; bound *= growth) bounds.push(Math.round(bound));
  return bounds;
}

/** How many answers took how long, by bucket. */
export type TimeCounts = ReadonlyMap<number, number>;

/** The map from microseconds to buckets, as the proxy reads it. */
export function timesMapText(): string {
  const ranges = bucketBounds.map(
    (bound, bucket) => `${bucketBounds[bucket - 1] ?? 0}:${bound - 1} ${bucket}`,
  );
  return [...ranges, `${bucketBounds.at(-1)}: ${bucketBounds.length}`, ''].join('\n');
}

/**
 * Rules that count every answer of an instance once, under its server's name and its bucket. The time runs from the
 * last byte of the request's headers to the answer's headers; answers that the edge gives itself are not in it.
 */
export function timesRules(folder: string): {
  readonly request: string;
  readonly response: readonly string[];
} {
  return {
    request: 'http-request set-var(txn.began) date(0,us)',
    response: [
      `http-response set-var(txn.bucket) date(0,us),sub(txn.began),map_int(${folder}/${timesMapName})`,
      `http-response track-sc0 srv_name,concat(/,txn.bucket) table ${timesTable}`,
      'http-response sc-inc-gpc0(0)',
    ],
  };
}

/** Where they are counted. It holds some 700 instances that answer at every speed; then the longest unused goes. */
export const timesBackend = `backend ${timesTable}
  stick-table type string len 80 size 64k expire 10m store gpc0`;

/** Reads `show table`: by name of the server, how many of its answers are in each bucket. */
export function parseTimes(text: string): ReadonlyMap<string, TimeCounts> {
  const found = new Map<string, Map<number, number>>();
  for (const [, server = '', bucket, count] of text.matchAll(/\bkey=(\S+)\/(\d+) .*\bgpc0=(\d+)/g)) {
    const times = found.get(server) ?? new Map<number, number>();
    times.set(Number(bucket), Number(count));
    found.set(server, times);
  }
  return found;
}
