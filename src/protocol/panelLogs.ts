import * as v from 'valibot';
import { nothing } from './panel.ts';
import { logLine } from './shapes/log.ts';
import { timestamp } from './wire.ts';

/** Of a text to look for, in characters. */
export const longestSearch = 1000;

/** Which lines somebody looks for. Times as a person's own clock has them, `2026-01-01T12:30:00`; empty for none. */
export const logFilter = v.object({
  search: v.pipe(v.string(), v.maxLength(longestSearch)),
  /** The search is a regular expression. */
  expression: v.boolean(),
  matchCase: v.boolean(),
  /** Id of an instance; empty for all of them. */
  instance: v.string(),
  from: v.string(),
  /** The moment to begin at and to read on from, back and forth; with it nothing comes by itself. */
  until: v.string(),
});
export type LogFilter = v.InferOutput<typeof logFilter>;

export const noLogFilter: LogFilter = {
  search: '',
  expression: false,
  matchCase: false,
  instance: '',
  from: '',
  until: '',
};

/** `searchedTo`: looking took long, and this is how far it went; ask on from there. */
const logPage = v.object({ lines: v.array(logLine), searchedTo: v.optional(timestamp) });
export type LogPage = v.InferOutput<typeof logPage>;

/** What the part of a panel that shows logs may ask for. */
export const logCalls = {
  /**
   * Begins to tell lines, the newest that there are at first; what was told before ends. `session` names what is told
   * from now on. `filters`: whether the server knows more than a text to look for.
   */
  followLogs: {
    takes: v.object({ session: v.string(), filter: logFilter }),
    returns: v.object({ filters: v.boolean() }),
  },
  stopLogs: { takes: nothing, returns: nothing },
  /** Lines up to a time, newest first. */
  olderLogs: { takes: v.object({ filter: logFilter, before: timestamp }), returns: logPage },
  /** Lines from a time on, oldest first. */
  newerLogs: { takes: v.object({ filter: logFilter, after: timestamp }), returns: logPage },
  /** All lines that are looked for, as a document or into a file that the person chooses; up to a time, if one is given. */
  openLogs: { takes: v.object({ filter: logFilter, upTo: v.optional(timestamp) }), returns: nothing },
  saveLogs: { takes: v.object({ filter: logFilter, upTo: v.optional(timestamp) }), returns: nothing },
  /** The place of the workspace that a line of a stack trace names. */
  openPlace: { takes: v.object({ line: v.string() }), returns: nothing },
  openUrl: { takes: v.object({ url: v.string() }), returns: nothing },
};

/** What is told while lines are followed. `leftOut`: so many came before these, too many to be shown. */
export const logNews = [
  v.object({
    kind: v.literal('logLines'),
    session: v.string(),
    lines: v.array(logLine),
    leftOut: v.number(),
  }),
  /** Why nothing comes right now; empty when all is well. */
  v.object({ kind: v.literal('logTrouble'), session: v.string(), message: v.string() }),
] as const;
