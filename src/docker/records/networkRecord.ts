import type { NetworkRecord } from '../engine.ts';
import { labels, list, record, text } from './facts.ts';

/** One element of `GET /networks`, or one inspection; both have the same shape. */
export function networkOf(value: unknown): NetworkRecord | undefined {
  const raw = record(value);
  const id = text(raw['Id']);
  const name = text(raw['Name']);
  if (id === undefined || name === undefined) return undefined;
  const subnets = list(record(raw['IPAM'])['Config']).flatMap((item) => text(record(item)['Subnet']) ?? []);
  return { id, name, labels: labels(raw['Labels']), subnets };
}
