import type { ConnectionState } from './connections/connection.ts';

/** What the view has to say when it has nothing to list; a welcome view for each. */
export const viewStates = [
  'looking',
  'untrusted',
  'noEngine',
  'engineStopped',
  'engineForbidden',
  'engineTooOld',
  'failed',
  'notStarted',
  'starting',
  'empty',
  'ready',
] as const;
export type ViewState = (typeof viewStates)[number];

/** "Empty" is said only when the list was read and there is nothing in it. */
export function viewStateOf(state: ConnectionState, model: { loaded: boolean; count: number }): ViewState {
  if (state.kind !== 'connected') return state.kind;
  if (!model.loaded) return 'looking';
  return model.count === 0 ? 'empty' : 'ready';
}
