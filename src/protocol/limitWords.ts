import { formatBytes } from '../base/formatBytes.ts';
import { limitsInForce, type LimitName, type TrafficLimits } from './shapes/trafficLimits.ts';

/** What a person calls a limit. */
export const limitNames: Readonly<Record<LimitName, string>> = {
  maxBodyBytes: 'largest request body',
  answerTimeoutSeconds: 'longest silence of an answer',
  maxRequestsPerInstance: 'requests at once per instance',
  maxRequestsPerSecond: 'requests per second of a client',
};

/** The value of a limit with its unit, such as `100 MB`; null: no limit. */
export function limitWords(name: LimitName, value: number | null): string {
  if (value === null) return 'no limit';
  if (name === 'maxBodyBytes') return formatBytes(value);
  return name === 'answerTimeoutSeconds' ? `${value} s` : String(value);
}

/** What differs between two declarations, as a sentence; undefined: nothing that is in force. */
export function limitChangeWords(before: TrafficLimits, after: TrafficLimits): string | undefined {
  const [were, are] = [limitsInForce(before), limitsInForce(after)];
  const changed = (Object.keys(limitNames) as LimitName[]).filter((name) => were[name] !== are[name]);
  if (changed.length === 0) return undefined;
  const words = changed.map(
    (name) => `${limitNames[name]} ${limitWords(name, are[name])} (was ${limitWords(name, were[name])})`,
  );
  return `Traffic limits changed: ${words.join(', ')}.`;
}
