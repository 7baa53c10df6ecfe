import * as v from 'valibot';
import { deploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import { logFilter } from '../../src/protocol/panelLogs.ts';
import { draft } from '../shared/fields/draft.ts';

/** Parts of the panel, in the order of their tabs. */
export const tabs = ['overview', 'logs', 'metrics', 'configuration', 'scaling', 'urls', 'history'] as const;
export type Tab = (typeof tabs)[number];

/** What was typed, the deployment that it was typed over, and where the two collide with what others changed since. */
export const editing = v.object({ base: deploymentInfo, draft, collisions: v.array(v.string()) });
export type Editing = v.InferOutput<typeof editing>;

/** What is shown of what was measured. */
export const metricsChoice = v.object({
  seconds: v.number(),
  shown: v.variant('kind', [
    v.object({ kind: v.literal('whole') }),
    v.object({ kind: v.literal('each') }),
    v.object({ kind: v.literal('one'), name: v.string() }),
  ]),
  /** Ids of the charts whose tables are open. */
  tables: v.array(v.string()),
});
export type MetricsChoice = v.InferOutput<typeof metricsChoice>;

/** What of a page outlives it. */
export const pageState = v.object({
  tab: v.picklist(tabs),
  metrics: v.optional(metricsChoice),
  editing: v.optional(editing),
  logFilter: v.optional(logFilter),
});
export type PageState = v.InferOutput<typeof pageState>;

const ofScaling = new Set(['min', 'max', 'machine']);

/** The tab that a field stands on. */
export function tabOfField(field: string): Tab {
  return ofScaling.has(field) ? 'scaling' : 'configuration';
}
