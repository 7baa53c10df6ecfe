import type { AnyRequest } from '../connection.ts';
import { record } from './values.ts';

const ours: ReadonlySet<string> = new Set([
  'ifRevision',
  'allowDataLoss',
  'pushesPaused',
  'afterConfigChange',
  'trafficLimits',
]);

/** An update without the fields that are ours. Patr ignores what it does not know; none of them says anything to it. */
export function withoutOurs(body: unknown): unknown {
  return Object.fromEntries(Object.entries(record(body)).filter(([field]) => !ours.has(field)));
}

/** The rewrite refuses a start that does not say whether it is a restart. */
export function withForceRestart(query: NonNullable<AnyRequest['query']>): NonNullable<AnyRequest['query']> {
  return { forceRestart: false, ...query };
}
