import * as v from 'valibot';

/** Parts of the panel, in the order of their tabs. */
export const tabs = ['overview', 'history'] as const;
export type Tab = (typeof tabs)[number];

/** What of a page outlives it. */
export const pageState = v.object({ tab: v.picklist(tabs) });
export type PageState = v.InferOutput<typeof pageState>;
