/** A line that is one JSON object, as a person reads it. */
export interface Structured {
  readonly level: string | undefined;
  readonly message: string;
  /** All that is neither level, message nor time, as texts. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

const names = {
  level: ['level', 'severity', 'lvl', 'loglevel'],
  message: ['msg', 'message', 'event', 'text'],
  time: ['time', 'timestamp', 'ts', '@timestamp'],
} as const;
/** Numbers of pino and bunyan. */
const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const longest = 32 * 1024;

/** Undefined for what is no JSON object. */
export function structuredOf(text: string): Structured | undefined {
  if (!text.startsWith('{') || text.length > longest) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const find = (known: readonly string[]) => entries.find(([name]) => known.includes(name.toLowerCase()));
  const [level, message, time] = [find(names.level), find(names.message), find(names.time)];
  return {
    level: level === undefined ? undefined : levelWords(level[1]),
    message: message === undefined ? '' : valueWords(message[1]),
    fields: entries
      .filter(([name]) => name !== level?.[0] && name !== message?.[0] && name !== time?.[0])
      .map(([name, one]) => [name, valueWords(one)] as const),
  };
}

function levelWords(value: unknown): string {
  return typeof value === 'number' ? (levels[value] ?? String(value)) : valueWords(value).toLowerCase();
}

function valueWords(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
