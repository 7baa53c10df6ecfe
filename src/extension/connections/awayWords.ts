import type { ConnectionState } from './connection.ts';

/** Why there is nobody to ask now, as a sentence. */
export function awayWords(state: ConnectionState): string {
  switch (state.kind) {
    case 'looking':
      return 'The local region is being looked for.';
    case 'untrusted':
      return 'Nothing is started in a workspace that is not trusted.';
    case 'notStarted':
      return 'The local region does not run. Start it to see and change what is deployed there.';
    case 'connected':
      return 'The region answers again.';
    case 'starting':
    case 'failed':
    case 'signedOut':
    case 'unreachable':
    case 'certificateRefused':
    case 'noEngine':
    case 'engineStopped':
    case 'engineForbidden':
    case 'engineTooOld':
      return state.message;
  }
}
