import * as v from 'valibot';

/** 32 lower-case hexadecimal digits, no hyphens. The same text in paths, bodies, labels and host names. */
export const uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal digits'));

/** Makes a UUID in wire form out of the usual hyphenated one. */
export function toWireUuid(text: string): string {
  return text.replaceAll('-', '').toLowerCase();
}

const patrGrammar = /^(\d{4}-\d\d-\d\d) (\d\d?:\d\d:\d\d)(?:\.(\d+))? ([+-]\d\d:\d\d)(?::\d\d)?$/;

/**
 * Reads a timestamp of any of Patr's generations (`2024-10-22 09:15:04.123456 +00:00:00`, RFC 2822 text, or
 * epoch milliseconds) as milliseconds since the epoch. What cannot be read stays absent: no invented date.
 */
export function parseTimestamp(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const match = patrGrammar.exec(value);
  const text =
    match === null
      ? value
      : `${match[1]}T${(match[2] ?? '').padStart(8, '0')}.${`${match[3] ?? '0'}00`.slice(0, 3)}${match[4]}`;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Which of two times comes first, as a comparison for sorting. Texts of one server are of one length and tell more than
 * milliseconds; other times are compared by their meaning.
 */
export function compareTimestamps(a: string | number, b: string | number): number {
  if (typeof a === 'string' && typeof b === 'string' && a.length === b.length)
    return a < b ? -1 : a > b ? 1 : 0;
  return (parseTimestamp(a) ?? 0) - (parseTimestamp(b) ?? 0);
}

/** Writes milliseconds since the epoch in the grammar of Patr's present generation, always in UTC. */
export function formatTimestamp(time: number): string {
  const [day, clock] = new Date(time).toISOString().split('T') as [string, string];
  return `${day} ${clock.slice(0, -1)} +00:00:00`;
}

/** A timestamp on the wire; decoded it stays text, `parseTimestamp` gives its meaning. */
export const timestamp = v.union([v.string(), v.number()]);

/** Standard padded Base64. The pattern has no groups: with them contents of some megabytes are too deep for the engine. */
export const base64 = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be Base64 with padding'),
  v.check((text) => text.length % 4 === 0, 'must be Base64 with padding'),
);

/** `sha256:` and 64 hexadecimal digits. */
export const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'must be a sha256 digest'));

/** The rule for names of deployments, regions, volumes, secrets and tokens, after trimming. */
export const resourceName = v.pipe(
  v.string(),
  v.trim(),
  v.regex(
    /^[a-zA-Z0-9\-_ .]{4,255}$/,
    'must have 4 to 255 characters: letters, digits, spaces, dots, hyphens and underscores',
  ),
);

/** The OCI rule for the name of a repository. */
export const repositoryName = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(255, 'must have at most 255 characters'),
  v.regex(
    /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/,
    'must be lower-case letters and digits, joined by dots, hyphens, underscores or slashes',
  ),
);

/** The OCI rule for a tag, which Patr stores in lower case. */
export const imageTag = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.regex(/^[a-z0-9_][a-z0-9_.-]{0,127}$/, 'must be a tag: letters, digits, dots, hyphens and underscores'),
);

/** One to 65535, as the decimal key of a JSON object. */
export const portKey = v.pipe(
  v.string(),
  v.check((text) => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535, 'must be a port from 1 to 65535'),
);

/** One to 65535, as a number. */
export const portNumber = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be a port from 1 to 65535'),
  v.maxValue(65535, 'must be a port from 1 to 65535'),
);

/** Whole number in a query string. */
export const queryInteger = (least: number, most: number) =>
  v.pipe(
    v.union([v.string(), v.number()]),
    v.transform(Number),
    v.integer('must be a whole number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );

/** Seconds in a query string, as Patr writes durations: `3600.000000000`. */
export const queryDuration = (least: number, most: number) =>
  v.pipe(
    v.union([v.string(), v.number()]),
    v.transform((value) => (value === '' ? Number.NaN : Number(value))),
    v.number('must be a number of seconds'),
    v.minValue(least, `must be at least ${least} seconds`),
    v.maxValue(most, `must be at most ${most} seconds`),
  );

/** Words of a list, joined by commas in a query string; at least one. */
export const queryWords = <const Word extends string>(words: readonly [Word, ...Word[]]) =>
  v.pipe(
    v.string(),
    v.transform((text) => text.split(',').map((word) => word.trim())),
    v.array(v.picklist(words, `must be some of ${words.join(', ')}, joined by commas`)),
  );

/** `true` or `false` in a query string. */
export const queryBoolean = v.pipe(
  v.union([v.boolean(), v.picklist(['true', 'false'])]),
  v.transform((value) => value === true || value === 'true'),
);
