import * as v from 'valibot';
import { queryInteger, timestamp, uuid } from '../wire.ts';

/**
 * One line of output. All but `timestamp` and `log` are ours: which line of the deployment it is, so that nobody takes it
 * for another one; which instance printed it, and where to; and how many lines are missing where some were dropped.
 */
export const logLine = v.object({
  timestamp,
  log: v.string(),
  id: v.optional(v.string()),
  instance: v.optional(v.string()),
  stream: v.optional(v.fallback(v.picklist(['stdout', 'stderr']), 'stdout')),
  dropped: v.optional(v.number()),
});
export type LogLine = v.InferOutput<typeof logLine>;

const text = v.pipe(v.string(), v.maxLength(1000, 'must have at most 1000 characters'));

/** Which lines are wanted; both times belong to what is meant. `regex` is an expression of RE2. */
const logFilter = {
  startTime: v.optional(v.string()),
  search: v.optional(text),
  regex: v.optional(text),
  instance: v.optional(uuid),
};

/** `after`: the name of a line; what came after it is sent. A server that does not know it goes by the time. */
export const logStreamQuery = v.object({ ...logFilter, after: v.optional(text) });

/** What the stream sends, as the present generation of Patr words it. */
export const logFrame = v.object({ type: v.literal('LogData'), logs: v.array(logLine) });
export type LogFrame = v.InferOutput<typeof logFrame>;

/** `direction`: whether the newest lines are answered, newest first, or the oldest, oldest first. */
export const logQuery = v.object({
  ...logFilter,
  endTime: v.optional(v.string()),
  direction: v.optional(v.picklist(['backward', 'forward']), 'backward'),
  limit: v.optional(queryInteger(1, 500), 100),
});
