import type { VolumeRecord } from '../engine.ts';
import { labels, present, record, text, time } from './facts.ts';

/** One element of `GET /volumes`, one inspection, or the answer to a creation. */
export function volumeOf(value: unknown): VolumeRecord | undefined {
  const raw = record(value);
  const name = text(raw['Name']);
  if (name === undefined) return undefined;
  return present({
    name,
    labels: labels(raw['Labels']),
    mountpoint: text(raw['Mountpoint']),
    createdAt: time(raw['CreatedAt']),
  });
}
