import * as v from 'valibot';
import { decode } from '../../src/protocol/decode.ts';

/** What the editor gives a page; it can be had once. */
interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): EditorApi;

/** The page's end of the editor: messages, and the state that outlives the page and the window. */
export interface Editor<S> {
  /** What the panel is about, as the host put it into the page. Decode it. */
  readonly subject: unknown;
  send(message: unknown): void;
  /** What was kept by an earlier page of this panel, if it still fits. */
  kept(): S | undefined;
  keep(state: S): void;
}

const envelope = v.object({ subject: v.unknown(), own: v.unknown() });

/** Gets hold of the editor. The subject is kept at once: without it a panel could not be brought back. */
export function theEditor<S>(state: v.GenericSchema<unknown, S>): Editor<S> {
  const api = acquireVsCodeApi();
  const subject: unknown = JSON.parse(document.body.dataset['subject'] ?? 'null');
  const before = decode(envelope, api.getState());
  const own = decode(state, before.ok ? before.value.own : undefined);
  if (!own.ok) api.setState({ subject, own: null });
  return {
    subject,
    send: (message) => api.postMessage(message),
    kept: () => (own.ok ? own.value : undefined),
    keep: (kept) => api.setState({ subject, own: kept }),
  };
}
