import * as v from 'valibot';
import { resourceName, uuid } from '../wire.ts';

/** Whole gigabytes, as Patr counts volumes. */
const size = v.pipe(
  v.number(),
  v.integer('must be a whole number of gigabytes'),
  v.minValue(1, 'must be at least 1 GB'),
  v.maxValue(100_000, 'must be at most 100,000 GB'),
);

export const createVolume = v.object({ name: resourceName, size });
export const updateVolume = v.object({ name: v.optional(resourceName), size: v.optional(size) });

/** `deploymentId`: who mounts it; every instance of that deployment has data of its own under it. */
export const volume = v.object({
  id: uuid,
  name: v.string(),
  size: v.number(),
  deploymentId: v.nullish(uuid, null),
});
export type Volume = v.InferOutput<typeof volume>;

/** What one instance has in a volume. Instances are counted from 0; the last ones go first when there shall be fewer. */
export const volumeData = v.object({
  volumeId: uuid,
  instance: v.number(),
  /** Absent where the engine cannot tell. */
  bytes: v.optional(v.number()),
});
export type VolumeData = v.InferOutput<typeof volumeData>;
