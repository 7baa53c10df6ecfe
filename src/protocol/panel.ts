import * as v from 'valibot';
import type { Event } from '../base/emitter.ts';

/**
 * What the page of a panel may ask of its host, and what the host tells unasked. Both ends are typed by it, and each
 * decodes what comes in with it, at its door.
 */
export interface PanelContract {
  readonly calls: Readonly<Record<string, PanelCall>>;
  readonly news: v.GenericSchema;
}

/** One question and its answer. Both are plain values that survive JSON. */
export interface PanelCall<
  Takes extends v.GenericSchema = v.GenericSchema,
  Returns extends v.GenericSchema = v.GenericSchema,
> {
  readonly takes: Takes;
  readonly returns: Returns;
}

export type CallName<C extends PanelContract> = keyof C['calls'] & string;
export type Takes<C extends PanelContract, K extends CallName<C>> = v.InferInput<C['calls'][K]['takes']>;
export type Taken<C extends PanelContract, K extends CallName<C>> = v.InferOutput<C['calls'][K]['takes']>;
export type Answers<C extends PanelContract, K extends CallName<C>> = v.InferInput<C['calls'][K]['returns']>;
export type Answered<C extends PanelContract, K extends CallName<C>> = v.InferOutput<
  C['calls'][K]['returns']
>;
export type NewsOf<C extends PanelContract> = v.InferOutput<C['news']>;
export type Telling<C extends PanelContract> = v.InferInput<C['news']>;

/** For calls that say or answer nothing. */
export const nothing = v.optional(v.null(), null);

/** The way between a page and its host: one each, so that what is sent keeps its order. */
export interface PanelTransport {
  send(message: unknown): void;
  readonly onMessage: Event<unknown>;
}

/** Ids are unique over all pages of a panel: an answer to a page that is gone means nothing to the next one. */
const id = v.pipe(v.string(), v.maxLength(64));

export const fromPage = v.variant('kind', [
  v.object({ kind: v.literal('call'), id, name: v.string(), with: v.unknown() }),
  v.object({ kind: v.literal('cancel'), id }),
]);
export type FromPage = v.InferOutput<typeof fromPage>;

const fieldProblem = v.object({ field: v.string(), message: v.string() });
export const fromHost = v.variant('kind', [
  v.object({ kind: v.literal('answer'), id, value: v.unknown() }),
  v.object({
    kind: v.literal('refusal'),
    id,
    code: v.string(),
    message: v.string(),
    fields: v.array(fieldProblem),
  }),
  v.object({ kind: v.literal('news'), news: v.unknown() }),
]);
export type FromHost = v.InferOutput<typeof fromHost>;
