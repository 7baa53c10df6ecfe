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
  'nothingMatches',
  'ready',
  'several',
] as const;
export type ViewState = (typeof viewStates)[number];

/** What is known of the list of deployments. */
export interface Listing {
  readonly loaded: boolean;
  /** Whether reading it failed the last time. */
  readonly failed: boolean;
  readonly count: number;
  /** Those that fit the filter. */
  readonly matching: number;
}

/** Where there are several connections each says for itself how it is. */
export function viewStateOfSeveral(filter: string, matching: number): ViewState {
  return filter !== '' && matching === 0 ? 'nothingMatches' : 'several';
}

/** "Empty" is said only when the list was read and there is nothing in it. */
export function viewStateOf(state: ConnectionState, listing: Listing): ViewState {
  if (isElsewhere(state)) return 'failed';
  if (state.kind !== 'connected') return state.kind;
  if (!listing.loaded) return listing.failed ? 'failed' : 'looking';
  if (listing.count === 0) return 'empty';
  return listing.matching === 0 ? 'nothingMatches' : 'ready';
}

/** What can become of a server that is not on this machine's engine: said beside its name, not in a welcome view. */
function isElsewhere(
  state: ConnectionState,
): state is Extract<ConnectionState, { kind: 'signedOut' | 'unreachable' | 'certificateRefused' }> {
  return ['signedOut', 'unreachable', 'certificateRefused'].includes(state.kind);
}

/** What stands above the list while it is filtered. Nothing where a welcome view speaks: the editor shows one of both. */
export function filterMessage(
  filter: string,
  { count, matching }: Pick<Listing, 'count' | 'matching'>,
): string | undefined {
  if (filter === '' || matching === 0) return undefined;
  return `${matching} of ${count} match “${filter}”`;
}
